import EphemeralModel
import EphemeralRuntime
import EphemeralSession
import Foundation
import TestSupport
import Testing

@testable import EphemeralClient

/// Kill −9 of one of the three processes, at moments that a seed chooses, in all phases.
@Suite("Kill -9 at any moment")
struct KillTests {
  @Test(
    "The survivors say so in time, and the next session works without a restart of them",
    arguments: Victim.allCases)
  fileprivate func kill(_ victim: Victim) throws {
    let campaign = try KillCampaign(victim)
    try campaign.run()
  }

  @Test("A push that a kill interrupted goes on afterwards", arguments: [Victim.host, .client])
  fileprivate func killPush(_ victim: Victim) throws {
    let servers = try Servers(Servers.Options(comesBack: true))
    let folder = servers.folder
    let table = Table()
    try FileAccess.write(table.onnx, to: folder.file("table.onnx"))
    try FileAccess.write(NumPyFormat.encode(table.input), to: folder.file("x.npy"))
    var generator = SeededGenerator(seed: KillCampaign.seed)
    var interrupted = 0
    for round in 0..<8 {
      // Sealed under a new key, the same model is a new blob.
      let name = folder.file("m\(round)")
      let made = try Run.client("decompose", folder.file("table.onnx"), "--out", name, in: folder)
      try #require(made.exitCode == 0, "\(made.errors)")
      let push = ["push", "--host", servers.address, name + ".ephw", "--json"]
      let client = try Run.start("ephml-client", push, in: folder)
      usleep(UInt32.random(in: 0..<150_000, using: &generator))
      if victim == .host { servers.host.kill() } else { client.kill() }
      let end = Run.finish(client, patience: 10_000)
      if end.exitCode != 0 { interrupted += 1 }
      if victim == .host {
        #expect(end.exitCode == 0 || end.exitCode == 4, "round \(round): \(end.errors)")
        if end.exitCode == 4 { _ = try end.onlyError() }
        try servers.restartHost()
      }
      let again = try Run.toEnd("ephml-client", push, in: folder)
      try #require(again.exitCode == 0, "round \(round): \(again.errors)")
      let run = try Run.toEnd(
        "ephml-client",
        servers.inferArguments(
          topology: name + ".ephk", input: "x=" + folder.file("x.npy"),
          ["--output", folder.file("out")]), in: folder)
      try #require(run.exitCode == 0, "round \(round): \(run.errors)")
      let output = try NumPyFormat.decode(
        try FileAccess.read(folder.file("out/y.npy"), maximum: 1 << 20))
      #expect(output.floats == table.answer, "round \(round)")
    }
    #expect(interrupted > 0)
  }
}

/// A big model that is quick to make and to check: rows looked up in a table of 8 MiB.
private struct Table {
  private static let columns = 16
  private static let rows = 1 << 17
  /// The table's rows repeat after these.
  private let block: [[Float]]
  private let indices = [0, 1, 77, 4095, 70_000, rows - 1]

  init() {
    var generator = SeededGenerator(seed: 3)
    block = (0..<61).map { _ in (0..<Self.columns).map { _ in generator.unit() } }
  }

  var onnx: [UInt8] {
    let pieces = block.map(ONNX.bytes)
    var bytes: [UInt8] = []
    for row in 0..<Self.rows { bytes += pieces[row % pieces.count] }
    return ONNX.model(
      graph: ONNX.graph(
        nodes: [ONNX.node("Gather", ["w", "x"], ["y"])],
        initializers: [
          ONNX.tensor("w", shape: [Self.rows, Self.columns]) { $0.field(9, bytes: bytes) }
        ],
        inputs: [ONNX.value("x", type: 7, shape: [nil])],
        outputs: [ONNX.value("y", shape: [nil, Self.columns])]))
  }

  var input: TensorValue {
    let bytes = indices.flatMap { index in
      (0..<8).map { UInt8(truncatingIfNeeded: index >> (8 * $0)) }
    }
    guard let value = TensorValue(elementType: .int64, shape: [indices.count], bytes: bytes) else {
      preconditionFailure("eight bytes a number")
    }
    return value
  }

  var answer: [Float] { indices.flatMap { block[$0 % block.count] } }
}

/// Which process dies.
private enum Victim: String, CaseIterable {
  case enclave, host, client
}

/// Many sessions with one model, in each of which one process is killed.
private final class KillCampaign {
  /// Kills that must hit a living session.
  private static let kills = 50
  /// How long a survivor may take to say or notice that another is gone, in milliseconds.
  private static let patience = 10_000
  /// `EPHML_SEED`, or always the same.
  static let seed =
    ProcessInfo.processInfo.environment["EPHML_SEED"].flatMap { UInt64($0) } ?? 0x6b69_6c6c

  /// When to kill.
  private enum Plan {
    /// So long after the client's start.
    case delay(UInt64)
    /// So long after the enclave entered a phase.
    case phase(Phase, after: UInt64)
  }

  private let victim: Victim
  private let servers: Servers
  private let model = Perceptron(seed: 1, width: 64, depth: 32)
  private let answer: [Double]
  private var trace: EnclaveTrace
  private var honestNanoseconds: UInt64 = 0
  private var phaseNanoseconds: [Phase: UInt64] = [:]
  private var hits: [Phase: Int] = [:]
  private var sessions = 0

  init(_ victim: Victim) throws {
    self.victim = victim
    servers = try Servers(Servers.Options(comesBack: true))
    trace = EnclaveTrace(path: servers.trace)
    let input = model.input(seed: 2, rows: 8)
    answer = model.answer(input)
    let folder = servers.folder
    try FileAccess.write(model.onnx, to: folder.file("model.onnx"))
    try FileAccess.write(NumPyFormat.encode(input), to: folder.file("x.npy"))
    let made = try Run.client(
      "decompose", folder.file("model.onnx"), "--out", folder.file("model"), in: folder)
    try #require(made.exitCode == 0, "\(made.errors)")
    let pushed = try Run.client(
      "push", "--host", servers.address, folder.file("model.ephw"), in: folder)
    try #require(pushed.exitCode == 0, "\(pushed.errors)")
  }

  func run() throws {
    try measure()
    var landed = 0
    var round = 0
    while landed < Self.kills || leastHit.count < 2 {
      guard round < 5 * Self.kills else { break }
      let seed = Self.seed &+ UInt64(round)
      var generator = SeededGenerator(seed: seed)
      let plan = plan(round, &generator)
      if let phase = try strike(plan, "seed \(seed), \(victim), \(plan)") {
        landed += 1
        hits[phase, default: 0] += 1
      }
      round += 1
    }
    #expect(landed >= Self.kills && leastHit.count > 0, "\(landed) kills landed: \(hits)")
    let list = Phase.allCases.map { "\($0.name) \(hits[$0, default: 0])" }
    print("\(landed) kills of the \(victim) landed: " + list.joined(separator: ", "))
    try finish()
  }

  /// Two honest sessions; the second says how long things take.
  private func measure() throws {
    _ = try honest("before all kills")
    let began = Moment.now
    let report = try honest("before all kills").json()
    honestNanoseconds = Moment.now - began
    guard case .array(let phases)? = report["phases"] else { return }
    for (phase, entry) in zip(Phase.allCases, phases) {
      guard case .number(let text)? = entry["milliseconds"], let time = Double(text) else {
        continue
      }
      phaseNanoseconds[phase] = UInt64(time * 1e6)
    }
    try #require(phaseNanoseconds.count == Phase.allCases.count)
  }

  private var leastHit: (phase: Phase, count: Int) {
    var least = (phase: Phase.attest, count: Int.max)
    for phase in Phase.allCases where hits[phase, default: 0] < least.count {
      least = (phase, hits[phase, default: 0])
    }
    return least
  }

  private func plan(_ round: Int, _ generator: inout SeededGenerator) -> Plan {
    if round.isMultiple(of: 4) {
      return .delay(UInt64.random(in: 0..<honestNanoseconds, using: &generator))
    }
    let phase =
      round < Self.kills ? Phase.allCases[round % Phase.allCases.count] : leastHit.phase
    // What comes over the network arrives later than it is sent: aim at the phase's first half.
    let width = phase == .attest ? 0 : phaseNanoseconds[phase, default: 0] / 2
    return .phase(phase, after: UInt64.random(in: 0...width, using: &generator))
  }

  /// One session with a kill; returns the phase that it hit, or nil if it hit none.
  private func strike(_ plan: Plan, _ words: String) throws -> Phase? {
    trace.update()
    let previous = trace.lastConnection
    let began = Moment.now
    let client = try start("killed")
    switch plan {
    case .delay(let nanoseconds): Moment.sleep(until: began + nanoseconds)
    case .phase(let phase, let nanoseconds):
      _ = trace.wait(milliseconds: 2000) { trace in
        trace.steps[previous + 1, default: []].contains { $0.next.phase.rawValue >= phase.rawValue }
      }
      Moment.sleep(until: Moment.now + nanoseconds)
    }
    switch victim {
    case .enclave: servers.enclave.kill()
    case .host: servers.host.kill()
    case .client: client.kill()
    }
    let killed = Moment.now
    let end = Run.finish(client, patience: Self.patience)
    var hit: Phase?
    switch victim {
    case .enclave:
      trace.update()
      hit = trace.steps[previous + 1]?.last?.next.phase
      try servers.restartEnclave()
      trace = EnclaveTrace(path: servers.trace)
    case .host:
      hit = try phaseOfDeath(previous + 1, words)
      try servers.restartHost()
    case .client:
      if end.exitCode == nil { hit = try phaseOfDeath(previous + 1, words) }
    }
    if victim != .client {
      #expect(Moment.now - killed < UInt64(Self.patience) * 1_000_000, "\(words)")
      if end.exitCode == 0 {
        hit = nil
        try checkAnswer("killed", words)
      } else {
        #expect(end.exitCode == 4, "\(words): \(end.errors)")
        let line = try end.onlyError()
        #expect(line.contains(servers.address), "\(words): \(line)")
        #expect(end.output == "", "\(words)")
      }
    }
    _ = try honest(words)
    return hit
  }

  /// Waits until the enclave has wiped the session that died; returns in which phase it heard.
  private func phaseOfDeath(_ connection: Int, _ words: String) throws -> Phase? {
    let isGone = trace.wait(milliseconds: Self.patience) { trace in
      guard let steps = trace.steps[connection] else { return true }
      return steps.last?.next == .ended
    }
    #expect(isGone, "\(words): the enclave has not ended the session")
    guard let steps = trace.steps[connection] else { return nil }
    let death = steps.first { $0.message == .peerClosed }
    return death?.state.phase ?? .zeroize
  }

  private func start(_ folder: String) throws -> ChildProcess {
    try Run.start(
      "ephml-client",
      servers.inferArguments(
        topology: servers.folder.file("model.ephk"), input: "x=" + servers.folder.file("x.npy"),
        ["--output", servers.folder.file(folder), "--json"]), in: servers.folder)
  }

  /// A session that nothing disturbs.
  private func honest(_ words: String) throws -> ProgramRun {
    let run = Run.finish(try start("honest"))
    try #require(run.exitCode == 0, "after \(words): \(run.errors)")
    try checkAnswer("honest", words)
    sessions += 1
    return run
  }

  private func checkAnswer(_ folder: String, _ words: String) throws {
    let path = servers.folder.file(folder + "/y.npy")
    let output = try NumPyFormat.decode(try FileAccess.read(path, maximum: 1 << 20))
    #expect(output.isClose(to: answer), "\(words)")
    try FileManager.default.removeItem(atPath: path)
  }

  /// Both servers end in order, and both logs are whole: what a kill cut off aside, each session
  /// that the enclave began was wiped.
  private func finish() throws {
    #expect(servers.host.terminate() == 0)
    #expect(servers.enclave.terminate() == 0)
    for path in [servers.enclaveAudit, servers.hostAudit] {
      let run = try Run.client("audit", path, in: servers.folder)
      #expect(run.exitCode == 0, "\(run.errors)")
    }
    let log = try FileAccess.read(servers.enclaveAudit, maximum: 1 << 24)
    var begun: Set<String> = []
    var wiped: Set<String> = []
    for line in String(decoding: log, as: UTF8.self).split(separator: "\n") {
      let record = try JSONParser.parse(Array(line.utf8))
      guard case .string(let session)? = record["session"] else { continue }
      begun.insert(session)
      if record["event"] == .string("wiped") { wiped.insert(session) }
    }
    #expect(wiped.count >= sessions)
    if victim != .enclave { #expect(begun == wiped) }
  }
}
