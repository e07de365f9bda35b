import EphemeralCrypto
import EphemeralSession
import EphemeralWire

/// The enclave's machine with a stand-in for client, device and engine, real cryptography between
/// them.
package final class EnclaveBench: Bench {
  package static let role = ProtocolTable.Role.enclave

  let crypto = TestCryptography()
  let limits: EnclaveLimits
  let admission: TopologyAdmission<[UInt8]>
  var machine: EnclaveSession<TestCryptography>
  var referee = Referee()
  var moments: Moments
  let seeds: [(slot: String, material: SecretMaterial)]
  let keyPublic: [UInt8]
  let receiptKey: SecretMaterial
  let receiptPublic: [UInt8]
  /// T1 and T2, once they are known.
  var offer: [UInt8] = []
  var keys: [UInt8] = []
  var exporter: SecretMaterial?
  var peer: RecordPeer?
  var document = Samples.document
  var weights: WeightModel
  var inferences: UInt64 = 0
  var topology: [UInt8] = []
  var request: [UInt8] = []
  var response: [UInt8] = []
  var pieces: PieceMaker
  /// What the machine must keep, by slot, and what it must not.
  var keptContent: [(slot: String, material: SecretMaterial)] = []
  var passing: [SecretMaterial] = []

  package var stateName: String { "\(machine.state)" }

  package init(_ dice: Dice, aim: TableRow?) throws {
    let bounds: [UInt64] = [200_000, 262_145, 600_000]
    var bound = try Self.pick(bounds, dice)
    if let aim, aim.guardName == "oversize" || aim.guardName == "more" {
      let isFirst = aim.state == "ready" || aim.state == "keyed"
      bound = aim.guardName == "oversize" && isFirst ? 200_000 : 262_145
    } else if aim?.state == "gathering" || aim?.state == "collecting" {
      bound = try Self.pick([262_145, 600_000], dice)
    }
    limits = EnclaveLimits(
      maxTopologyBytes: bound, maxRequestBytes: bound, maxWeightBytes: 1 << 20,
      maxSessionSeconds: try Self.pick([3600, 1000], dice))
    admission = try Self.admission(dice, aim)
    let window = try Self.pick([4, 2, 16] as [UInt64], dice)
    weights = WeightModel(count: admission.chunkCount, window: window)
    let base = crypto.base
    keyPublic = try base.makeKeyPair(seed: Samples.seed(1)).publicKey
    (receiptKey, receiptPublic) = try base.makeReceiptKey(seed: Samples.seed(2))
    let keySeed = try Samples.seed(1)
    let receiptSeed = try Samples.seed(2)
    seeds = [("keySeed", keySeed), ("receiptSeed", receiptSeed)]
    moments = Moments(lifeSeconds: limits.maxSessionSeconds)
    pieces = PieceMaker(maximum: bound)
    machine = EnclaveSession(
      configuration: EnclaveConfiguration(crypto: crypto, limits: limits, weightWindow: window),
      secrets: EnclaveSecrets(
        sessionID: Samples.sessionID, keySeed: keySeed, receiptSeed: receiptSeed),
      at: Samples.start)
  }

  /// Draws what the driver finds in the topology; what a row cannot do without is given.
  private static func admission(
    _ dice: Dice, _ aim: TableRow?
  ) throws -> TopologyAdmission<[UInt8]> {
    var lifetime = try pick(
      [
        TopologyAdmission<[UInt8]>.Lifetime.session, .perInference(keepsSealedCopy: true),
        .perInference(keepsSealedCopy: false),
      ], dice)
    var inferences: UInt64 = try pick([10, 10, 1, 0], dice)
    let chunks: UInt64 = try pick([1, 2, 3, 5, 9], dice)
    if aim?.state == "refetching" || aim?.guardName == "refetch" {
      lifetime = .perInference(keepsSealedCopy: false)
    } else if aim?.guardName == "complete" || aim?.guardName == "session" {
      lifetime = .session
    } else if aim?.guardName == "perInference" {
      lifetime = .perInference(keepsSealedCopy: try dice(2) == 0)
    }
    if let aim {
      inferences = aim.guardName == "exhausted" ? try pick([0, 1], dice) : max(inferences, 3)
    }
    var admission = Samples.admission(chunks: chunks, lifetime: lifetime, inferences: inferences)
    admission.maximumSeconds = try pick([3600, 900], dice)
    admission.padding = try pick([.powerOfTwo, .fixed(5000)], dice)
    return admission
  }

  package func play(
    _ row: TableRow, _ table: ProtocolTable, _ dice: Dice
  ) throws -> [String]? {
    let phase = Self.phaseSeconds(table.state(row.state)?.timer)
    guard let time = try moments.moment(row.guardName, phaseSeconds: phase, dice),
      let stimulus = try stimulus(for: row, dice)
    else { return nil }
    let actions: [EnclaveAction<TestCryptography>]
    if let content = stimulus.content {
      remember(content, row)
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
    if row.message == "close" { expected.ending = .completed }
    var complaints: [String] = []
    if "\(stimulus.input.message)" != row.message {
      complaints.append("\(stimulus.input.message) was classified, not \(row.message)")
    }
    complaints += referee.judge(step, row, expected, table)
    complaints += judge(actions, row)
    complaints += judgeSecrets(table.state(row.next)?.held ?? [])
    return complaints
  }

  static func phaseSeconds(_ timer: String?) -> UInt64? {
    switch timer {
    case "halfOpen": 5
    case "topology", "admission": 30
    case "request": 60
    case "assembly", "inference": 600
    default: nil
    }
  }

  /// Notes which content a message begins; every other must be gone after the event.
  private func remember(_ content: SecretMaterial, _ row: TableRow) {
    let begins = row.guardName == "more" || row.next == "admitting" || row.next == "inferring"
    switch row.state {
    case "keyed" where begins: keptContent.append(("topology", content))
    case "ready" where begins || row.next == "refetching": keptContent.append(("request", content))
    default: passing.append(content)
    }
  }

  private func claim(_ name: String) -> String {
    typealias Claim = SessionClaim<TestCryptography>
    switch name {
    case "keysAccepted":
      return "\(Claim.keysAccepted(sessionID: Samples.sessionID, transcript: keys))"
    case "topologyReceived": return "\(Claim.topologyReceived(sessionID: Samples.sessionID))"
    case "assembled": return "\(Claim.assembled(modelHash: Samples.modelHash))"
    case "inferred":
      let claim = Claim.inferred(
        sequence: inferences &- 1, requestHash: SHA256.hash(request),
        responseHash: SHA256.hash(response))
      return "\(claim)"
    case "wiped": return "\(Claim.wiped)"
    default: return "unknown claim \(name)"
    }
  }

  private func judgeSecrets(_ held: [String]) -> [String] {
    guard Self.judgesSecrets else { return [] }
    var complaints: [String] = []
    let keys = crypto.switches.keys.map { (slot: Self.slot($0.use), material: $0.material) }
    for (slot, material) in seeds + keptContent + keys + passing.map({ ("a passing secret", $0) })
    where material.isDestroyed == (held.contains(slot) && isLatest(slot, material)) {
      complaints.append("\(slot) is \(material.isDestroyed ? "already" : "not") destroyed")
    }
    return complaints
  }

  /// Whether a kept content is the one of the present message and not of an earlier one.
  private func isLatest(_ slot: String, _ material: SecretMaterial) -> Bool {
    guard let last = keptContent.last(where: { $0.slot == slot }) else { return true }
    return last.material === material
  }

  private static func slot(_ use: TestCryptography.KeyUse) -> String {
    switch use {
    case .record(.clientToEnclave): "receiveKey"
    case .record(.enclaveToClient): "sendKey"
    case .agreement: "keyPrivate"
    case .receipt: "receiptKey"
    case .exporter: "nothing"
    }
  }
}

/// Which chunks are asked for when, from Spec/Protocol.md §8 and nothing else.
struct WeightModel {
  let count: UInt64
  let batch: UInt64
  private(set) var requested: UInt64 = 0
  private(set) var received: UInt64 = 0
  private(set) var opened: UInt64 = 0

  init(count: UInt64, window: UInt64) {
    self.count = count
    batch = window / 2
  }

  /// Begins anew, as each inference without a kept copy does.
  mutating func restart() { self = WeightModel(count: count, window: 2 * batch) }
  mutating func receive() { received += 1 }
  mutating func open() { opened += 1 }

  /// The payloads of the requests that are due.
  mutating func requests() -> [[UInt8]] {
    var payloads: [[UInt8]] = []
    while requested < count, requested - opened <= batch {
      let next = min(batch, count - requested)
      payloads.append(
        WeightRequest(blobID: BlobID(Samples.blobID), first: requested, count: next).encoded())
      requested += next
    }
    return payloads
  }
}
