import COpenSSL
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import EphemeralCrypto

/// How many of libcrypto's allocations live, in a process that counts them.
private let liveAllocations = Atomic<Int>(0)

private func countingAllocate(
  _ count: Int, _ file: UnsafePointer<CChar>?, _ line: Int32
) -> UnsafeMutableRawPointer? {
  let memory = unsafe malloc(count)
  if unsafe memory != nil { liveAllocations.add(1, ordering: .relaxed) }
  return unsafe memory
}

private func countingReallocate(
  _ old: UnsafeMutableRawPointer?, _ count: Int, _ file: UnsafePointer<CChar>?, _ line: Int32
) -> UnsafeMutableRawPointer? {
  let memory = unsafe realloc(old, count)
  if unsafe old == nil && memory != nil { liveAllocations.add(1, ordering: .relaxed) }
  return unsafe memory
}

private func countingFree(
  _ memory: UnsafeMutableRawPointer?, _ file: UnsafePointer<CChar>?, _ line: Int32
) {
  if unsafe memory != nil { liveAllocations.subtract(1, ordering: .relaxed) }
  unsafe free(memory)
}

/// Each operation, on its good and its bad paths, gives back all memory and leaves no error.
@Suite("No leaks")
struct LeakTests {
  @Test("Rounds of everything leave exactly as many libcrypto allocations as before")
  func allocations() async {
    // In a process of its own, where libcrypto has allocated nothing yet and can be counted.
    await #expect(processExitsWith: .success) {
      let isCounting = unsafe CRYPTO_set_mem_functions(
        countingAllocate, countingReallocate, countingFree)
      precondition(isCounting == 1, "libcrypto takes these only before its first allocation")
      for _ in 0..<20 { try Self.everything() }
      let before = liveAllocations.load(ordering: .relaxed)
      precondition(before > 0, "nothing was counted")
      for _ in 0..<50 { try Self.everything() }
      let after = liveAllocations.load(ordering: .relaxed)
      precondition(after == before, "\(after - before) allocations are left")
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
    refuses {
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
    refuses { _ = try recipient.open(sealed.span, authenticating: Span()) }
    let zero = [UInt8](repeating: 0, count: 32)
    refuses { _ = try key.sharedSecret(with: zero.span) }
  }

  private static func signatures() throws {
    let message: [UInt8] = [1, 2, 3]
    let edwards = try Ed25519SigningKey.generate()
    var signature = try edwards.sign(message.span)
    precondition(isStrictlyValid(signature, message, edwards.publicKey))
    signature[0] ^= 1
    precondition(!isStrictlyValid(signature, message, edwards.publicKey))
    refuses { _ = try X25519PrivateKey(try SecretBytes(count: 1)) }

    let nist = try P384.PrivateKey(scalar: try secret(P384Tests.scalar))
    var pair = try nist.sign(message.span)
    precondition(nist.publicKey.accepts(pair, message))
    pair[0] ^= 1
    precondition(!nist.publicKey.accepts(pair, message))
    var point = nist.publicKey.point
    point[5] ^= 1
    refuses { _ = try P384.PublicKey(point: point) }
    refuses { _ = try P384.PrivateKey(scalar: try SecretBytes(count: 48)) }
  }

  /// The body must throw; whatever it throws, libcrypto's queue must be empty after.
  private static func refuses(_ body: () throws -> Void) {
    do {
      try body()
      preconditionFailure("this must be refused")
    } catch {}
    precondition(ERR_peek_error() == 0, "an error is left in libcrypto's queue")
  }
}
