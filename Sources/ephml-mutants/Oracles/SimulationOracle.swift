import EphemeralAttestation
import EphemeralCrypto
import EphemeralMock
import EphemeralModel
import EphemeralRuntime
import EphemeralSession
import EphemeralSimulation
import EphemeralWire
import SimulationSupport

/// The real drivers of enclave, host and client over a simulated network.
enum SimulationOracle {
  static let run: @Sendable () throws -> Void = {
    for lifetime in [LifetimePolicy.standard, .perInference] { try honest(lifetime) }
    try another()
    try flips()
    try push()
  }

  private static let input: [Float] = [1, -2, 0.5, 100]

  /// One enclave, one host, one model in its store.
  private final class Scene {
    let folder: TemporaryFolder
    let model: TinyModel
    let store: WeightStore
    let reactor = SimulatedReactor(seed: 5, unixSeconds: World.seconds)
    let memory = MemoryBudget(totalBytes: 1 << 30)
    let enclave: EnclaveServer
    let host: HostServer
    let address: Address
    let lines = Lines()
    var bytes: [UInt8] = []

    final class Lines {
      var all: [AuditRole: [[UInt8]]] = [:]
      func text(_ role: AuditRole) -> [UInt8] {
        Array((all[role] ?? []).map { $0 + [0x0a] }.joined())
      }
    }

    init(lifetime: LifetimePolicy = .standard) throws {
      guard let world = World.shared else { throw Finding("there is no mock device") }
      folder = try TemporaryFolder()
      model = try TinyModel(scale: 3, shift: -1, lifetime: lifetime, chunkBytes: 16 << 10)
      store = try WeightStore(directory: folder.path + "/store")
      let upload = try store.beginUpload(
        of: model.name, byteCount: model.blob.count, nowSeconds: World.seconds)
      try upload?.append(model.blob, at: 0)
      try upload?.finish()
      let lines = lines
      enclave = EnclaveServer(
        reactor: reactor, device: world.device, memory: memory,
        audit: AuditLog(role: .enclave) { lines.all[.enclave, default: []].append($0) },
        options: EnclaveServer.Options())
      let inner = try enclave.start(at: .tcp(.loopback, port: 0))
      host = HostServer(
        reactor: reactor, store: store,
        audit: AuditLog(role: .host) { lines.all[.host, default: []].append($0) },
        options: HostServer.Options(enclave: inner))
      address = try host.start(at: .tcp(.loopback, port: 0))
    }

    /// A whole session; the answers, and how it ended.
    func session(
      policy: MeasurementPolicy, inferences: UInt64
    ) throws -> (answers: [[Float]], outcome: SessionOutcome?) {
      let run = try ClientDriver(reactor: reactor, host: address).begin(model.key, policy: policy)
      var answers: [[Float]] = []
      try wait { !run.isReady && run.outcome == nil }
      for _ in 0..<inferences {
        guard let sequence = run.nextSequence, run.outcome == nil else { break }
        run.send(try TinyModel.request(sequence, input))
        try wait { !run.hasResult && run.outcome == nil }
        guard run.hasResult else { break }
        answers.append(try TinyModel.answer(try run.takeResult().response))
      }
      if run.outcome == nil {
        run.finish()
        try wait { run.outcome == nil }
      }
      let outcome = run.outcome
      try wait { !enclave.isIdle || !host.isIdle }
      try expect("memory that is still held", memory.usedBytes, 0)
      return (answers, outcome)
    }

    private func wait(while condition: () -> Bool) throws {
      var events = 0
      let isOver = reactor.run {
        events += 1
        return condition() && events < 100_000
      }
      try expect(isOver && !condition(), "the session does not come to its end")
    }

    func summary(_ role: AuditRole) -> AuditSummary { AuditVerifier.verify(lines.text(role)) }

    /// The enclave's log is whole, and its last word on a session is the wipe.
    func judgeLog() throws {
      for role in [AuditRole.enclave, .host] {
        try expect("the log of the \(role)", summary(role).fault, nil)
      }
      var last: [[UInt8]: LoggedEvent] = [:]
      for line in lines.all[.enclave] ?? [] {
        guard let record = AuditRecord(line: line), let session = record.session else { continue }
        try expect(last[session] != .wiped, "something follows a wipe")
        last[session] = record.event
      }
      try expect(last.values.allSatisfy { $0 == .wiped }, "a session was not wiped")
    }
  }

  private static var policy: MeasurementPolicy {
    get throws {
      guard let world = World.shared else { throw Finding("there is no mock device") }
      return world.policy
    }
  }

  private static func honest(_ lifetime: LifetimePolicy) throws {
    let scene = try Scene(lifetime: lifetime)
    var seen: [UInt8] = []
    var frames = 0
    scene.reactor.network.observe = { _, bytes in
      seen += bytes
      frames += 1
    }
    let (answers, outcome) = try scene.session(policy: try policy, inferences: 2)
    try expect("the end", outcome, .completed)
    let right = scene.model.expected(input)
    try expect("the answers", answers, [right, right])
    try scene.judgeLog()
    let summary = scene.summary(.enclave)
    try expect("inferences in the log", summary.counts[.inferred] ?? 0, 2)
    try expect("wipes in the log", summary.counts[.wiped] ?? 0, 1)
    try expect("ends in the log", summary.counts[.aborted] ?? 0, 0)
    let key = try scene.model.key.encoded()
    let secret = key.withSpan { span in span.indices.map { span[$0] } }
    try expect(!contains(seen, Array(secret.suffix(24))), "the topology's end passed the wire")
    try expect(!contains(seen, Array(secret.prefix(24))), "the topology's begin passed the wire")
  }

  private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    guard let first = part.first, bytes.count >= part.count else { return false }
    return bytes.indices.contains { start in
      bytes[start] == first && start + part.count <= bytes.count
        && part.indices.allSatisfy { bytes[start + $0] == part[$0] }
    }
  }

  /// An enclave of another image is refused before anything leaves.
  private static func another() throws {
    let scene = try Scene()
    let other = try MeasurementPolicy(
      measurements: [
        MeasurementPolicy.Pin(
          pcr0: [UInt8](repeating: 1, count: 48), pcr1: [UInt8](repeating: 1, count: 48),
          pcr2: [UInt8](repeating: 1, count: 48))
      ], roots: try policy.roots)
    let (answers, outcome) = try scene.session(policy: other, inferences: 1)
    try expect("another image", outcome, .failed(.evidenceRefused))
    try expect("answers", answers.count, 0)
    try scene.judgeLog()
  }

  /// One bit of what the host sees is another: the right answer or a named end.
  private static func flips() throws {
    for place in stride(from: 3, to: 40, by: 6) {
      let scene = try Scene()
      var piece = 0
      scene.reactor.network.interfere = { _, _, bytes in
        piece += 1
        guard piece == place, !bytes.isEmpty else { return .pieces([bytes]) }
        var changed = bytes
        changed[changed.count - 1] ^= 1
        return .pieces([changed])
      }
      let (answers, outcome) = try scene.session(policy: try policy, inferences: 1)
      let right = scene.model.expected(input)
      try expect(answers.allSatisfy { $0 == right }, "a wrong answer")
      if piece >= place { try expect(outcome != .completed, "a changed bit went unnoticed") }
      try expect(outcome?.code != .internalError, "the client blames itself")
      try scene.judgeLog()
    }
  }

  /// A blob that is changed on its way is not stored under its name.
  private static func push() throws {
    let scene = try Scene()
    let other = try TinyModel(scale: 1, shift: 1, chunkBytes: 16 << 10)
    try scene.folder.write(other.blob, to: "other.ephw")
    let client = ClientDriver(reactor: scene.reactor, host: scene.address)
    scene.reactor.network.interfere = { _, _, bytes in
      guard bytes.count > 1000 else { return .pieces([bytes]) }
      var changed = bytes
      changed[changed.count - 1] ^= 1
      return .pieces([changed])
    }
    _ = try? client.push(path: scene.folder.path + "/other.ephw")
    scene.reactor.network.interfere = nil
    var isStored = false
    if case .stored = try client.have(other.name) { isStored = true }
    try expect("a blob that was changed on its way is stored", isStored, false)
  }
}
