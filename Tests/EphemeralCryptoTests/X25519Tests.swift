import EphemeralCrypto
import TestSupport
import Testing

@Suite("X25519")
struct X25519Tests {
  @Test("Diffie-Hellman: RFC 7748 §6.1")
  func exchange() throws {
    let alice = try X25519PrivateKey(
      try secret(hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")))
    let bob = try X25519PrivateKey(
      try secret(hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")))
    #expect(
      alice.publicKey == hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"))
    #expect(
      bob.publicKey == hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
    let expected = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
    let bobPublicKey = bob.publicKey
    let alicePublicKey = alice.publicKey
    #expect(reveal(try alice.sharedSecret(with: bobPublicKey.span)) == expected)
    #expect(reveal(try bob.sharedSecret(with: alicePublicKey.span)) == expected)
  }

  @Test("Keys of a wrong length are refused", arguments: [0, 31, 33])
  func lengths(count: Int) throws {
    let bytes = [UInt8](repeating: 9, count: count)
    #expect(
      failure { () throws(CryptoError) in
        _ = try X25519PrivateKey(try SecretBytes(copying: bytes.span))
      } == .invalidPrivateKey)
    let key = try X25519PrivateKey.generate()
    #expect(
      failure { () throws(CryptoError) in
        _ = try key.sharedSecret(with: bytes.span)
      } == .invalidPublicKey)
  }

  struct File: Decodable {
    struct Group: Decodable { let tests: [Case] }
    struct Case: Decodable {
      let tcId: Int
      let flags: [String]
      let `public`: HexBytes
      let `private`: HexBytes
      let shared: HexBytes
      let result: String
    }
    let numberOfTests: Int
    let testGroups: [Group]
  }

  @Test("Wycheproof: every secret as stated, every zero refused", .enabled(if: Vectors.shouldRun))
  func wycheproof() throws {
    let file = try Vectors.json(File.self, "wycheproof/x25519_test.json")
    var agreed = 0
    var refused = 0
    for test in file.testGroups.flatMap(\.tests) {
      #expect(["valid", "acceptable"].contains(test.result), "a verdict this test does not know")
      let key = try X25519PrivateKey(try secret(test.private.bytes))
      if test.flags.contains("ZeroSharedSecret") {
        #expect(
          failure { () throws(CryptoError) in
            _ = try key.sharedSecret(with: test.public.bytes.span)
          } == .sharedSecretRefused, "case \(test.tcId)")
        refused += 1
      } else {
        let result = try key.sharedSecret(with: test.public.bytes.span)
        #expect(reveal(result) == test.shared.bytes, "case \(test.tcId)")
        agreed += 1
      }
    }
    #expect(agreed + refused == file.numberOfTests)
    #expect(agreed > 400 && refused > 20)
  }
}
