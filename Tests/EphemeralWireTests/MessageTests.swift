import EphemeralWire
import Testing

@Suite("Messages")
struct MessageTests {
  @Test("Encodes to the bytes by hand, and back", arguments: MessageSample.all)
  func byHand(sample: MessageSample) throws {
    #expect(sample.encoded == sample.bytes)
    #expect(try sample.recode(sample.bytes) == sample.bytes)
  }

  @Test("Every truncation and every trailing byte is refused", arguments: MessageSample.all)
  func truncation(sample: MessageSample) {
    for end in 0..<sample.bytes.count {
      let cut = Array(sample.bytes[..<end])
      #expect(failure { () throws(WireError) in try sample.recode(cut) } != nil)
    }
    for extra in [0x00, 0x40, 0xf6, 0xff] as [UInt8] {
      let longer = sample.bytes + [extra]
      #expect(
        failure { () throws(WireError) in try sample.recode(longer) } == .malformed(.trailingBytes))
    }
  }

  @Test(
    "Every changed byte is refused or is another message with exactly those bytes",
    arguments: MessageSample.all)
  func changedBytes(sample: MessageSample) {
    for index in sample.bytes.indices {
      for value in 0...255 as ClosedRange<UInt8> {
        var changed = sample.bytes
        changed[index] = value
        guard let again = try? sample.recode(changed) else { continue }
        #expect(again == changed, "\(sample.name), byte \(index)")
      }
    }
  }

  @Test("Random bytes give canonical messages or errors", arguments: MessageSample.all)
  func randomTails(sample: MessageSample) {
    var random = TestRandom(state: 31)
    for _ in 0..<2000 {
      let kept = Int(random.next() % UInt64(sample.bytes.count + 1))
      let bytes = sample.bytes[..<kept] + random.bytes(Int(random.next() % 48))
      guard let again = try? sample.recode(Array(bytes)) else { continue }
      #expect(again == Array(bytes))
    }
  }

  @Test("ClientHello: another version or suite has its own error")
  func versions() {
    let nonce = [UInt8](repeating: 1, count: 32)
    let good = ClientHello(nonce: nonce).encoded()
    func error(_ change: (inout [UInt8]) -> Void) -> WireError? {
      var bytes = good
      change(&bytes)
      return failure { () throws(WireError) in try ClientHello(decoding: bytes) }
    }
    #expect(error { $0[1] = 2 } == .unsupportedVersion)
    #expect(error { $0[2] = 2 } == .unsupportedVersion)
    // A later version with more fields is still told what is wrong.
    #expect(
      error { bytes in
        bytes = [0x84, 2, 1, 0, 0]
      } == .unsupportedVersion)
    #expect(error { $0[0] = 0x84 } == .malformed(.wrongCount))
    #expect(error { $0[1] = 0x20 } == .malformed(.unexpectedType))
    #expect(WireError.unsupportedVersion.abortCode == .unsupportedVersion)
  }

  @Test("Abort: codes outside the list are refused, all inside pass")
  func abortCodes() throws {
    for value in 0...300 as ClosedRange<UInt64> {
      var encoder = CBOREncoder()
      encoder.array(1)
      encoder.unsigned(value)
      let bytes = encoder.finish()
      if (1...26).contains(value) {
        #expect(try UInt64(Abort(decoding: bytes).code.rawValue) == value)
      } else {
        #expect(
          failure { () throws(WireError) in try Abort(decoding: bytes) } == .unknownAbortCode)
      }
    }
    #expect(AbortCode.allCases.count == 26)
  }

  @Test("Numbers that would overflow what follows are refused")
  func numbers() {
    let blob = "5820" + String(repeating: "00", count: 32)
    func error<Message: CBORMessage>(_ type: Message.Type, _ text: String) -> WireError? {
      let bytes = hex(text)
      return failure { () throws(WireError) in try Message(decoding: bytes) }
    }
    let huge = "1bffffffffffffffff"
    #expect(error(PutBegin.self, "82" + blob + huge) == .malformed(.integerOutOfRange))
    #expect(error(PutBegin.self, "82" + blob + "00") == .invalidField)
    #expect(error(PutData.self, "82" + huge + "4101") == .malformed(.integerOutOfRange))
    #expect(error(PutData.self, "82 00 40") == .invalidField)
    #expect(error(PutStatus.self, "82 02 00") == .invalidField)
    #expect(error(HaveReply.self, "82 03 00") == .invalidField)
    #expect(error(WeightRequest.self, "83" + blob + "00" + huge) == .malformed(.integerOutOfRange))
    #expect(error(WeightRequest.self, "83" + blob + "00 00") == .invalidField)
    let end = "1b0000000100000000"
    #expect(error(WeightRequest.self, "83" + blob + end + "01") == .invalidField)
    #expect(error(WeightRequest.self, "83" + blob + "00" + end) == nil)
    #expect(error(WeightRequest.self, "83" + blob + "01" + end) == .invalidField)
  }

  @Test("WeightChunk: the header comes with index 0 alone; ciphertext holds more than a tag")
  func weightChunk() throws {
    func encode(_ index: UInt64, _ header: Int, _ ciphertext: Int) -> [UInt8] {
      var encoder = CBOREncoder()
      encoder.array(3)
      encoder.unsigned(index)
      encoder.bytes([UInt8](repeating: 1, count: header))
      encoder.bytes([UInt8](repeating: 2, count: ciphertext))
      return encoder.finish()
    }
    func error(_ bytes: [UInt8]) -> WireError? {
      failure { () throws(WireError) in try WeightChunk.layout(of: bytes.span) }
    }
    #expect(error(encode(0, 32, 17)) == nil)
    #expect(error(encode(0, 0, 17)) == .invalidField)
    #expect(error(encode(0, 31, 17)) == .invalidField)
    #expect(error(encode(1, 32, 17)) == .invalidField)
    #expect(error(encode(1, 0, 16)) == .invalidField)
    #expect(error(encode(1, 33, 17)) == .malformed(.tooLong))
    #expect(error(encode(1 << 32, 0, 17)) == .malformed(.integerOutOfRange))
    let layout = try WeightChunk.layout(of: encode(0, 32, 20).span)
    #expect(layout.header.count == 32)
    #expect(layout.ciphertext.count == 20)
  }

  @Test("The largest message of each kind fits its frame")
  func maxima() throws {
    let blob = BlobID([UInt8](repeating: 0xff, count: 32))
    let big = BlobID.maximumBlobBytes
    let limits = EnclaveLimits(
      maxTopologyBytes: EnclaveLimits.maximumBytes, maxRequestBytes: EnclaveLimits.maximumBytes,
      maxWeightBytes: EnclaveLimits.maximumBytes, maxSessionSeconds: EnclaveLimits.maximumSeconds)
    let key = [UInt8](repeating: 0xff, count: 32)
    let body = EvidenceBody(
      sessionID: [UInt8](repeating: 0xff, count: 16), kemPublicKey: key, receiptPublicKey: key,
      limits: limits)
    #expect(body.encoded().count <= EvidenceBody.maximumBytes)
    func fits<Message: WireMessage>(_ message: Message) throws {
      let frame = message.frame()
      #expect(frame.payload.count <= frame.type.maximumPayloadBytes)
      #expect(try Message(decoding: frame.payload) == message)
    }
    try fits(ClientHello(nonce: key))
    try fits(
      Evidence(
        body: body, document: [UInt8](repeating: 1, count: Evidence.maximumDocumentBytes)))
    try fits(
      KeyExchange(encapsulation: key, ciphertext: [UInt8](repeating: 1, count: 64)))
    try fits(Abort(code: .receiptInvalid))
    try fits(PutBegin(blobID: blob, size: big))
    try fits(
      PutData(offset: big, bytes: [UInt8](repeating: 1, count: PutData.maximumBytes)))
    try fits(PutStatus(state: .stored, offset: big))
    try fits(Have(blobID: blob))
    try fits(HaveReply(state: .stored, bytes: big))
    try fits(WeightRequest(blobID: blob, first: (1 << 32) - 1, count: 1))
    let chunk = [UInt8](repeating: 1, count: (1 << 20) + 16)
    try fits(WeightChunk(index: 0, header: key, ciphertext: chunk))
    try fits(WeightChunk(index: (1 << 32) - 1, header: [], ciphertext: chunk))
    try fits(Audit(record: [UInt8](repeating: 1, count: Audit.maximumRecordBytes)))
  }

  @Test("A blob's name in hexadecimal")
  func blobName() {
    let id = BlobID((0..<32).map { UInt8($0 * 8) })
    #expect(id.hexadecimal.hasPrefix("0008101820"))
    #expect(id.hexadecimal.count == 64)
  }
}
