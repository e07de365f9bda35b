/// Why an attestation device gave no answer.
public enum AttestationDeviceError: Error, Equatable, Sendable {
  /// The device could not be opened or is gone, or its certificate authority could not be read or
  /// made.
  case unavailable
  /// The request is larger than the device takes.
  case requestTooLarge
  /// The device answered with an operating-system error.
  case failed
  /// The device did not answer within the time that its driver gives it.
  case timedOut
  /// The answer filled the whole buffer, or claims to be longer, so that its end may be missing.
  case responseTruncated

  /// One line for people.
  public var message: StaticString {
    switch self {
    case .unavailable: "there is no attestation device: run this inside of an enclave"
    case .requestTooLarge: "the request is larger than the attestation device takes"
    case .failed: "the attestation device failed"
    case .timedOut: "the attestation device did not answer in time"
    case .responseTruncated: "the attestation device's answer was cut off"
    }
  }
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
