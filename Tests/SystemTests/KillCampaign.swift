import EphemeralRuntime
import EphemeralSession
import Foundation
import Glibc
import Testing

@testable import EphemeralClient

/// Which process dies.
enum Victim: String, CaseIterable {
  case enclave, host, client
}

/// Many sessions with one model, in each of which one process is killed.
final class KillCampaign {
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
    /// So long after the host asked an enclave that does not answer yet: while it attests.
    case frozen(UInt64)

    var isFrozen: Bool { if case .frozen = self { true } else { false } }
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
    // Much of what a client counts as attestation is its own judgement, after the enclave's part.
    let width = phaseNanoseconds[phase, default: 0] / (phase == .attest ? 5 : 1)
    // What comes over the network arrives later than it is sent: aim at the phase's first half.
    let delay = UInt64.random(in: 0...width / 2, using: &generator)
    // The enclave is done attesting before it hears of another's end, unless it is held up.
    return phase == .attest && victim != .enclave ? .frozen(delay) : .phase(phase, after: delay)
  }

  /// Waits until the host has logged, behind `offset`, that it asks the enclave for evidence.
  private func awaitRequest(after offset: UInt64) throws {
    let log = try #require(FileHandle(forReadingAtPath: servers.hostAudit))
    defer { try? log.close() }
    for _ in 0..<2000 {
      try log.seek(toOffset: offset)
      let text = String(decoding: try log.readToEnd() ?? Data(), as: UTF8.self)
      if text.contains("\"evidenceAsked\"") { return }
      usleep(1000)
    }
  }

  /// One session with a kill; returns the phase that it hit, or nil if it hit none.
  private func strike(_ plan: Plan, _ words: String) throws -> Phase? {
    trace.update()
    let previous = trace.lastConnection
    let began = Moment.now
    if plan.isFrozen { kill(servers.enclave.processID, SIGSTOP) }
    let logged = try FileHandle(forReadingAtPath: servers.hostAudit)?.seekToEnd() ?? 0
    let client = try start("killed")
    switch plan {
    case .delay(let nanoseconds): Moment.sleep(until: began + nanoseconds)
    case .frozen(let nanoseconds):
      try awaitRequest(after: logged)
      Moment.sleep(until: Moment.now + nanoseconds)
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
    if plan.isFrozen {
      kill(servers.enclave.processID, SIGCONT)
      _ = trace.wait(milliseconds: 2000) { $0.steps[previous + 1] != nil }
    }
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
