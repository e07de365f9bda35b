import EphemeralAttestation
import EphemeralWire
import Testing

/// A payload map that is written item by item, to be bent in one place.
private struct Payload {
  var pairs: [(key: String, value: [UInt8])]
  var isIndefinite = false

  init() {
    let certificate = Self.item { $0.bytes([1, 2, 3]) }
    pairs = [
      ("module_id", Self.item { $0.text("i-1-enc2") }),
      ("digest", Self.item { $0.text("SHA384") }),
      ("timestamp", Self.item { $0.unsigned(1_700_000_000_000) }),
      ("pcrs", Self.registers([0, 1, 2, 3, 4])),
      ("certificate", certificate),
      ("cabundle", [0x81] + certificate),
      ("public_key", [0xf6]),
      ("user_data", [0xf6]),
      ("nonce", [0xf6]),
    ]
  }

  static func item(_ write: (inout CBOREncoder) -> Void) -> [UInt8] {
    var encoder = CBOREncoder()
    write(&encoder)
    return encoder.finish()
  }

  static func registers(_ indexes: [UInt64], bytes: Int = 48) -> [UInt8] {
    item { encoder in
      encoder.map(indexes.count)
      for index in indexes {
        encoder.unsigned(index)
        encoder.bytes([UInt8](repeating: 7, count: bytes))
      }
    }
  }

  mutating func set(_ key: String, _ value: [UInt8]) {
    for index in pairs.indices where pairs[index].key == key { pairs[index].value = value }
  }

  mutating func drop(_ key: String) { pairs.removeAll { $0.key == key } }

  /// The payload inside an envelope whose signature means nothing.
  func document() -> [UInt8] {
    var encoder = CBOREncoder()
    if isIndefinite { encoder.encodedItem([0xbf]) } else { encoder.map(pairs.count) }
    for pair in pairs {
      encoder.text(pair.key)
      encoder.encodedItem(pair.value)
    }
    if isIndefinite { encoder.encodedItem([0xff]) }
    return COSESign1(
      protectedHeader: AttestationDocument.protectedHeader, payload: encoder.finish(),
      signature: [UInt8](repeating: 1, count: 96)
    ).encoded(tagged: false)
  }
}

@Suite("Document format")
struct DocumentFormatTests {
  private func error(_ bend: (inout Payload) -> Void) -> AttestationDocumentError? {
    var payload = Payload()
    bend(&payload)
    do throws(AttestationDocumentError) {
      _ = try AttestationDocument(unverified: payload.document())
      return nil
    } catch {
      return error
    }
  }

  @Test("Both lengths of the payload map are read, in any order of keys")
  func forms() throws {
    #expect(error { _ in } == nil)
    #expect(error { $0.isIndefinite = true } == nil)
    #expect(error { $0.pairs.reverse() } == nil)
    #expect(error { $0.set("pcrs", Payload.registers([2, 1, 0])) } == nil)
  }

  @Test("Null, empty and absent mean the same")
  func optionalFields() throws {
    var payload = Payload()
    payload.set("nonce", [0x40])
    payload.drop("user_data")
    let document = try AttestationDocument(unverified: payload.document())
    #expect(document.nonce == [])
    #expect(document.userData == [])
    #expect(document.publicKey == [])
    #expect(document.instanceID == "i-1")
  }

  @Test("Keys: none twice, none unknown, none missing")
  func keys() {
    #expect(error { $0.pairs.append(("nonce", [0xf6])) } == .payload)
    #expect(
      error {
        $0.isIndefinite = true
        $0.drop("user_data")
        $0.pairs.append(("nonce", [0xf6]))
      } == .payload)
    #expect(error { $0.pairs[8] = ("other", [0xf6]) } == .unknownKey)
    #expect(error { $0.pairs[8] = ("a key of more bytes", [0xf6]) } == .payload)
    for key in ["module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle"] {
      #expect(error { $0.drop(key) } == .missingKey)
    }
  }

  @Test("Bounds of every field")
  func bounds() {
    let item = Payload.item
    #expect(error { $0.set("module_id", item { $0.text("") }) } == .moduleID)
    #expect(error { $0.set("module_id", item { $0.text("i-1 enc") }) } == .moduleID)
    #expect(error { $0.set("module_id", item { $0.text("i-1\u{1b}[2J") }) } == .moduleID)
    #expect(
      error { $0.set("module_id", item { $0.text(String(repeating: "a", count: 129)) }) }
        == .payload)
    #expect(error { $0.set("digest", item { $0.text("SHA256") }) } == .digest)
    #expect(error { $0.set("timestamp", item { $0.unsigned(0) }) } == .timestamp)
    #expect(error { $0.set("timestamp", item { $0.unsigned(.max) }) } == .timestamp)
    #expect(error { $0.set("timestamp", item { $0.integer(-1) }) } == .payload)
    #expect(error { $0.set("pcrs", Payload.registers([])) } == .measurements)
    #expect(error { $0.set("pcrs", Payload.registers([0, 1, 3])) } == .measurements)
    #expect(error { $0.set("pcrs", Payload.registers([0, 1, 2, 32])) } == .measurements)
    #expect(error { $0.set("pcrs", Payload.registers([0, 1, 2, 2])) } == .measurements)
    #expect(error { $0.set("pcrs", Payload.registers([0, 1, 2], bytes: 32)) } == .measurements)
    #expect(error { $0.set("certificate", [0x40]) } == .certificate)
    let long = [UInt8](repeating: 0, count: 1025)
    #expect(error { $0.set("certificate", item { $0.bytes(long) }) } == .certificate)
    #expect(error { $0.set("cabundle", [0x80]) } == .authorities)
    #expect(error { $0.set("cabundle", [0x81, 0x40]) } == .authorities)
    #expect(
      error { $0.set("cabundle", [0x88] + [UInt8](repeating: 0x41, count: 16)) } == .authorities)
    #expect(error { $0.set("nonce", item { $0.bytes(long) }) } == .payload)
    #expect(error { $0.set("nonce", item { $0.bytes([UInt8](long.dropLast())) }) } == nil)
  }

  @Test("Nothing loose: tags, chunks, indefinite lengths inside, longer heads, floats")
  func loose() {
    for value: [UInt8] in [
      [0xc2, 0x41, 1], [0x5f, 0x41, 1, 0xff], [0x58, 1, 1], [0xf9, 0, 0], [0xf7], [0xf4], [0x01],
      [0x5c], [0x61, 0x61],
    ] {
      #expect(error { $0.set("nonce", value) } == .payload)
    }
    #expect(
      error { $0.set("cabundle", [0x9f, 0x41, 1, 0xff]) } == .payload)
    #expect(error { $0.set("pcrs", [0xbf, 0xff]) } == .measurements)
    #expect(error { $0.set("nonce", [0xf6, 0xf6]) } == .payload)
  }

  @Test("Envelopes: tag, header, unprotected header, trailing bytes")
  func envelopes() throws {
    let good = Payload().document()
    func error(_ bytes: [UInt8]) -> AttestationDocumentError? {
      do throws(AttestationDocumentError) {
        _ = try AttestationDocument(unverified: bytes)
        return nil
      } catch {
        return error
      }
    }
    #expect(error(good) == nil)
    #expect(error([0xd2] + good) == nil)
    #expect(error([0xd1] + good) == .envelope(.tag))
    #expect(error([0xd2, 0xd2] + good) == .envelope(.tag))
    #expect(error(good + [0]) == .envelope(.malformed))
    #expect(error([0x85] + good.dropFirst()) == .envelope(.malformed))
    // ES256 instead of ES384, and a header with one more entry.
    var other = good
    other[5] = 0x26
    #expect(error(other) != nil)
    other = good
    other[5] = 0x23
    #expect(error(other) == .algorithm)
    let filled = Array(good[..<6]) + [0xa1, 0x04, 0x41, 0x01] + Array(good[7...])
    #expect(error(filled) == .envelope(.unprotectedHeader))
  }
}
