import EphemeralCrypto
import EphemeralModel
import EphemeralRuntime
import EphemeralSession
import EphemeralWire
import Foundation
import Glibc
import Testing

@testable import EphemeralClient

/// How a session ends.
enum ScannedEnding: String, CaseIterable, Sendable {
  case closed
  case abortedByClient
  case malformedRequest
  case clientGoneWhileAssembling
  case clientGoneBetween
  case clientGoneWhileInferring
  case hostGoneBetween
  case hostGoneWhileInferring
  case noMemoryToAdmit
  case noMemoryToInfer
  case lifeOver
  case terminated
}

/// The enclave's own memory, looked through by itself before and after it wipes.
@Suite("Memory scans")
struct MemoryScanTests {
  /// What a request brings or makes.
  private static let ofRequest: Set = ["input", "ids", "activation", "output"]
  /// What lies in arenas and secret bytes and nowhere else.
  private static let inArenas = ofRequest.union(["table", "constant"])

  @Test(
    "Nothing is left after a session, however it ends; everything was there before",
    arguments: ScannedEnding.allCases)
  func endings(_ ending: ScannedEnding) throws {
    try check(ending, ScannedWorld.Options())
  }

  @Test(
    "Nothing is left of a model that lives for one inference",
    arguments: [
      ScannedEnding.closed, .malformedRequest, .clientGoneWhileInferring, .noMemoryToInfer,
    ])
  func perInference(_ ending: ScannedEnding) throws {
    try check(ending, ScannedWorld.Options(lifetime: .perInference))
  }

  @Test(
    "Nothing is left of a model that the interpreter runs",
    arguments: [
      ScannedEnding.closed, .malformedRequest, .clientGoneWhileInferring, .noMemoryToInfer,
    ])
  func interpreted(_ ending: ScannedEnding) throws {
    try check(ending, ScannedWorld.Options(isInterpreted: true))
  }

  @Test("What cannot be scanned for, or where, is said in one line")
  func badOptions() throws {
    let folder = try TemporaryFolder()
    let canaries = folder.file("canaries")
    try FileAccess.write(
      Array(PlantedCanary(name: "a", bytes: Array(0..<16)).maskedLine.utf8), to: canaries)
    try FileAccess.write(Array("no canary\n".utf8), to: folder.file("wrong"))
    for (options, code, words) in [
      (["--scan-memory", canaries], 2, "go together"),
      (["--scan-report", folder.file("scans")], 2, "go together"),
      (["--scan-memory", folder.file("none"), "--scan-report", folder.file("scans")], 1, "read"),
      (
        ["--scan-memory", folder.file("wrong"), "--scan-report", folder.file("scans")], 1, "masked"
      ),
      (["--scan-memory", canaries, "--scan-report", folder.file("no/scans")], 1, "written"),
    ] {
      let run = try Run.toEnd(
        "ephml-enclave",
        ["serve", "--listen", "tcp://127.0.0.1:0", "--mock-root", folder.file("root")] + options,
        in: folder)
      #expect(run.exitCode == Int32(code), "\(options): \(run.errors)")
      #expect(try run.onlyError().contains(words), "\(run.errors)")
    }
  }

  private func check(_ ending: ScannedEnding, _ options: ScannedWorld.Options) throws {
    var options = options
    if ending == .noMemoryToAdmit { options.enclave = ["--memory", "\(20 << 20)"] }
    if ending == .lifeOver {
      options.lifetime = .session(maximumInferences: 8, maximumSeconds: 6)
    }
    let world = try ScannedWorld(options)
    try play(ending, in: world)
    // An enclave that is told to end waits for the sessions, not for what follows them.
    let after = try world.scan(at: ending == .terminated ? "stopped" : "over")
    for scan in try world.scans() { checkPlaces(scan) }
    #expect(after.found.isEmpty, "\(after.found)")
    #expect(after.bytes > 1 << 20)
    try checkBefore(ending, options, in: world)
  }

  /// Weights, inputs, activations and outputs are in secret memory and nowhere else, at any time; but
  /// a register that holds one may have been saved on a stack while somebody works.
  private func checkPlaces(_ scan: ScanReport) {
    for (name, places) in scan.found where Self.inArenas.contains(name) {
      #expect(
        places["secret"] != nil && Set(places.keys).isSubset(of: ["secret", "stack"]),
        "\(name) at \(scan.point): \(places)")
    }
  }

  /// What the scans before the wipe found.
  private func checkBefore(
    _ ending: ScannedEnding, _ options: ScannedWorld.Options, in world: ScannedWorld
  ) throws {
    if ending == .noMemoryToAdmit { return }
    // On a busy machine the peer may be gone before a worker has begun to open the chunk, or to infer.
    let points = try world.scans().map(\.point)
    if ending == .clientGoneWhileAssembling, !points.contains("opening") { return }
    let opening = try world.scan(at: "opening")
    #expect(opening.missing.isSuperset(of: Self.ofRequest))
    #expect(opening.missing.isDisjoint(with: ["name", "attribute", "blobKey", "table"]))
    if ending == .clientGoneWhileAssembling { return }
    let assembled = try world.scan(at: "assembled")
    let isKept = options.lifetime != .perInference
    // Between inferences either the key is there or the plaintext; the key goes with the assembler,
    // which may not have been let go of when the model is made.
    let gone: Set = isKept ? ["blobKey"] : ["table", "constant"]
    #expect(
      assembled.missing.union(["blobKey"]) == Self.ofRequest.union(gone).union(["blobKey"]))
    let hasAnswered = ![.malformedRequest, .noMemoryToInfer, .terminated].contains(ending)
    let isCutShort = [.clientGoneWhileInferring, .hostGoneWhileInferring].contains(ending)
    guard hasAnswered, !isCutShort || points.contains("inferring") else { return }
    let inferring = try world.scan(at: "inferring").missing
    let closed: Set = isKept ? ["blobKey"] : []
    if isCutShort {
      // The run ends between two tasks, perhaps before any result.
      #expect(inferring.isSuperset(of: closed))
      #expect(inferring.isSubset(of: closed.union(["activation", "output"])))
      return
    }
    #expect(inferring == closed)
    // The response is there, and the request until the wipe; what was between is not.
    #expect(try world.scan(at: "inferred").missing == gone.union(["activation"]))
  }

  /// The peer was gone in the first of these states; a busy machine may have come to a later one.
  private func expectGone(in states: [EnclaveState], _ world: ScannedWorld) {
    let found = world.states(at: .peerClosed)
    #expect(found.count == 1 && found.allSatisfy(states.contains), "\(found)")
  }

  /// Brings a session to its end.
  private func play(_ ending: ScannedEnding, in world: ScannedWorld) throws {
    let run = world.run
    switch ending {
    case .closed:
      try world.becomeReady()
      try world.askAndTake()
      run.finish()
      try world.wait { run.outcome != nil }
      #expect(run.outcome == .completed)
    case .abortedByClient:
      try world.becomeReady()
      try world.askAndTake()
      run.cancel()
      _ = try world.scan(at: "over")
      #expect(world.states(at: .sealedAbort) == [.ready])
    case .malformedRequest:
      try world.becomeReady()
      var request = try InferenceCoding.request(
        sequence: try #require(run.nextSequence), inputs: try world.model.inputs(rows: 2))
      request.truncate(to: request.count - 1)
      run.send(request)
      try world.wait { run.outcome != nil }
    case .clientGoneWhileAssembling:
      // The first chunk has come, and its opening takes as long as the scan that it ends with.
      try world.wait { !world.states(at: .weightChunk).isEmpty }
      try world.cutOff()
      _ = try world.scan(at: "over")
      expectGone(in: [.assembling, .finishing, .ready], world)
    case .clientGoneBetween:
      try world.becomeReady()
      try world.askAndTake()
      try world.cutOff()
      _ = try world.scan(at: "over")
      #expect(world.states(at: .peerClosed) == [.ready])
    case .clientGoneWhileInferring:
      try world.becomeReady()
      try world.ask()
      try world.waitForState(.inferring)
      try world.cutOff()
      _ = try world.scan(at: "over")
      expectGone(in: [.inferring, .ready], world)
    case .hostGoneBetween, .hostGoneWhileInferring:
      try world.becomeReady()
      if ending == .hostGoneBetween {
        try world.askAndTake()
      } else {
        try world.ask()
        try world.waitForState(.inferring)
      }
      kill(world.lobby.servers.host.processID, SIGKILL)
      _ = try world.scan(at: "over")
      expectGone(in: ending == .hostGoneBetween ? [.ready] : [.inferring, .ready], world)
    case .noMemoryToAdmit:
      try world.wait { run.outcome != nil }
      #expect(run.outcome == .aborted(.tooLarge, authenticated: true))
    case .noMemoryToInfer:
      try world.becomeReady()
      try world.ask(rows: 5000)
      try world.wait { run.outcome != nil }
      #expect(run.outcome == .aborted(.tooLarge, authenticated: true))
    case .lifeOver:
      try world.becomeReady()
      try world.askAndTake()
      try world.wait { run.outcome != nil }
      #expect(run.outcome == .aborted(.lifetimeEnded, authenticated: true))
    case .terminated:
      try world.becomeReady()
      kill(world.lobby.servers.enclave.processID, SIGTERM)
      try world.wait { run.outcome != nil }
    }
  }
}
