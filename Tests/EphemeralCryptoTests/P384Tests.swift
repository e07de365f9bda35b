import EphemeralCrypto
import TestSupport
import Testing

@Suite("ECDSA P-384")
struct P384Tests {
  /// RFC 6979 appendix A.2.6.
  static let scalar = hex(
    "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA"
      + "9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5")
  static let point = hex(
    "04EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13"
      + "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720"
  )
  static let signature = hex(
    "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46"
      + "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8"
  )

  @Test("RFC 6979 appendix A.2.6: the point of a scalar, and a signature")
  func knownAnswers() throws {
    let key = try P384.PrivateKey(scalar: try secret(Self.scalar))
    #expect(key.publicKey.point == Self.point)
    let message = Array("sample".utf8)
    #expect(key.publicKey.accepts(Self.signature, message))
    let other = Array("Sample".utf8)
    #expect(!key.publicKey.accepts(Self.signature, other))
  }

  @Test("What it signs verifies, and with n − s too", arguments: 0..<8)
  func roundTrip(number: Int) throws {
    let key = try P384.PrivateKey.generate()
    let message = [UInt8](repeating: UInt8(number), count: number * 50)
    let signature = try key.sign(message.span)
    #expect(signature.count == 96)
    #expect(key.publicKey.accepts(signature, message))
    let mirrored = signature.prefix(48) + Self.mirrored(Array(signature.suffix(48)))
    #expect(key.publicKey.accepts(Array(mirrored), message))
    var changed = signature
    changed[number * 11] ^= 1
    #expect(!key.publicKey.accepts(changed, message))
    let again = try P384.PublicKey(subjectPublicKeyInfo: key.publicKey.subjectPublicKeyInfo)
    #expect(again == key.publicKey)
  }

  static let order = hex(
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
      + "581a0db248b0a77aecec196accc52973")

  /// n − s, big-endian.
  static func mirrored(_ s: [UInt8]) -> [UInt8] {
    var result = order
    var borrow = 0
    for index in result.indices.reversed() {
      let digit = Int(order[index]) - Int(s[index]) - borrow
      borrow = digit < 0 ? 1 : 0
      result[index] = UInt8(digit & 0xff)
    }
    return result
  }

  @Test("Scalars outside 1 … n − 1 are refused")
  func scalars() {
    let wrong = [
      [UInt8](repeating: 0, count: 48), Self.order, [UInt8](repeating: 0xff, count: 48), [1],
      [UInt8](repeating: 1, count: 49),
    ]
    for scalar in wrong {
      #expect(
        failure { () throws(CryptoError) in
          _ = try P384.PrivateKey(scalar: try SecretBytes(copying: scalar.span))
        } == .invalidPrivateKey)
    }
  }

  @Test("Points off the curve and other encodings are refused")
  func points() {
    var off = Self.point
    off[96] ^= 1
    let compressed: [UInt8] = [2] + Self.point[1..<49]
    let wrong: [[UInt8]] = [
      [], [0], off, compressed, Self.point + [0], [6] + Self.point.dropFirst(),
    ]
    for point in wrong {
      #expect(throws: CryptoError.invalidPublicKey) { try P384.PublicKey(point: point) }
    }
    #expect(throws: CryptoError.invalidPublicKey) {
      try P384.PublicKey(subjectPublicKeyInfo: Self.point)
    }
  }

  struct File: Decodable {
    struct Key: Decodable { let uncompressed: HexBytes }
    struct Group: Decodable {
      let publicKey: Key
      let publicKeyDer: HexBytes
      let tests: [Case]
    }
    struct Case: Decodable {
      let tcId: Int
      let msg: HexBytes
      let sig: HexBytes
      let result: String
    }
    let numberOfTests: Int
    let testGroups: [Group]
  }

  @Test("Wycheproof: every case gets its verdict", .enabled(if: Vectors.shouldRun))
  func wycheproof() throws {
    let file = try Vectors.json(
      File.self, "wycheproof/ecdsa_secp384r1_sha384_p1363_test.json")
    var seen = 0
    for group in file.testGroups {
      let key = try P384.PublicKey(point: group.publicKey.uncompressed.bytes)
      #expect(key.subjectPublicKeyInfo == group.publicKeyDer.bytes)
      for test in group.tests {
        #expect(["valid", "invalid"].contains(test.result), "a verdict this test does not know")
        let verdict = key.accepts(test.sig.bytes, test.msg.bytes)
        #expect(verdict == (test.result == "valid"), "case \(test.tcId)")
        seen += 1
      }
    }
    #expect(seen == file.numberOfTests && seen > 200)
  }
}
