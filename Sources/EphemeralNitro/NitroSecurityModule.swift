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
    var result: Int32
    repeat {
      count = answer.count
      // The driver copies in and out during the call and keeps neither address.
      result = unsafe ephml_nsm_exchange(
        descriptor, request, request.count, &answer, &count)
    } while result != 0 && errno == EINTR
    guard result == 0 else { throw errno == EMSGSIZE ? .responseTruncated : .failed }
    return try Self.trim(answer, to: count)
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
