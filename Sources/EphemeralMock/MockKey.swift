import EphemeralCrypto

/// A P-384 key that several owners share.
final class MockKey: Sendable {
  let key: P384.PrivateKey

  /// A fresh key.
  init() throws(MockError) {
    do throws(CryptoError) {
      key = try P384.PrivateKey.generate()
    } catch {
      throw .cryptography
    }
  }

  /// A key from its 48 bytes.
  init(scalar: consuming SecretBytes) throws(CryptoError) {
    key = try P384.PrivateKey(scalar: scalar)
  }
}

/// A leaf with its key and the authorities above it, the root first.
struct MockLeaf: Sendable {
  /// Three hours, as AWS's leaves live.
  static let lifetimeSeconds: Int64 = 3 * 3600

  let key: MockKey
  let certificate: [UInt8]
  let authorities: [[UInt8]]
  /// The last valid second, since 1970.
  let notAfter: Int64
}
