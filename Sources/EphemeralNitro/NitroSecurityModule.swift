import CLinux
public import EphemeralAttestation
import Glibc

/// The real Nitro Security Module: `/dev/nsm` inside an enclave (`Spec/Attestation.md §7`).
///
/// The descriptor is closed when the last owner lets go.
public final class NitroSecurityModule: AttestationDevice {
  /// Where the kernel puts the device.
  public static let devicePath = "/dev/nsm"

  private let descriptor: Int32

  /// Opens the device; errors: unavailable.
  public init(path: String = NitroSecurityModule.devicePath) throws(AttestationDeviceError) {
    descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unavailable }
  }

  deinit {
    _ = close(descriptor)
  }

  /// Carries out one request; the kernel driver takes one at a time.
  public func process(_ request: [UInt8]) throws(AttestationDeviceError) -> [UInt8] {
    guard request.count <= AttestationDeviceBounds.requestBytes else { throw .requestTooLarge }
    var answer = [UInt8](repeating: 0, count: AttestationDeviceBounds.responseBytes)
    var count = answer.count
    // The driver copies in and out during the call and keeps neither address. A signal does not
    // interrupt it, and a request that failed is not repeated: it may have extended a register.
    let result = unsafe ephml_nsm_exchange(
      descriptor, request, request.count, &answer, &count)
    guard result == 0 else { throw Self.error(errno) }
    return try Self.trim(answer, to: count)
  }

  /// What the driver's error codes mean.
  static func error(_ code: Int32) -> AttestationDeviceError {
    switch code {
    // No device behind the driver, or none any more.
    case ENXIO, ENODEV: .unavailable
    case EMSGSIZE: .requestTooLarge
    case ETIMEDOUT: .timedOut
    // Among them EIO and ENODATA, for a queue out of order.
    default: .failed
    }
  }

  /// The part of the buffer that the device filled.
  ///
  /// The device cuts an answer that does not fit without saying so: a full buffer is not believed.
  static func trim(_ buffer: [UInt8], to count: Int) throws(AttestationDeviceError) -> [UInt8] {
    guard count > 0 else { throw .failed }
    guard count < buffer.count else { throw .responseTruncated }
    return Array(buffer[..<count])
  }
}
