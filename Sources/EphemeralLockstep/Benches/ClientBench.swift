import EphemeralCrypto
import EphemeralSession
import EphemeralWire

/// The client's machine with a stand-in for the enclave, real cryptography between them.
package final class ClientBench: Bench {
  package static let role = ProtocolTable.Role.client

  /// What the dice decide once for a session.
  struct Terms {
    var purpose = ClientConfiguration<TestCryptography>.Purpose.infer
    var padding = MessagePadding.powerOfTwo
    var maximumResultBytes: UInt64 = 200_000
    var topologyBytes = 3
    var requestFloats = 1
    var seconds: UInt64 = 3600
    var evidenceSeconds: UInt64 = 3600
  }

  let crypto = TestCryptography()
  let terms: Terms
  var machine: ClientSession<TestCryptography>
  var referee = Referee()
  var moments: Moments
  let topology: [UInt8]
  let kept: [(slot: String, material: SecretMaterial)]
  let keyPrivate: SecretMaterial
  let keyPublic: [UInt8]
  let receiptKey: SecretMaterial
  let receiptPublic: [UInt8]
  /// T1 and T2, once they are known.
  var offer: [UInt8] = []
  var keys: [UInt8] = []
  var peer: RecordPeer?
  var inferences: UInt64 = 0
  var request: [UInt8] = []
  var result: (response: [UInt8], receipt: [UInt8])?
  var pieces = PieceMaker(maximum: 0)

  package var stateName: String { "\(machine.state)" }

  package init(_ dice: Dice, aim: TableRow?) throws {
    terms = try Self.terms(dice, aim)
    topology = (0..<terms.topologyBytes).map { UInt8(truncatingIfNeeded: $0) }
    let base = crypto.base
    (keyPrivate, keyPublic) = try base.makeKeyPair(seed: Samples.seed(1))
    (receiptKey, receiptPublic) = try base.makeReceiptKey(seed: Samples.seed(2))
    let seed = try Samples.seed(3)
    let secret = try Samples.secret(topology)
    kept = [("seed", seed), ("topology", secret)]
    moments = Moments(lifeSeconds: terms.seconds)
    machine = ClientSession(
      configuration: ClientConfiguration(
        crypto: crypto, purpose: terms.purpose, modelHash: Samples.modelHash,
        padding: terms.padding, maximumResultBytes: terms.maximumResultBytes,
        maximumSeconds: terms.seconds),
      secrets: ClientSecrets(nonce: Samples.nonce, seed: seed, topology: secret),
      at: Samples.start)
  }

  /// Draws the terms; those that a row cannot do without are given.
  private static func terms(_ dice: Dice, _ aim: TableRow?) throws -> Terms {
    var terms = Terms()
    terms.padding = try pick([.powerOfTwo, .fixed(6000)], dice)
    terms.maximumResultBytes = try pick([200_000, 262_145, 600_000], dice)
    terms.topologyBytes = try pick([3, 100, 300_000], dice)
    terms.requestFloats = try pick([1, 40], dice)
    terms.seconds = try pick([3600, 1000], dice)
    terms.evidenceSeconds = try pick([3600, 900], dice)
    if try dice(8) == 7 { terms.purpose = .attest }
    guard let aim else { return terms }
    terms.purpose = aim.guardName == "attestOnly" ? .attest : .infer
    if aim.state == "gathering" || aim.guardName == "more" {
      terms.maximumResultBytes = try pick([262_145, 600_000], dice)
    } else if aim.guardName == "oversize" {
      terms.maximumResultBytes = 200_000
    }
    return terms
  }

  package func play(
    _ row: TableRow, _ table: ProtocolTable, _ dice: Dice
  ) throws -> [String]? {
    let phase = Self.phaseSeconds(table.state(row.state)?.timer)
    let sequence = inferences
    guard let time = try moments.moment(row.guardName, phaseSeconds: phase, dice),
      let stimulus = try stimulus(for: row, dice)
    else { return nil }
    let actions: [ClientAction<[UInt8]>]
    if let content = stimulus.content {
      actions = machine.dispatch(stimulus.input, Arrival(content), at: time)
    } else {
      actions = machine.dispatch(stimulus.input, Arrival(), at: time)
    }
    if table.state(row.state)?.timer != table.state(row.next)?.timer { moments.restart() }
    guard let last = machine.last else { return ["the machine names no transition"] }
    let step = Step(
      row: "\(last.row.identifier)", next: stateName, effects: actions.map(\.effect),
      claims: last.claims.map { "\($0)" }, wiped: last.wiped.slotNames,
      held: machine.held.slotNames, outcome: machine.outcome)
    var expected = Expectation(claims: row.claims.map { claim($0) }, brought: stimulus.brought)
    if row.guardName == "attestOnly" || row.guardName == "valid" && row.message == "zeroized" {
      expected.ending = .completed
    }
    var complaints: [String] = []
    if "\(stimulus.input.message)" != row.message {
      complaints.append("\(stimulus.input.message) was classified, not \(row.message)")
    }
    complaints += referee.judge(step, row, expected, table)
    complaints += judge(actions, row, sequence)
    complaints += judgeSecrets(table.state(row.next)?.held ?? [])
    return complaints
  }

  static func phaseSeconds(_ timer: String?) -> UInt64? {
    switch timer {
    case "idle": 30
    case "evidence", "confirm": 8
    case "assembly", "inference": 600
    case "zeroized": 20
    default: nil
    }
  }

  private func claim(_ name: String) -> String {
    typealias Claim = SessionClaim<TestCryptography>
    switch name {
    case "evidenceVerified":
      return "\(Claim.evidenceVerified(sessionID: Samples.sessionID, keyPublic: offeredKey))"
    case "keysAgreed": return "\(Claim.keysAgreed(transcript: keys))"
    case "topologySent": return "\(Claim.topologySent(transcript: keys))"
    case "modelAgreed": return "\(Claim.modelAgreed(modelHash: Samples.modelHash))"
    case "resultAccepted":
      return
        "\(Claim.resultAccepted(sequence: inferences &- 1, requestHash: SHA256.hash(request), responseHash: SHA256.hash(result?.response ?? [])))"
    case "completed": return "\(Claim.completed(sessionID: Samples.sessionID))"
    default: return "unknown claim \(name)"
    }
  }

  /// The KEM key that the last evidence named.
  var offeredKey: [UInt8] = []

  // MARK: What left the machine

  private func judge(
    _ actions: [ClientAction<[UInt8]>], _ row: TableRow, _ sequence: UInt64
  ) -> [String] {
    var complaints: [String] = []
    var sealed: [OutgoingFrame<[UInt8]>] = []
    for action in actions {
      switch action {
      case .send(let frame):
        if frame.type == .sealed {
          sealed.append(frame)
        } else {
          complaints += judge(clear: frame)
        }
      case .assembled(let fields):
        if fields != Samples.assembled { complaints.append("other fields are announced") }
      case .deliverResult(let number):
        if number != sequence { complaints.append("result \(number) and not \(sequence)") }
        let response = machine.withResponse { $0.bytes }
        if response != result?.response || machine.receipt != result?.receipt {
          complaints.append("another result is delivered")
        }
      case .close(let outcome):
        if outcome != referee.decided { complaints.append("it closes with \(outcome)") }
      case .audit, .wipe: break
      }
    }
    guard let first = sealed.first else { return complaints }
    return complaints + judge(sealed: sealed, first.message, row)
  }

  private func judge(clear frame: OutgoingFrame<[UInt8]>) -> [String] {
    switch frame.message {
    case .clientHello:
      return frame.payload == crypto.base.encodeHello(nonce: Samples.nonce)
        ? [] : ["another ClientHello"]
    case .abort:
      let code = referee.decided?.code ?? .cancelled
      return frame.payload == Abort(code: code).encoded() ? [] : ["an Abort of another code"]
    case .keyExchange: return accept(frame.payload)
    default: return ["\(frame.message) was not asked for"]
    }
  }

  /// The enclave's half of the key exchange.
  private func accept(_ payload: [UInt8]) -> [String] {
    let base = crypto.base
    if crypto.switches.judged != [transcript, Samples.nonce] {
      return ["the evidence was judged for other values"]
    }
    guard let exchange = base.decodeKeyExchange(payload),
      let exporter = try? base.acceptKeys(exchange, key: keyPrivate, transcript: offer)
    else { return ["the key exchange does not open"] }
    keys = base.transcriptKeys(offer, exchange: exchange)
    guard
      let key = try? base.exportRecordKey(
        exporter, direction: .clientToEnclave, transcript: keys)
    else { return ["there is no record key"] }
    peer = RecordPeer(key: key, sessionID: Samples.sessionID, direction: .clientToEnclave)
    return []
  }

  private func judge(
    sealed frames: [OutgoingFrame<[UInt8]>], _ message: SessionMessage, _ row: TableRow
  ) -> [String] {
    guard frames.allSatisfy({ $0.message == message }), peer != nil else {
      return ["records of several messages"]
    }
    switch message {
    case .topologyDeliver:
      return peer?.judge(frames, .topologyDeliver, .topologyDeliver, topology) ?? []
    case .inferRequest:
      return peer?.judge(frames, .inferRequest, .infer, request, padding: terms.padding) ?? []
    case .close: return peer?.judge(frames, .close, .zeroize, [0x80]) ?? []
    case .sealedAbort:
      let content = referee.decided?.code.map { Abort(code: $0).encoded() }
      let phase = ClientState.allCases.first { "\($0)" == row.state }?.phase ?? .attest
      return peer?.judge(frames, .abort, phase, content) ?? []
    default: return ["\(message) was not asked for"]
    }
  }

  /// T0 as the last evidence makes it.
  var transcript: [UInt8] = []

  private func judgeSecrets(_ held: [String]) -> [String] {
    guard Self.judgesSecrets else { return [] }
    var complaints: [String] = []
    for (slot, material) in kept + crypto.switches.keys.map({ (Self.slot($0.use), $0.material) })
    where material.isDestroyed == held.contains(slot) {
      complaints.append("\(slot) is \(material.isDestroyed ? "already" : "not") destroyed")
    }
    return complaints
  }

  private static func slot(_ use: TestCryptography.KeyUse) -> String {
    switch use {
    case .record(.clientToEnclave): "sendKey"
    case .record(.enclaveToClient): "receiveKey"
    case .agreement, .receipt, .exporter: "nothing"
    }
  }
}
