import EphemeralCrypto
import TestSupport
import Testing

@Suite("Key derivation")
struct KeyDerivationTests {
  @Test("HKDF-SHA256: RFC 5869 appendix A.1")
  func basic() throws {
    let inputKey = [UInt8](repeating: 0x0b, count: 22)
    let salt = hex("000102030405060708090a0b0c")
    let info = hex("f0f1f2f3f4f5f6f7f8f9")
    let key = try HKDF.extract(salt: salt.span, inputKey: inputKey.span)
    #expect(
      reveal(key) == hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"))
    #expect(
      reveal(try HKDF.expand(key, info: info.span, count: 42))
        == hex(
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"))
  }

  @Test("HKDF-SHA256 without salt and info: RFC 5869 appendix A.3")
  func emptySaltAndInfo() throws {
    let inputKey = [UInt8](repeating: 0x0b, count: 22)
    let output = try HKDF.derive(inputKey: inputKey.span, salt: Span(), info: Span(), count: 42)
    #expect(
      reveal(output)
        == hex(
          "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"))
  }

  @Test("HKDF's longest output is 255 blocks")
  func bounds() throws {
    let key = try SecretBytes(count: 32)
    #expect(try HKDF.expand(key, info: Span(), count: 255 * 32).count == 255 * 32)
    #expect(try HKDF.expand(key, info: Span(), count: 0).count == 0)
    #expect(
      failure { () throws(CryptoError) in
        _ = try HKDF.expand(key, info: Span(), count: 255 * 32 + 1)
      } == .tooLarge)
    #expect(
      failure { () throws(CryptoError) in
        _ = try HKDF.expand(key, info: Span(), count: -1)
      } == .wrongLength)
  }

  @Test("scrypt: RFC 7914 §12, the second example")
  func scrypt() throws {
    let passphrase = Array("password".utf8)
    let salt = Array("NaCl".utf8)
    let cost = try Scrypt.Cost(cost: 1024, blockSize: 8, lanes: 16)
    let key = try Scrypt.derive(
      passphrase: passphrase.span, salt: salt.span, cost: cost, count: 64)
    #expect(
      reveal(key)
        == hex(
          "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"))
  }

  @Test("scrypt refuses costs beyond its bounds")
  func scryptBounds() throws {
    #expect(throws: CryptoError.wrongLength) {
      try Scrypt.Cost(cost: 1000, blockSize: 8, lanes: 1)
    }
    #expect(throws: CryptoError.tooLarge) {
      try Scrypt.Cost(cost: 1 << 21, blockSize: 8, lanes: 1)
    }
    let heavy = try Scrypt.Cost(cost: 1 << 20, blockSize: 32, lanes: 1)
    #expect(
      failure { () throws(CryptoError) in
        _ = try Scrypt.derive(passphrase: Span(), salt: Span(), cost: heavy, count: 32)
      } == .tooLarge)
  }
}
