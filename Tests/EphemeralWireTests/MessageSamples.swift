import EphemeralWire
import Testing

/// One message with its bytes by hand, and how to read and write it again.
struct MessageSample: CustomTestStringConvertible, Sendable {
  let name: String
  let bytes: [UInt8]
  /// What the message encodes to, from its Swift value.
  let encoded: [UInt8]
  /// Decodes bytes and encodes the result.
  let recode: @Sendable ([UInt8]) throws(WireError) -> [UInt8]

  var testDescription: String { name }

  init<Message: CBORMessage>(_ message: Message, _ text: String) {
    name = "\(Message.self)"
    bytes = hex(text)
    encoded = message.encoded()
    recode = { (bytes) throws(WireError) in try Message(decoding: bytes).encoded() }
  }

  private static func run(_ first: UInt8, _ count: Int) -> [UInt8] {
    (0..<count).map { first &+ UInt8($0) }
  }

  private static func digits(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }

  private static let blob = BlobID(run(0x40, 32))
  private static let blobText = "5820" + digits(run(0x40, 32))
  private static let limits = EnclaveLimits(
    maxTopologyBytes: 16, maxRequestBytes: 1000, maxWeightBytes: 1 << 32, maxSessionSeconds: 600)
  private static let body = EvidenceBody(
    sessionID: run(0, 16), kemPublicKey: run(0x20, 32), receiptPublicKey: run(0x80, 32),
    limits: limits)
  private static let bodyText =
    "84 50" + digits(run(0, 16)) + "5820" + digits(run(0x20, 32)) + "5820"
    + digits(run(0x80, 32)) + "84 10 1903e8 1b0000000100000000 190258"

  /// Every message that is one CBOR item, in at least one form.
  static let all: [MessageSample] = [
    MessageSample(ClientHello(nonce: run(7, 32)), "83 01 01 5820" + digits(run(7, 32))),
    MessageSample(body, bodyText),
    MessageSample(
      Evidence(body: body, document: [0xd2, 0x84]),
      "82 5867" + bodyText + "42 d284"),
    MessageSample(
      KeyExchange(encapsulation: run(1, 32), ciphertext: run(100, 64)),
      "82 5820" + digits(run(1, 32)) + "5840" + digits(run(100, 64))),
    MessageSample(Abort(code: .unexpectedMessage), "81 01"),
    MessageSample(Abort(code: .receiptInvalid), "81 181a"),
    MessageSample(PutBegin(blobID: blob, size: 65_568), "82" + blobText + "1a00010020"),
    MessageSample(PutData(offset: 256, bytes: [9, 8, 7]), "82 190100 43 090807"),
    MessageSample(PutStatus(state: .ready, offset: 23), "82 00 17"),
    MessageSample(PutStatus(state: .stored, offset: 24), "82 01 1818"),
    MessageSample(Have(blobID: blob), "81" + blobText),
    MessageSample(HaveReply(state: .partial, bytes: 65_536), "82 01 1a00010000"),
    MessageSample(WeightRequest(blobID: blob, first: 0, count: 17), "83" + blobText + "00 11"),
    MessageSample(
      WeightChunk(index: 0, header: run(0, 32), ciphertext: run(50, 20)),
      "83 00 5820" + digits(run(0, 32)) + "54" + digits(run(50, 20))),
    MessageSample(
      WeightChunk(index: 3, header: [], ciphertext: run(50, 17)),
      "83 03 40 51" + digits(run(50, 17))),
    MessageSample(Audit(record: [0x7b, 0x7d]), "81 42 7b7d"),
    MessageSample(
      Assembled(modelHash: run(3, 32), weightBytes: 65_536, nanoseconds: 1_000_000),
      "83 5820" + digits(run(3, 32)) + "1a00010000 1a000f4240"),
    MessageSample(Close(), "80"),
    MessageSample(Zeroized(wipeReport: [0xd2, 0x80]), "81 42 d280"),
  ]
}
