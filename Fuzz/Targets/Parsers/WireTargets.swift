import EphemeralWire
import PropertyTesting

/// Frames come out the same however the stream arrives, and encode to the very bytes they came from.
let frameTarget = FuzzTarget(
  "frame", "the frame decoder, drip-fed", maximumBytes: 8192,
  seeds: {
    let hello = ClientHello(nonce: [UInt8](repeating: 7, count: ClientHello.nonceBytes)).frame()
    let abort = Abort(code: .busy).frame()
    let request = WeightRequest(
      blobID: BlobID([UInt8](repeating: 3, count: 32)), first: 0, count: 4
    ).frame()
    return [
      FuzzSeed("hello", [0x01] + hello.encoded() + abort.encoded()),
      FuzzSeed("request", [0x92] + request.encoded() + abort.encoded()),
      FuzzSeed("empty", [0x03] + Frame(type: .sealed, payload: []).encoded()),
    ]
  }
) { (bytes, notes) throws(Violation) in
  guard let control = bytes.first else { return }
  let sets: [FrameTypeSet] = [
    .clientFromHost, .hostFromClient, .hostFromEnclave, .enclaveFromHost,
  ]
  let stream = Array(bytes.dropFirst())
  let allowed = sets[Int(control & 3)]
  let whole = try decodeFrames(stream, allowed, pattern: 0)
  for pattern in [1, control >> 2 | 2] {
    let dripped = try decodeFrames(stream, allowed, pattern: pattern)
    try require(dripped.frames == whole.frames, "frames depend on how the stream arrives")
    try require(dripped.error == whole.error, "the verdict depends on how the stream arrives")
  }
  let encoded = whole.frames.flatMap { $0.encoded() }
  try require(stream.starts(with: encoded), "frames do not encode to the bytes they came from")
  for frame in whole.frames {
    try require(allowed.contains(frame.type), "a frame of a type that is not allowed")
    try require(frame.payload.count <= frame.type.maximumPayloadBytes, "a frame above its bound")
  }
  notes.use(whole.frames.count)
}

private func decodeFrames(
  _ stream: [UInt8], _ allowed: FrameTypeSet, pattern: UInt8
) throws(Violation) -> (frames: [Frame], error: WireError?) {
  var decoder = FrameDecoder(allowed: allowed)
  var frames: [Frame] = []
  for piece in pieces(of: stream, pattern: pattern) {
    let piece = Array(piece)
    var position = 0
    do throws(WireError) {
      while let frame = try decoder.next(from: piece.span, at: &position) { frames.append(frame) }
    } catch {
      return (frames, error)
    }
    try require(decoder.bufferedBytes <= stream.count, "more is held than came")
  }
  do throws(WireError) { try decoder.finish() } catch { return (frames, error) }
  return (frames, nil)
}

/// Every message decodes only from the bytes that it encodes to.
let messagesTarget = FuzzTarget(
  "messages", "all messages, outer and inner", maximumBytes: 4096,
  seeds: {
    sampleMessages.enumerated().map { index, payload in
      FuzzSeed("message-\(index)", [UInt8(index)] + payload)
    }
  }
) { (bytes, notes) throws(Violation) in
  guard let selector = bytes.first else { return }
  let payload = Array(bytes.dropFirst())
  switch selector % 15 {
  case 0: try roundTrip(ClientHello.self, payload)
  case 1: try roundTrip(Evidence.self, payload)
  case 2: try roundTrip(KeyExchange.self, payload)
  case 3: try roundTrip(Abort.self, payload)
  case 4: try roundTrip(PutBegin.self, payload)
  case 5: try roundTrip(PutData.self, payload)
  case 6: try roundTrip(PutStatus.self, payload)
  case 7: try roundTrip(Have.self, payload)
  case 8: try roundTrip(HaveReply.self, payload)
  case 9: try roundTrip(WeightRequest.self, payload)
  case 10: try roundTrip(WeightChunk.self, payload)
  case 11: try roundTrip(Audit.self, payload)
  case 12: try roundTrip(Assembled.self, payload)
  case 13: try roundTrip(Zeroized.self, payload)
  default: try roundTrip(EvidenceBody.self, payload)
  }
  notes.use(payload.count)
}

private func roundTrip<Message: CBORMessage>(
  _ type: Message.Type, _ payload: [UInt8]
) throws(Violation) {
  guard let message = accepted({ try Message(decoding: payload) }) else { return }
  try require(message.encoded() == payload, "\(type) has a second encoding")
}

/// One payload for each selector of the target.
private let sampleMessages: [[UInt8]] = {
  let bytes = [UInt8](repeating: 5, count: 32)
  let blob = BlobID(bytes)
  let body = EvidenceBody(
    sessionID: Array(bytes.prefix(16)), kemPublicKey: bytes, receiptPublicKey: bytes,
    limits: EnclaveLimits(
      maxTopologyBytes: 1 << 20, maxRequestBytes: 1 << 20, maxWeightBytes: 1 << 30,
      maxSessionSeconds: 60))
  return [
    ClientHello(nonce: bytes).encoded(),
    Evidence(body: body, document: [1, 2, 3]).encoded(),
    KeyExchange(encapsulation: bytes, ciphertext: bytes + bytes).encoded(),
    Abort(code: .malformed).encoded(),
    PutBegin(blobID: blob, size: 70_000).encoded(),
    PutData(offset: 0, bytes: bytes).encoded(),
    PutStatus(state: .ready, offset: 5).encoded(),
    Have(blobID: blob).encoded(),
    HaveReply(state: .partial, bytes: 9).encoded(),
    WeightRequest(blobID: blob, first: 0, count: 2).encoded(),
    WeightChunk(index: 0, header: bytes, ciphertext: bytes).encoded(),
    Audit(record: [0x7b, 0x7d]).encoded(),
    Assembled(modelHash: bytes, weightBytes: 65_536, nanoseconds: 10).encoded(),
    Zeroized(wipeReport: bytes).encoded(),
    body.encoded(),
  ]
}()

/// Record plaintexts, their order, and the bodies of inference.
let recordsTarget = FuzzTarget(
  "records", "record plaintexts, sequences of them, inference bodies", maximumBytes: 4096,
  seeds: {
    let body = try sampleBody()
    var plaintext = [UInt8](repeating: 0, count: RecordHeader.byteCount + body.count + 9)
    var span = plaintext.mutableSpan
    RecordHeader(type: .inferRequest, phase: 5, isFinal: true, contentBytes: body.count)
      .write(content: body.span, into: &span)
    return [
      FuzzSeed("record", [0] + plaintext), FuzzSeed("body", [1] + body),
      FuzzSeed("sequence", [2, 9, 0, 0, 0, 9, 1, 0, 0]),
    ]
  }
) { (bytes, notes) throws(Violation) in
  guard let selector = bytes.first else { return }
  let rest = Array(bytes.dropFirst())
  switch selector % 3 {
  case 0: try checkRecord(rest)
  case 1: try checkBody(rest)
  default: try checkSequence(rest)
  }
  notes.use(rest.count)
}

private func sampleBody() throws -> [UInt8] {
  let headers = [TensorHeader(name: "x", elementType: .float32, shape: [2, 2])]
  let count = try InferBody.byteCount(sequence: 3, tensors: headers)
  var bytes = [UInt8](repeating: 0, count: count)
  var span = bytes.mutableSpan
  let random = [UInt8](repeating: 0x21, count: InferBody.randomBytes)
  _ = try InferBody.encode(sequence: 3, random: random.span, tensors: headers, into: &span)
  return bytes
}

private func checkRecord(_ plaintext: [UInt8]) throws(Violation) {
  guard let header = accepted({ try RecordHeader(decoding: plaintext.span) }) else { return }
  try require(header.contentRange.upperBound <= plaintext.count, "content beyond the record")
  var written = [UInt8](repeating: 0xaa, count: plaintext.count)
  let content = Array(plaintext[header.contentRange])
  var span = written.mutableSpan
  header.write(content: content.span, into: &span)
  try require(written == plaintext, "a record has a second plaintext")
}

private func checkBody(_ bytes: [UInt8]) throws(Violation) {
  guard let body = accepted({ try InferBody(decoding: bytes.span) }) else { return }
  let headers = body.tensors.map {
    TensorHeader(name: $0.name(in: bytes.span), elementType: $0.elementType, shape: $0.shape)
  }
  let count = accepted { try InferBody.byteCount(sequence: body.sequence, tensors: headers) }
  // Names that Swift holds for equal though their bytes differ are refused when writing.
  guard let count else { return }
  try require(count == bytes.count, "a body has a second length")
  var written = [UInt8](repeating: 0, count: count)
  let random = Array(bytes[body.random])
  var span = written.mutableSpan
  let layout = accepted {
    try InferBody.encode(
      sequence: body.sequence, random: random.span, tensors: headers, into: &span)
  }
  for tensor in body.tensors { for index in tensor.data { span[index] = bytes[index] } }
  try require(layout == body, "a body has a second layout")
  try require(written == bytes, "a body has a second encoding")
}

/// Headers as a peer may send them, in any order: what is accepted is one message, split the one
/// way.
private func checkSequence(_ bytes: [UInt8]) throws(Violation) {
  var sequence = RecordSequence(maximumBytes: 1 << 20)
  var position = 0
  var pieces: [RecordHeader] = []
  while position + 4 <= bytes.count {
    let fields = Array(bytes[position..<(position + 4)])
    position += 4
    let isFull = fields[1] & 2 != 0
    let padded = isFull ? RecordHeader.maximumPieceBytes : Int(fields[2]) << 8 | Int(fields[3])
    let content = min(isFull && fields[2] & 1 == 0 ? padded : Int(fields[2]), padded)
    guard let type = InnerType(rawValue: fields[0] % 16) else { continue }
    let header = RecordHeader(
      type: type, phase: 1 + fields[3] % 6, isFinal: fields[1] & 1 != 0, contentBytes: content)
    let start = sequence.contentBytes
    guard
      let range = accepted({
        try sequence.accept(header, plaintextBytes: RecordHeader.byteCount + padded)
      })
    else { continue }
    pieces.append(header)
    try require(range.lowerBound == start, "content does not follow content")
    try require(sequence.paddedBytes <= sequence.maximumBytes, "a message above its bound")
    try require(pieces.allSatisfy { $0.type == type }, "a message of two types")
  }
  guard sequence.isComplete else { return }
  let split = RecordSplit(contentBytes: sequence.contentBytes, paddedBytes: sequence.paddedBytes)
  try require(split.count == pieces.count, "a message in another number of records")
  for (index, header) in pieces.enumerated() {
    try require(split[index].content.count == header.contentBytes, "a message split otherwise")
  }
}
