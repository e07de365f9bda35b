import EphemeralAttestation
import EphemeralLockstep
import EphemeralSession
import EphemeralWire

extension SessionOracle {
  // MARK: A hostile enclave

  /// The client against evidence, records and results that are wrong in one thing each.
  static func hostileEnclave() throws {
    for wrong in WrongDocument.all {
      let raw = try RawEnclave(wrong)
      try expect(wrong.name, raw.client.outcome, .failed(.evidenceRefused))
      try expect(wrong.name, raw.sent.map(\.message), [.clientHello, .abort])
    }
    // Without pins the image decides nothing: then only the debug mode speaks against it.
    for wrong in WrongDocument.all where wrong.check == .debugMode {
      let raw = try RawEnclave(wrong, purpose: .attest, isPinned: false)
      try expect("\(wrong.name), unpinned", raw.client.outcome, .failed(.evidenceRefused))
    }
    let early = try RawEnclave()
    try expect(!early.hasTopology, "the topology left before the enclave confirmed")
    for place in [0, 47] {
      let raw = try RawEnclave()
      var confirmation = raw.keys
      confirmation[place] ^= 1
      try raw.send(type: 1, phase: 2, confirmation)
      try expect("another T2", raw.client.outcome, .failed(.keyExchangeFailed))
      try expect(!raw.hasTopology, "the topology left without a confirmation")
    }
    let honest = try RawEnclave()
    try honest.infer()
    try honest.send(type: 5, phase: 5, honest.result(), padded: 4096)
    honest.feed(.close)
    try honest.send(type: 7, phase: 6, honest.zeroized(), padded: 256)
    try expect("a right enclave", honest.client.outcome, .completed)
    try records()
    try results()
    try farewells()
  }

  private static func records() throws {
    let cases: [(String, (RawEnclave) -> [UInt8])] = [
      ("padding", { HandMade.plaintext(type: 1, phase: 2, content: $0.keys) + [1] }),
      ("phase", { HandMade.plaintext(type: 1, phase: 3, content: $0.keys) }),
      ("flags", { HandMade.plaintext(type: 1, phase: 2, flags: 3, content: $0.keys) }),
      ("final", { HandMade.plaintext(type: 1, phase: 2, flags: 0, content: $0.keys) }),
      ("reserved", { HandMade.plaintext(type: 1, phase: 2, reserved: 1, content: $0.keys) }),
    ]
    for (name, plaintext) in cases {
      let raw = try RawEnclave()
      try raw.send(plaintext(raw))
      try expect("a record's \(name)", raw.client.outcome, .failed(.recordInvalid))
    }
    let replayed = try RawEnclave()
    let confirmation = HandMade.plaintext(type: 1, phase: 2, content: replayed.keys)
    try replayed.send(confirmation)
    try replayed.send(confirmation, at: 0)
    try expect("a record again", replayed.client.outcome, .failed(.recordInvalid))
    let skipped = try RawEnclave()
    try skipped.send(confirmation, at: 1)
    try expect("a record too early", skipped.client.outcome, .failed(.recordInvalid))
  }

  private static func results() throws {
    let mismatch = try RawEnclave()
    try mismatch.send(type: 1, phase: 2, mismatch.keys)
    try mismatch.send(type: 3, phase: 4, mismatch.assembled([UInt8](repeating: 1, count: 32)))
    try expect("another model", mismatch.client.outcome, .failed(.modelMismatch))
    let other = [UInt8](repeating: 1, count: 32)
    let stranger = try LibcryptoCryptography().makeReceiptKey(seed: Samples.seed(8)).key
    let wrong: [(String, (RawEnclave) throws -> [UInt8])] = [
      ("random", { try $0.result(response: Samples.tensors(sequence: 0, random: 1)) }),
      ("sequence", { try $0.result(response: Samples.tensors(sequence: 1)) }),
      ("number", { try $0.result { $0.sequenceNumber = 1 } }),
      ("identifier", { try $0.result { $0.receiptID[0] ^= 1 } }),
      ("nonce", { try $0.result { $0.nonce = other } }),
      ("model", { try $0.result { $0.modelHash = other } }),
      ("request", { try $0.result { $0.requestHash = other } }),
      ("response", { try $0.result { $0.responseHash = other } }),
      ("document", { try $0.result { $0.attestationDocumentHash = other } }),
      ("time", { try $0.result { $0.issuedAt += 10_000 } }),
      ("key", { try $0.result(signedBy: stranger) }),
    ]
    for (name, result) in wrong {
      let raw = try RawEnclave()
      try raw.infer()
      try raw.send(type: 5, phase: 5, result(raw), padded: 4096)
      try expect("a result's \(name)", raw.client.outcome, .failed(.receiptInvalid))
    }
    // Pieces: a short one that is not the last, and content behind padding.
    let full = 262_144
    let short = try RawEnclave()
    try short.infer()
    try short.send(HandMade.plaintext(type: 5, phase: 5, flags: 0, content: [1], padded: 64))
    try expect("a short piece", short.client.outcome, .failed(.recordInvalid))
    let flags = try RawEnclave()
    try flags.infer()
    let half = [UInt8](repeating: 0, count: full)
    try flags.send(
      HandMade.plaintext(type: 5, phase: 5, flags: 2, content: half, padded: full))
    try expect("a flag that does not exist", flags.client.outcome, .failed(.recordInvalid))
    let behind = try RawEnclave()
    try behind.infer()
    let result = try behind.result()
    try behind.send(
      HandMade.plaintext(
        type: 5, phase: 5, flags: 0, content: Array(result.dropLast()), padded: full))
    try expect("more is awaited", behind.client.state, .gathering)
    try behind.send(type: 5, phase: 5, Array(result.suffix(1)), padded: 64)
    try expect("content behind padding", behind.client.outcome, .failed(.recordInvalid))
  }

  private static func farewells() throws {
    let stranger = try LibcryptoCryptography().makeReceiptKey(seed: Samples.seed(8)).key
    let wrong: [(String, (RawEnclave) throws -> [UInt8])] = [
      ("count", { try $0.zeroized(inferences: 2) }),
      ("session", { try $0.zeroized(session: [UInt8](repeating: 1, count: 16)) }),
      ("key", { try $0.zeroized(signedBy: stranger) }),
    ]
    for (name, zeroized) in wrong {
      let raw = try RawEnclave()
      try raw.infer()
      try raw.send(type: 5, phase: 5, raw.result(), padded: 4096)
      raw.feed(.close)
      try raw.send(type: 7, phase: 6, zeroized(raw), padded: 256)
      try expect("a wipe report's \(name)", raw.client.outcome, .failed(.receiptInvalid))
    }
  }

  // MARK: A hostile client

  /// The enclave against a client that does what it likes.
  static func hostileClient() throws {
    let honest = try RawClient()
    try honest.assemble()
    for number: UInt64 in 0..<2 { try honest.infer(number) }
    try honest.send(type: 6, phase: 6, [0x80])
    try expect("a right client", honest.enclave.outcome, .completed)
    let twice = try RawClient()
    try twice.hello()
    try twice.hello()
    try expect("ClientHello twice", twice.enclave.outcome, .failed(.unexpectedMessage))
    let again = try RawClient()
    try again.hello()
    try again.exchangeKeys()
    try again.frame(.keyExchange, again.exchange)
    try expect("KeyExchange twice", again.enclave.outcome, .failed(.unexpectedMessage))
    try requestsOfAttackers()
    let order = try RawClient(chunks: 5)
    try order.deliver()
    try order.chunk(1)
    try expect("a chunk out of order", order.abort, .weightsInvalid)
    let least = try RawClient()
    try least.deliver()
    for index: UInt64 in 0..<2 { try least.chunk(index) }
    try expect("one chunk is missing", least.enclave.state, .assembling)
    let padding = try RawClient()
    try padding.hello()
    try padding.exchangeKeys()
    try padding.send(HandMade.plaintext(type: 2, phase: 3, content: [1], padded: 64) + [1])
    try expect("padding", padding.abort, .recordInvalid)
    try bounds(of: padding)
  }

  private static func bounds(of: RawClient) throws {
    let full = 262_144
    let much = try RawClient()
    try much.hello()
    try much.exchangeKeys()
    // 8 MiB and its framing is the bound of a topology: 33 full pieces pass it.
    for _ in 0..<34 where much.enclave.state == .keyed || much.enclave.state == .gathering {
      let content = [UInt8](repeating: 0, count: full)
      try much.send(
        HandMade.plaintext(type: 2, phase: 3, flags: 0, content: content, padded: full))
    }
    try expect("a topology without end", much.abort, .tooLarge)
    let padded = try RawClient()
    try padded.hello()
    try padded.exchangeKeys()
    for _ in 0..<70 where padded.enclave.state == .keyed || padded.enclave.state == .gathering {
      try padded.send(
        HandMade.plaintext(type: 2, phase: 3, flags: 0, content: [], padded: full))
    }
    try expect("padding without end", padded.abort, .tooLarge)
  }

  private static func requestsOfAttackers() throws {
    for numbers in [[1], [0, 0], [0, 2]] as [[UInt64]] {
      let raw = try RawClient()
      try raw.assemble()
      for number in numbers { try raw.infer(number) }
      try expect("requests \(numbers)", raw.abort, .unexpectedMessage)
      let answers = raw.sealed.count { $0.type == .inferResult }
      try expect("answers", answers, numbers.count - 1)
    }
    let early = try RawClient()
    try early.deliver()
    try early.infer(0)
    try expect("a request before the model stands", early.abort, .unexpectedMessage)
    let replayed = try RawClient()
    try replayed.assemble()
    let request = HandMade.plaintext(
      type: 4, phase: 5, content: try Samples.tensors(sequence: 0), padded: 4096)
    try replayed.send(request)
    try replayed.send(request, at: 1)
    try expect("a record again", replayed.abort, .recordInvalid)
    let ended = replayed.effects
    try expect("a wipe", ended.count { $0 == "wipe" }, 1)
    try expect("the report", replayed.sealed.last?.type, .zeroized)
  }

  // MARK: The host

  /// The host's machine alone against two peers.
  static func host() throws {
    let codec = LibcryptoCryptography()
    func make() -> HostSession<LibcryptoCryptography> {
      HostSession(
        configuration: HostConfiguration(codec: codec, maximumBlobBytes: 1000), at: World.time)
    }
    func client(_ type: FrameType, _ payload: [UInt8]) -> HostEvent<[UInt8]> {
      .frame(IncomingFrame(type: type, payload: payload), from: .client)
    }
    func enclave(_ type: FrameType, _ payload: [UInt8]) -> HostEvent<[UInt8]> {
      .frame(IncomingFrame(type: type, payload: payload), from: .enclave)
    }
    let name = BlobID(Samples.blobID)
    var large = make()
    _ = large.handle(
      client(.putBegin, PutBegin(blobID: name, size: 1001).encoded()), at: World.time)
    try expect("a blob too large", large.outcome, .failed(.tooLarge))
    for (offset, isRight) in [(40, true), (39, false), (41, false)] as [(UInt64, Bool)] {
      var put = make()
      _ = put.handle(
        client(.putBegin, PutBegin(blobID: name, size: 100).encoded()), at: World.time)
      _ = put.handle(.storeReady(offset: 40), at: World.time)
      _ = put.handle(
        client(.putData, PutData(offset: offset, bytes: [1]).encoded()), at: World.time)
      try expect("bytes at \(offset)", put.outcome == nil, isRight)
    }
    var relay = make()
    _ = relay.handle(client(.clientHello, [1]), at: World.time)
    let evidence = relay.handle(enclave(.evidence, [2]), at: World.time)
    try expect(
      "evidence", evidence,
      [.forward(IncomingFrame(type: .evidence, payload: [2]), to: .client)])
    _ = relay.handle(client(.keyExchange, [3]), at: World.time)
    let request = WeightRequest(blobID: name, first: 0, count: 1).encoded()
    for number in 0..<5 {
      try expect("request \(number)", relay.outcome == nil && relay.state == .relaying, true)
      _ = relay.handle(enclave(.weightRequest, request), at: World.time)
    }
    try expect("five requests", relay.state, .draining)
  }
}
