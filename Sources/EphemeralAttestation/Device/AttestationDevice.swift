/// Why an attestation device gave no answer.
public enum AttestationDeviceError: Error, Equatable, Sendable {
  /// The device could not be opened, or its certificate authority could not be read or made.
  case unavailable
  /// The request is larger than the device takes.
  case requestTooLarge
  /// The device answered with an operating-system error.
  case failed
  /// The answer filled the whole buffer, so that its end may be missing.
  case responseTruncated
}

/// A Nitro Security Module as bytes: one CBOR request in, one CBOR answer out.
///
/// The real device and the mock speak the same bytes (`Spec/Attestation.md §7`), so that
/// everything above this line is the same code in both builds. A call may block for milliseconds
/// and comes from a worker thread, several at once.
public protocol AttestationDevice: Sendable {
  /// Carries out one request.
  ///
  /// - Parameter request: the CBOR request, at most ``AttestationDeviceBounds/requestBytes``.
  /// - Returns: the CBOR answer, at most ``AttestationDeviceBounds/responseBytes``, an
  ///   `{"Error": name}` included.
  func process(_ request: [UInt8]) throws(AttestationDeviceError) -> [UInt8]
}

/// The sizes of the device's two buffers (`Spec/Attestation.md §7`).
public enum AttestationDeviceBounds {
  /// The most bytes that a request may have.
  public static let requestBytes = 0x1000
  /// The most bytes that an answer may have, and so the most that a document may have.
  public static let responseBytes = 0x3000
}
