import COpenSSL
import TestSupport
import Testing

@testable import EphemeralCrypto

@Suite("Ed25519")
struct Ed25519Tests {
  static let seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
  static let publicKey = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
  static let signature = hex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
      + "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")

  @Test("RFC 8032 §7.1, tests 1 and 2")
  func knownAnswers() throws {
    let first = try Ed25519SigningKey(seed: try secret(Self.seed))
    #expect(first.publicKey == Self.publicKey)
    #expect(try first.sign(Span()) == Self.signature)
    #expect(
      isStrictlyValid(Self.signature, [], Self.publicKey))

    let second = try Ed25519SigningKey(
      seed: try secret(hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")))
    let publicKey = second.publicKey
    #expect(
      publicKey == hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
    let message: [UInt8] = [0x72]
    let signature = try second.sign(message.span)
    #expect(
      signature
        == hex(
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"))
    #expect(
      isStrictlyValid(signature, message, publicKey))
    #expect(
      !isStrictlyValid(signature, [], publicKey))
  }

  @Test("Each flipped bit of a signature or key is refused")
  func flips() {
    for index in 0..<96 {
      var signature = Self.signature
      var publicKey = Self.publicKey
      if index < 64 { signature[index] ^= 1 << UInt8(index % 8) }
      if index >= 64 { publicKey[index - 64] ^= 1 << UInt8(index % 8) }
      #expect(
        !isStrictlyValid(signature, [], publicKey), "byte \(index)")
    }
  }

  /// A signature that only some verifiers refuse.
  struct Dubious: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let message: String
    let publicKey: [UInt8]
    let signature: [UInt8]
    /// Whether libcrypto's own verification accepts it, so that the strict rule is what refuses.
    let libcryptoAccepts: Bool
  }

  /// R = B and S = 1, valid for every message under a public key of order 1.
  private static let universal: [UInt8] =
    [0x58] + Array(repeating: 0x66, count: 31) + [1] + Array(repeating: 0, count: 31)

  static let dubious: [Dubious] = [
    Dubious(
      testDescription: "A is the neutral point: fits every message", message: "anything",
      publicKey: [1] + Array(repeating: 0, count: 31), signature: universal,
      libcryptoAccepts: true),
    Dubious(
      testDescription: "A is the neutral point with y = p + 1", message: "anything",
      publicKey: [0xee] + Array(repeating: 0xff, count: 30) + [0x7f], signature: universal,
      libcryptoAccepts: true),
    Dubious(
      testDescription: "A has order 8", message: "5",
      publicKey: hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
      signature: hex(
        "ef4f62f8479733ad879cfaced3c89a9c39dd4fc795ef2efa1c3eafe4d729a081"
          + "3930000000000000000000000000000000000000000000000000000000000000"),
      libcryptoAccepts: true),
    Dubious(
      testDescription: "R is the neutral point", message: "ephml", publicKey: publicKey,
      signature: hex(
        "0100000000000000000000000000000000000000000000000000000000000000"
          + "1adf01e00b6178cbd83078ad75394ed3d00f2d8ed2674513a3b0cd2df5f7340b"),
      libcryptoAccepts: true),
    Dubious(
      testDescription: "R is the neutral point with y = p + 1", message: "ephml",
      publicKey: publicKey,
      signature: hex(
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
          + "1adf01e00b6178cbd83078ad75394ed3d00f2d8ed2674513a3b0cd2df5f7340b"),
      libcryptoAccepts: false),
    Dubious(
      testDescription: "S + L instead of S", message: "", publicKey: publicKey,
      signature: hex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
          + "4c8c7872aa064e049dbb3013fbf29380d25bf5f0595bbe24655141438e7a101b"),
      libcryptoAccepts: false),
  ]

  @Test("Signatures that do not bind one key and message are refused", arguments: dubious)
  func strict(_ test: Dubious) throws {
    let message = Array(test.message.utf8)
    #expect(
      !isStrictlyValid(test.signature, message, test.publicKey))
    let key = try KeyHandle(kind: EVP_PKEY_ED25519, publicBytes: test.publicKey.span)
    let accepts = key.verify(test.signature.span, of: message.span, digest: nil)
    #expect(accepts == test.libcryptoAccepts)
  }

  @Test("A key of mixed order still binds its message and is accepted")
  func mixedOrder() {
    let message: [UInt8] = [UInt8(ascii: "3")]
    #expect(
      isStrictlyValid(
        hex(
          "ef4f62f8479733ad879cfaced3c89a9c39dd4fc795ef2efa1c3eafe4d729a081"
            + "bb0a5a58804ae6ea60d6b24028f04363594651a2e165723a6ce6b2cb32e0f909"
        ), message,
        hex("3b5b475c4b82dd1572799fc546f4c6c03e478c6654aa4c7f945b347ea32af60d")))
  }

  @Test("Every encoding of a small-order point is refused, with either sign bit")
  func smallOrder() {
    for y in Ed25519.smallOrderY {
      for sign: UInt8 in [0, 0x80] {
        var encoding = y
        encoding[31] |= sign
        let isAcceptable = Ed25519.isAcceptablePoint(encoding.span)
        #expect(!isAcceptable)
      }
    }
    // The field's prime itself, and everything above it, is no canonical y.
    for low in 0xed...0xff {
      let encoding = [UInt8(low)] + [UInt8](repeating: 0xff, count: 30) + [0x7f]
      let isAcceptable = Ed25519.isAcceptablePoint(encoding.span)
      #expect(!isAcceptable)
    }
    let isAcceptable = Ed25519.isAcceptablePoint(Self.publicKey.span)
    #expect(isAcceptable)
  }

  @Test("Wrong lengths are refused", arguments: [0, 31, 33, 63, 65])
  func lengths(count: Int) {
    let bytes = [UInt8](repeating: 1, count: count)
    #expect(
      !isStrictlyValid(bytes, [], Self.publicKey))
    #expect(
      !isStrictlyValid(Self.signature, [], bytes))
    #expect(
      failure { () throws(CryptoError) in
        _ = try Ed25519SigningKey(seed: try SecretBytes(copying: bytes.span))
      } == .invalidPrivateKey)
  }
}
