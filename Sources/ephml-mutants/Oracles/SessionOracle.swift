import EphemeralAttestation
import EphemeralLockstep
import EphemeralSession
import EphemeralWire

/// Whole sessions in memory: honest ones, disturbed ones, and ones with an attacker at either end.
enum SessionOracle {
  static let run: @Sendable () throws -> Void = {
    var found: [String] = []
    for part in [honest, bounds, endings, disturbed, hostileEnclave, hostileClient, host] {
      do { try part() } catch { found.append("\(error)") }
    }
    try expect(found.isEmpty, found.joined(separator: "; "))
  }

  // MARK: Honest

  private static func requests(_ count: UInt64) throws -> [[UInt8]] {
    try (0..<count).map { try Samples.tensors(sequence: $0) }
  }

  private static func complete(_ trio: Trio) throws {
    try trio.run()
    try expect("the client's end", trio.client.outcome, .completed)
    try expect("the enclave's end", trio.enclave.outcome, .completed)
    try wiped(trio)
  }

  /// Both sides wiped once, before they closed, and every secret that came in is overwritten.
  private static func wiped(_ trio: Trio) throws {
    try expect(trio.isOver, "the session has no end")
    for (name, effects) in [("client", trio.clientEffects), ("enclave", trio.enclaveEffects)] {
      try expect("wipes of the \(name)", effects.count { $0 == "wipe" }, 1)
      guard let wipe = effects.firstIndex(of: "wipe"), let close = effects.firstIndex(of: "close")
      else { throw Finding("the \(name) does not wipe and close") }
      try expect(wipe < close, "the \(name) closes before it wipes")
    }
    for (number, material) in trio.handed.enumerated() {
      try expect(material.isDestroyed, "secret \(number) outlives its session")
    }
  }

  private static func honest() throws {
    let trio = try Trio(requests: try requests(2))
    try complete(trio)
    try expect("answers", trio.responses.count, 2)
    try expect("receipts", trio.receipts.count, 2)
    try expect(trio.client.wipeReport != nil, "there is no wipe report")
    try expect("chunks", trio.openedChunks, [0, 1, 2, 3, 4])
    let sizes = trio.seen.filter { $0.1.type == .sealed }.map { $0.1.payload.count - 24 }
    try expect("sizes", sizes, [64, 64, 64, 4096, 4096, 4096, 4096, 64, 176])
    try expect(
      "what reached the enclave", trio.reached.filter { $0 != .weightChunk },
      [.clientHello, .keyExchange, .sealed, .sealed, .sealed, .sealed])
    let order = trio.enclaveEffects.filter { $0.hasPrefix("send") || $0 == "wipe" }
    try expect("the enclave's last steps", Array(order.suffix(2)), ["wipe", "send:zeroized"])
    for chunks: UInt64 in [1, 2, 9, 20] {
      let trio = try Trio(chunks: chunks, requests: try requests(1))
      try complete(trio)
      try expect("chunks", trio.openedChunks, Array(0..<chunks))
      let firsts = (0..<(chunks + 1) / 2).map { 2 * $0 }
      try expect("requests of weights", trio.weightRequests.map(\.first), firsts)
    }
    for keeps in [true, false] {
      let trio = try Trio(
        chunks: 3, lifetime: .perInference(keepsSealedCopy: keeps), requests: try requests(2))
      try complete(trio)
      try expect("chunks again", trio.openedChunks.count, keeps ? 3 : 9)
    }
    var options = Trio.Options()
    options.padding = .fixed(5000)
    let fixed = try Trio(requests: try requests(1), options: options)
    try complete(fixed)
    let sealed = fixed.seen.filter { $0.1.type == .sealed }.map { $0.1.payload.count - 24 }
    try expect("a result of declared size", sealed.contains(5000), true)
    let large = try Trio(
      topology: [UInt8](repeating: 7, count: 600_000), chunks: 1, requests: try requests(1))
    try complete(large)
  }

  /// An end with a code, by the client's own decision.
  private static func fails(
    _ name: String, _ code: AbortCode, requests: [[UInt8]], topologyBytes: Int = 30,
    _ change: (inout Trio.Options) -> Void = { _ in }
  ) throws -> Trio {
    var options = Trio.Options()
    change(&options)
    let trio = try Trio(
      topology: [UInt8](repeating: 1, count: topologyBytes), requests: requests,
      options: options)
    try trio.run()
    try expect(name, trio.client.outcome?.code, code)
    try wiped(trio)
    return trio
  }

  // MARK: Bounds

  static func bounds() throws {
    let ordinary = try requests(1)
    let first = try fails("a model of another hash", .modelMismatch, requests: ordinary) {
      $0.assembledHash[0] ^= 1
    }
    try expect("no answer", first.responses.count, 0)
    let echo = try fails("another echo", .receiptInvalid, requests: ordinary) { $0.echo = 1 }
    try expect("no answer", echo.responses.count, 0)
    let late = try fails("a receipt of another time", .receiptInvalid, requests: ordinary) {
      $0.skewSeconds = 10_000
    }
    try expect("no answer", late.responses.count, 0)
    let order = try fails(
      "a request out of order", .inputInvalid, requests: [try Samples.tensors(sequence: 1)])
    try expect("records of the client", order.reached.count { $0 == .sealed }, 2)
    _ = try fails("one inference too many", .lifetimeEnded, requests: try requests(2)) {
      $0.inferences = 1
    }
    let long = try Samples.tensors(sequence: 0, data: [UInt8](repeating: 0, count: 5000))
    let large = try fails("a request too large", .tooLarge, requests: [long]) {
      $0.limits = limits(request: 4000)
    }
    try expect(large.client.outcome == .failed(.tooLarge), "the client sent it")
    let topology = try fails(
      "a topology too large", .tooLarge, requests: ordinary, topologyBytes: 3000
    ) { $0.limits = limits(topology: 2999) }
    try expect("what reached the enclave", topology.reached, [.clientHello, .abort])
    let result = try Trio(
      requests: ordinary, answerBytes: 8000, options: bounded { $0.limits = limits(request: 6000) })
    try result.run()
    try expect(
      "a result too large", result.client.outcome, .aborted(.tooLarge, authenticated: true))
    let attest = try Trio(requests: [], purpose: .attest)
    try attest.run()
    try expect("to look", attest.seen.map(\.1.type), [.clientHello, .evidence, .abort])
    try wiped(attest)
  }

  private static func limits(
    topology: UInt64 = SessionBounds.topologyBytes, request: UInt64 = SessionBounds.requestBytes,
    seconds: UInt64 = 3600
  ) -> EnclaveLimits {
    EnclaveLimits(
      maxTopologyBytes: topology, maxRequestBytes: request,
      maxWeightBytes: SessionBounds.weightBytes, maxSessionSeconds: seconds)
  }

  private static func bounded(_ change: (inout Trio.Options) -> Void) -> Trio.Options {
    var options = Trio.Options()
    change(&options)
    return options
  }

  // MARK: Ends

  /// Sessions that time, a closed connection or a user ends.
  private static func endings() throws {
    let short = try Trio(
      requests: try requests(1),
      options: bounded {
        $0.limits = limits(seconds: 100)
        $0.seconds = 50
      })
    short.hook = { leg, index, frame in leg == .toClient && index == 3 ? [] : [frame] }
    try short.run()
    try expect(short.time.nanoseconds < 101_000_000_000, "a session outlived its own end")
    try expect(short.enclave.outcome?.code == .lifetimeEnded, "it is not its life that ended")
    for (leg, index) in [(Trio.Leg.toHost, 0), (.toClient, 0), (.toHost, 1), (.toClient, 1)] {
      let trio = try Trio(requests: try requests(1))
      trio.hook = { way, number, frame in way == leg && number >= index ? [] : [frame] }
      try trio.run()
      try wiped(trio)
      try expect(trio.time.nanoseconds < 100_000_000_000, "a phase has no end")
      let codes = [trio.client.outcome?.code, trio.enclave.outcome?.code]
      try expect(codes.contains(.deadlineExceeded), "no deadline ended it: \(codes)")
    }
    for stop in [EnclaveState.offered, .keyed, .ready] {
      let raw = try RawClient()
      try raw.hello()
      if stop != .offered { try raw.exchangeKeys() }
      if stop == .ready {
        try raw.send(type: 2, phase: 3, [1])
        for index: UInt64 in 0..<3 { try raw.chunk(index) }
      }
      try expect("the state", raw.enclave.state, stop)
      try raw.feed(.peerClosed)
      try expect("after the host has gone", raw.enclave.outcome, .failed(.peerClosed))
      try expect("a wipe", raw.effects.count { $0 == "wipe" }, 1)
    }
    try deadlines()
    for state in 0..<3 {
      let raw = try RawEnclave()
      if state > 0 { try raw.infer() }
      raw.feed(state == 2 ? .cancel : .peerClosed)
      try expect("a wipe", raw.effects.count { $0 == "wipe" }, 1)
      if state == 2 {
        try expect("how it is told", raw.sent.last?.message, .sealedAbort)
      }
    }
  }

  /// A message that comes late in its phase does not move the phase's end.
  private static func deadlines() throws {
    let piece = HandMade.plaintext(
      type: 2, phase: 3, flags: 0, content: [UInt8](repeating: 0, count: 262_144),
      padded: 262_144)
    let enclave = try RawClient()
    try enclave.hello()
    try enclave.exchangeKeys()
    let before = enclave.enclave.deadline
    enclave.seconds = 20
    try enclave.send(piece)
    try expect("the enclave's deadline", enclave.enclave.deadline, before)
    let client = try RawEnclave()
    try client.infer()
    let end = client.client.deadline
    client.seconds = 20
    var result = piece
    result[0] = 5
    result[1] = 5
    try client.send(result)
    try expect("the client's deadline", client.client.deadline, end)
    // The other side's word on the session's life bounds it.
    let short = try RawClient(seconds: 40)
    try short.assemble()
    try expect("the enclave's life", short.enclave.deadline, 40_000_000_001)
    let stated = try RawEnclave(limits: limits(seconds: 100))
    try stated.infer()
    try expect("the client's life", stated.client.deadline, 100_000_000_001)
  }

  // MARK: Disturbed

  /// Frames lost, doubled, swapped and invented on the way.
  private static func disturbed() throws {
    for leg in [Trio.Leg.toHost, .toClient] {
      for index in 0..<4 {
        let trio = try Trio(requests: try requests(1))
        trio.hook = { way, number, frame in
          way == leg && number == index ? [frame, frame] : [frame]
        }
        try trio.run()
        try wiped(trio)
        try expect(trio.client.outcome != .completed, "frame \(index) passed twice \(leg)")
        let inner: AbortCode =
          index >= 2 || leg == .toClient && index == 1
          ? .recordInvalid
          : .unexpectedMessage
        try expect("a doubled frame \(index) \(leg)", trio.client.outcome?.code, inner)
      }
    }
    for (index, isKeyed) in [(1, false), (2, true), (3, true)] {
      let trio = try Trio(requests: try requests(1))
      trio.hook = { leg, number, frame in
        leg == .toClient && number == index
          ? [Frame(type: .abort, payload: Abort(code: .busy).encoded())] : [frame]
      }
      try trio.run()
      try expect(
        "a cleartext Abort, keys \(isKeyed)", trio.client.outcome,
        .aborted(.busy, authenticated: false))
      try wiped(trio)
      let answers = trio.seen.filter { $0.0 == .toHost }.count
      try expect("nobody answers an Abort", answers, index + 1)
    }
    let forged = try Trio(requests: try requests(1))
    forged.hook = { leg, number, frame in
      leg == .toHost && number == 3
        ? [Frame(type: .abort, payload: Abort(code: .busy).encoded())] : [frame]
    }
    try forged.run()
    try expect(
      "the enclave's view", forged.enclave.outcome, .aborted(.busy, authenticated: false))
    let early = try Trio(requests: try requests(1))
    early.hook = { leg, number, frame in
      leg == .toHost && number == 0
        ? [frame, Frame(type: .sealed, payload: [UInt8](repeating: 1, count: 88))] : [frame]
    }
    try early.run()
    try expect(!early.reached.contains(.sealed), "a record passed before there were keys")
    let told = try Trio(requests: try requests(1))
    told.hook = { leg, number, frame in
      leg == .toHost && number == 1
        ? [Frame(type: .abort, payload: Abort(code: .cancelled).encoded())] : [frame]
    }
    try told.run()
    try expect(
      "an Abort passes on", told.enclave.outcome, .aborted(.cancelled, authenticated: false))
    let swapped = try Trio(
      requests: try requests(1), options: bounded { $0.reads = { Samples.chunk($0 ^ 1) } })
    try swapped.run()
    try expect("chunks out of order", swapped.client.outcome?.code, .internalError)
  }
}
