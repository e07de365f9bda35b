import EphemeralAttestation
import EphemeralWire
import Testing

@Suite("The form of receipt bundles")
struct ReceiptBundleFormTests {
  /// Bytes of a number's choosing.
  private func bytes(_ count: Int, _ state: inout UInt64) -> [UInt8] {
    (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
  }

  @Test(
    "Every bundle reads as what was written, and only whole", arguments: 0..<64 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var state = seed
    func part(_ maximum: Int) -> [UInt8] {
      let isFull = bytes(1, &state)[0] < 24
      return bytes(isFull ? maximum : 1 + Int(bytes(1, &state)[0]) % maximum, &state)
    }
    let hasWipe = seed % 3 != 0
    let bundle = try ReceiptBundle(
      receipt: part(ReceiptBundle.maximumStatementBytes),
      document: part(AttestationDocumentBounds.documentBytes),
      clientHello: part(ReceiptBundle.maximumClientHelloBytes),
      evidenceBody: part(EvidenceBody.maximumBytes),
      wipeReport: hasWipe ? part(ReceiptBundle.maximumStatementBytes) : nil)
    let encoded = bundle.encoded()
    #expect(encoded.count <= ReceiptBundle.maximumBytes)
    #expect(try ReceiptBundle(decoding: encoded) == bundle)
    #expect(throws: ReceiptBundleError.malformed) {
      try ReceiptBundle(decoding: encoded + [0xf6])
    }
    // Each cut, the first bytes and the last of each part included.
    let step = max(1, encoded.count / 199)
    for count in stride(from: 0, to: encoded.count, by: step) {
      #expect(throws: ReceiptBundleError.malformed, "first \(count) bytes") {
        try ReceiptBundle(decoding: Array(encoded.prefix(count)))
      }
    }
    #expect(throws: ReceiptBundleError.malformed) {
      try ReceiptBundle(decoding: Array(encoded.dropLast()))
    }
  }

  @Test("All parts at their bounds make the longest bundle; a byte more is too much")
  func bounds() throws {
    func bundle(_ extra: [Int], wipe: Int = 4096) throws -> ReceiptBundle {
      let counts = zip([4096, 12_288, 64, 256], extra).map { [UInt8](repeating: 1, count: $0 + $1) }
      return try ReceiptBundle(
        receipt: counts[0], document: counts[1], clientHello: counts[2], evidenceBody: counts[3],
        wipeReport: [UInt8](repeating: 1, count: wipe))
    }
    let longest = try bundle([0, 0, 0, 0])
    #expect(longest.encoded().count == ReceiptBundle.maximumBytes)
    #expect(ReceiptBundle.maximumBytes == 20_816)
    #expect(try ReceiptBundle(decoding: longest.encoded()) == longest)
    for part in 0..<4 {
      var extra = [0, 0, 0, 0]
      extra[part] = 1
      #expect(throws: ReceiptBundleError.tooLarge) { try bundle(extra) }
      extra[part] = -[4096, 12_288, 64, 256][part]
      #expect(throws: ReceiptBundleError.malformed) { try bundle(extra) }
    }
    #expect(throws: ReceiptBundleError.tooLarge) { try bundle([0, 0, 0, 0], wipe: 4097) }
    #expect(throws: ReceiptBundleError.malformed) { try bundle([0, 0, 0, 0], wipe: 0) }
    // A part over its bound in a bundle that is short enough as a whole.
    var encoder = CBOREncoder()
    encoder.array(6)
    encoder.unsigned(1)
    for count in [1, 1, 65, 1, 1] { encoder.bytes([UInt8](repeating: 1, count: count)) }
    let long = encoder.finish()
    #expect(throws: ReceiptBundleError.tooLarge) { try ReceiptBundle(decoding: long) }
  }

  @Test("Another version is named as such; lengths that claim more than there is cost nothing")
  func heads() throws {
    #expect(throws: ReceiptBundleError.unsupportedVersion) {
      try ReceiptBundle(decoding: [0x86, 0x02, 0x41, 1, 0x41, 1, 0x41, 1, 0x41, 1, 0xf6])
    }
    #expect(throws: ReceiptBundleError.self) {
      try ReceiptBundle(decoding: [0x86, 0x01, 0x5b, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1])
    }
    // A longer head than needed is a second encoding.
    #expect(throws: ReceiptBundleError.malformed) {
      try ReceiptBundle(decoding: [0x86, 0x01, 0x58, 1, 1, 0x41, 1, 0x41, 1, 0x41, 1, 0xf6])
    }
    #expect(throws: Never.self) {
      try ReceiptBundle(decoding: [0x86, 0x01, 0x41, 1, 0x41, 1, 0x41, 1, 0x41, 1, 0xf6])
    }
  }
}
