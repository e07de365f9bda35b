import EphemeralCrypto
import TestSupport
import Testing

/// Known answers of FIPS 180-4's examples.
@Suite("SHA-2")
struct DigestTests {
  @Test("SHA-256 of the standard's examples")
  func sha256() {
    #expect(
      SHA256.hash(Array("abc".utf8))
        == hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    #expect(
      SHA256.hash([])
        == hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
  }
}
