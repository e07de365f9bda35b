import COpenSSL
import Glibc
import TestSupport
import Testing

@testable import EphemeralCrypto

/// Each operation, on its good and its bad paths, gives back all memory and leaves no error.
@Suite("No leaks")
struct LeakTests {
  @Test("A thousand rounds of everything leave the heap as they found it")
  func heap() async {
    await #expect(processExitsWith: .success) {
      for _ in 0..<100 { try Self.everything() }
      let before = mallinfo2().uordblks
      for _ in 0..<1000 { try Self.everything() }
      let after = mallinfo2().uordblks
      // One leaked object a round would be at least sixteen bytes each time.
      precondition(after < before + 8_000, "grew from \(before) to \(after)")
      precondition(ERR_peek_error() == 0, "an error is left in libcrypto's queue")
    }
  }

  private static func everything() throws {
    try symmetric()
    try exchange()
    try signatures()
  }

  private static func symmetric() throws {
    let key = try SecretBytes(randomCount: 32)
    var sealer = try AES256GCM.Sealer(key: key)
    var opener = try AES256GCM.Opener(key: key)
    let message: [UInt8] = [1, 2, 3]
    var sealed = try sealer.seal(
      message.span, nonce: AES256GCM.Nonce(number: 1), authenticating: message.span)
    _ = try opener.open(
      sealed.span, nonce: AES256GCM.Nonce(number: 1), authenticating: message.span)
    sealed[0] ^= 1
    try refuses {
      _ = try opener.open(
        sealed.span, nonce: AES256GCM.Nonce(number: 1), authenticating: message.span)
    }
    _ = try HKDF.derive(inputKey: message.span, salt: Span(), info: message.span, count: 100)
    _ = try Scrypt.derive(
      passphrase: message.span, salt: message.span,
      cost: try Scrypt.Cost(cost: 2, blockSize: 1, lanes: 1), count: 32)
    var hasher = SHA256.Hasher()
    hasher.update(message)
    _ = hasher.copy().finalize()
  }

  private static func exchange() throws {
    let key = try X25519PrivateKey.generate()
    let publicKey = key.publicKey
    var sender = try HPKE.setupSender(
      recipientPublicKey: publicKey.span, info: Span(),
      ephemeralInputKey: try SecretBytes(randomCount: 32))
    let encapsulation = sender.encapsulation
    var recipient = try HPKE.setupRecipient(
      encapsulation: encapsulation.span, privateKey: key, info: Span())
    let sealed = try sender.seal(publicKey.span, authenticating: Span())
    _ = try recipient.open(sealed.span, authenticating: Span())
    try refuses { _ = try recipient.open(sealed.span, authenticating: Span()) }
    let zero = [UInt8](repeating: 0, count: 32)
    try refuses { _ = try key.sharedSecret(with: zero.span) }
  }

  private static func signatures() throws {
    let message: [UInt8] = [1, 2, 3]
    let edwards = try Ed25519SigningKey.generate()
    var signature = try edwards.sign(message.span)
    precondition(isStrictlyValid(signature, message, edwards.publicKey))
    signature[0] ^= 1
    precondition(!isStrictlyValid(signature, message, edwards.publicKey))
    try refuses { _ = try X25519PrivateKey(try SecretBytes(count: 1)) }

    let nist = try P384.PrivateKey(scalar: try secret(P384Tests.scalar))
    var pair = try nist.sign(message.span)
    precondition(nist.publicKey.accepts(pair, message))
    pair[0] ^= 1
    precondition(!nist.publicKey.accepts(pair, message))
    var point = nist.publicKey.point
    point[5] ^= 1
    try refuses { _ = try P384.PublicKey(point: point) }
    try refuses { _ = try P384.PrivateKey(scalar: try SecretBytes(count: 48)) }
  }

  /// The body must throw; whatever it throws, libcrypto's queue must be empty after.
  private static func refuses(_ body: () throws(CryptoError) -> Void) throws {
    precondition(failure(body) != nil, "this must be refused")
    precondition(ERR_peek_error() == 0, "an error is left in libcrypto's queue")
  }
}
