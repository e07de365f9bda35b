import EphemeralAttestation
import EphemeralCrypto
import Glibc

/// What the mock device measures (`Spec/Attestation.md §8.4`).
public struct MockImage: Equatable, Sendable {
  /// SHA-384 of the measured bytes, 48 bytes.
  public let digest: [UInt8]

  /// An image of these bytes, for tests.
  public init(bytes: [UInt8]) {
    digest = SHA384.hash(bytes)
  }

  /// The executable that runs now, so that a changed binary has other measurements.
  public static func runningExecutable() throws(MockError) -> MockImage {
    try MockImage(file: "/proc/self/exe")
  }

  /// The bytes of a file.
  public init(file path: String) throws(MockError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .image }
    defer { close(descriptor) }
    var hasher = SHA384.Hasher()
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = unsafe piece.withUnsafeMutableBytes { buffer in
        unsafe read(descriptor, buffer.baseAddress, buffer.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .image }
      if count == 0 { break }
      hasher.update(piece.span.extracting(first: count))
    }
    digest = hasher.finalize()
  }

  /// PCR0, PCR1 and PCR2 of this image.
  public var registers: [[UInt8]] {
    [
      RegisterExtension.ofZero(by: digest),
      RegisterExtension.ofZero(by: SHA384.hash(Array("ephml-mock/1 kernel".utf8))),
      RegisterExtension.ofZero(by: SHA384.hash(Array("ephml-mock/1 application".utf8) + digest)),
    ]
  }
}
