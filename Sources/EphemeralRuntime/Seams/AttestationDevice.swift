/// Why an attestation device gave no answer.
public enum AttestationDeviceError: Error, Equatable, Sendable {
  /// The device could not be opened, or its certificate authority could not be read or made.
  case unavailable
  /// The request is larger than the device takes.
  case requestTooLarge
  /// The device answered with an operating-system error.
  case failed
}

/// A Nitro Security Module as bytes: one CBOR request in, one CBOR answer out.
///
/// The real device and the mock speak the same bytes (`Spec/Attestation.md`), so that everything
/// above this line is the same code in both builds. A call may block for milliseconds and comes
/// from a worker thread, several at once.
public protocol AttestationDevice: Sendable {
  /// Carries out one request.
  ///
  /// - Parameter request: the CBOR request, at most 4,096 bytes.
  /// - Returns: the CBOR answer, at most 12,288 bytes, an `{"Error": name}` included.
  func process(_ request: [UInt8]) throws(AttestationDeviceError) -> [UInt8]
}
