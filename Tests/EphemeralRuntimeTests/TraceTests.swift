import Foundation
import SimulationSupport
import Testing

@testable import EphemeralRuntime

#if Mock
  import EphemeralAttestation
  import EphemeralSimulation
#endif

@Suite("Trace files")
struct TraceFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var path: String { folder.path + "/trace" }

  private func transition(_ sequence: UInt64) -> TracedTransition {
    TracedTransition(
      session: "00112233445566ff", sequence: sequence, role: .enclave, row: "ready-close-always",
      hello: String(repeating: "a", count: 32), received: "sealed:00", sent: ["sealed:11"],
      claims: [
        TracedTransition.Claim(
          name: "inferred", number: 3,
          digests: [TracedTransition.Digest(name: "request", value: "22")])
      ], wiped: ["receiveKey", "driver"])
  }

  private func contents() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test("A transition is one line of JSON")
  func line() {
    #expect(
      transition(7).line
        == #"{"session":"00112233445566ff","sequence":7,"role":"enclave","#
        + #""row":"ready-close-always","digests":{"hello":"\#(String(repeating: "a", count: 32))","#
        + #""in":"sealed:00","out":["sealed:11"],"#
        + #""claims":{"inferred":{"number":3,"request":"22"}}},"wiped":["receiveKey","driver"]}"#)
  }

  @Test("Lines are on the disk at once, for the owner alone, and are added to")
  func appends() throws {
    do {
      let trace = try TransitionTrace(path: path) { _ in Issue.record("no warning is due") }
      trace.record(transition(0))
      #expect(try contents() == transition(0).line + "\n")
    }
    let trace = try TransitionTrace(path: path) { _ in Issue.record("no warning is due") }
    trace.record(transition(1))
    #expect(try contents() == transition(0).line + "\n" + transition(1).line + "\n")
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("A line that was cut short is taken off", arguments: [0, 1])
  func repairs(whole: Int) throws {
    let line = transition(0).line
    let lines = String(repeating: line + "\n", count: whole)
    try (lines + line.dropLast(20)).write(toFile: path, atomically: false, encoding: .utf8)
    try TransitionTrace(path: path) { _ in }.record(transition(1))
    #expect(try contents() == lines + transition(1).line + "\n")
  }

  @Test("What is no trace is refused and stays as it is", arguments: ["x", "{\"session\":1}\n"])
  func foreign(text: String) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    #expect(throws: TraceError.notATrace) { try TransitionTrace(path: path) { _ in } }
    #expect(try contents() == text)
  }

  @Test("A folder, a pipe and a link are refused without waiting")
  func kinds() throws {
    #expect(throws: TraceError.unusable) { try TransitionTrace(path: folder.path) { _ in } }
    #expect(unsafe mkfifo(path, 0o600) == 0)
    #expect(throws: TraceError.unusable) { try TransitionTrace(path: path) { _ in } }
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "elsewhere")
    #expect(throws: TraceError.unusable) { try TransitionTrace(path: link) { _ in } }
  }

  @Test("One process writes a trace at a time")
  func busy() throws {
    let first = try TransitionTrace(path: path) { _ in }
    #expect(throws: TraceError.busy) { try TransitionTrace(path: path) { _ in } }
    first.record(transition(0))
    #expect(try contents() == transition(0).line + "\n")
  }

  @Test("At its bound a trace ends with one warning, after whole lines")
  func bound() throws {
    var warnings: [String] = []
    let length = transition(0).line.utf8.count + 1
    let trace = try TransitionTrace(path: path, maximumBytes: 2 * length + 1) {
      warnings.append($0)
    }
    for number in 0..<5 { trace.record(transition(UInt64(number))) }
    #expect(try contents().split(separator: "\n").count == 2)
    #expect(
      warnings == ["warning: the trace has reached its bound; it ends here and is not complete"])
  }
}

#if Mock
  @Suite("Traced drivers")
  struct TracedDriverTests {
    /// What a session with two inferences tells, and one that only attests.
    private func traced(seed: UInt64) throws -> [TracedTransition] {
      var traced: [TracedTransition] = []
      let trace = TransitionTrace { traced.append($0) }
      let world = try SimulatedWorld(seed: seed, trace: trace)
      let model = try TinyModel(scale: 2, shift: 1)
      try world.put(model)
      let client = world.client
      client.trace = trace
      let run = try client.open(model.key, policy: world.policy)
      for _ in 0..<2 {
        let sequence = try #require(run.nextSequence)
        _ = try run.infer(TinyModel.request(sequence, [1, -2, 0.5, 100]))
      }
      _ = try run.close()
      _ = try client.attest(policy: world.policy)
      world.settle()
      return traced
    }

    @Test("Each role names its runs itself, numbers their lines from 0, and tells their ends")
    func runs() throws {
      let traced = try traced(seed: 11)
      for role in TracedTransition.Role.allCases {
        let own = traced.filter { $0.role == role }
        var names: [String] = []
        for line in own where !names.contains(line.session) { names.append(line.session) }
        #expect(names.count == 2)
        for name in names {
          let run = own.filter { $0.session == name }
          #expect(run.map(\.sequence) == (0..<UInt64(run.count)).map { $0 })
          #expect(run.allSatisfy { $0.hello != nil && $0.hello == run[0].hello })
        }
      }
      let hellos = Set(traced.compactMap(\.hello))
      #expect(hellos.count == 2)
      #expect(Set(traced.map(\.session)).count == 6)
      let ends = traced.filter {
        ["wiping-wiped-always", "reporting-wiped-always"].contains($0.row)
      }
      #expect(ends.count == 4 && ends.allSatisfy { $0.wiped.contains("driver") })
    }

    @Test("Nothing that was drawn at random is told, but for names that are public")
    func entropy() throws {
      let text = try traced(seed: 12).map(\.line).joined(separator: "\n")
      let named = text.replacing(#/"(session|sessionID)":"[0-9a-f]*"/#, with: "")
      #expect(named.utf8.count < text.utf8.count)
      // All that the simulation drew, seeds and nonces among it, in the order of drawing.
      let drawn = SimulatedReactor(seed: 12, unixSeconds: 0).entropy(count: 20_000)
      let digits = Hexadecimal.encode(drawn)
      var windows: Set<Substring> = []
      var start = digits.startIndex
      while let end = digits.index(start, offsetBy: 16, limitedBy: digits.endIndex) {
        windows.insert(digits[start..<end])
        start = digits.index(start, offsetBy: 2)
      }
      #expect(Self.occurs(windows, in: text), "the public names were drawn, too")
      #expect(!Self.occurs(windows, in: named))
    }

    private static func occurs(_ windows: Set<Substring>, in text: String) -> Bool {
      var start = text.startIndex
      while let end = text.index(start, offsetBy: 16, limitedBy: text.endIndex) {
        if windows.contains(text[start..<end]) { return true }
        start = text.index(after: start)
      }
      return false
    }
  }
#endif
