import Foundation
import PropertyTesting
import Testing

@Suite("Simulating")
struct SimulatingTests {
  @Test("a payment made twice is found, and shrunk to one duplicate and nothing else")
  func duplicate() {
    for seed in 1...5 as ClosedRange<UInt64> {
      let failure = falsified(seed: seed) { testCase in
        try testCase.requireConvergence(
          of: NaivePayments(), SimulationSettings(faults: [.duplicate, .delay, .slow]))
      }
      #expect(failure?.message.contains("violated: paid 2 times") == true)
      let plan = failure?.draws.first ?? ""
      #expect(plan.hasPrefix("faults: duplicate 1/"), "\(plan)")
      #expect(!plan.contains("delay") && !plan.contains("slow"), "\(plan)")
      let chart = failure?.draws.joined(separator: "\n") ?? ""
      #expect(chart.components(of: "duplicate: pay") == 1, "\(chart)")
    }
  }

  @Test("a lost message leaves a system stuck that does not ask again")
  func stuck() {
    let failure = falsified { testCase in
      try testCase.requireConvergence(
        of: NaivePayments(), SimulationSettings(faults: [.drop]))
    }
    #expect(failure?.message.contains("nothing more happens") == true)
  }

  @Test("replicas agree once the faults have ended, whatever they were")
  func heals() throws {
    let faults = SimulationFault.allCases.filter { ![.corrupt, .split, .merge].contains($0) }
    try check(
      name: "replicas agree", cases: 300,
      covering: faults.map { RequiredLabel("fault: \($0.rawValue)", share: 0.02) }
    ) { testCase in
      try testCase.requireConvergence(of: Replicas(), SimulationSettings(faults: faults))
    }
  }

  @Test("a stream of bytes arrives whole through every kind of fault")
  func stream() throws {
    try check(
      name: "a stream arrives", cases: 400,
      covering: SimulationFault.allCases.map {
        RequiredLabel("fault: \($0.rawValue)", share: 0.02)
      }
    ) { testCase in
      let report = try testCase.requireConvergence(of: Stream())
      try testCase.require(report.system.received == report.system.message)
      try testCase.require(report.system.closures <= report.count(of: .close))
    }
  }

  @Test("canary: a node that forgets its write in a crash is found, with one crash")
  func canary() {
    let failure = falsified { testCase in
      try testCase.requireConvergence(of: Replicas(forgets: true))
    }
    #expect(failure?.message.contains("lost its own write") == true)
    let plan = failure?.draws.first ?? ""
    #expect(plan.components(of: "crash at") == 1, "\(plan)")
    #expect(plan.components(of: " at ") == 1, "\(plan)")
  }

  @Test("two that never finish are a livelock, not a hang")
  func livelock() {
    let failure = falsified { testCase in
      try testCase.requireConvergence(
        of: Ball(),
        SimulationSettings(faults: [], convergenceTicks: 1_000_000, maximumEvents: 500))
    }
    #expect(failure?.message.contains("livelocked") == true)
  }

  @Test("what does not converge in time after the faults is stuck")
  func late() {
    let failure = falsified { testCase in
      try testCase.requireConvergence(
        of: Ball(), SimulationSettings(faults: [], faultTicks: 10, convergenceTicks: 50))
    }
    #expect(failure?.message.contains("not converged in time") == true)
  }

  @Test("equal seeds give equal traces, other seeds others")
  func deterministic() throws {
    func traces(_ seed: UInt64) throws -> [[SimulationTraceLine]] {
      var traces: [[SimulationTraceLine]] = []
      try check(name: "traces", cases: 20, seed: seed) { testCase in
        traces.append(try testCase.simulate(Stream()).trace)
      }
      return traces
    }
    let first = try traces(7)
    #expect(try traces(7) == first)
    #expect(try traces(8) != first)
  }

  @Test("links are first in, first out where no fault reorders")
  func order() throws {
    try check(name: "links keep their order", cases: 100) { testCase in
      let report = try testCase.simulate(
        Queue(), SimulationSettings(faults: [.delay, .slow]))
      try testCase.require(report.outcome == .converged, "\(report.outcome)")
    }
  }

  @Test("a fault that reorders is seen by who counts")
  func disorder() {
    let failure = falsified { testCase in
      try testCase.requireConvergence(of: Queue(), SimulationSettings(faults: [.reorder]))
    }
    #expect(failure?.message.contains("out of order") == true)
  }

  @Test("without faults nothing strikes, and virtual time is what latency makes it")
  func calm() throws {
    try check(name: "calm", cases: 50) { testCase in
      let report = try testCase.simulate(
        NaivePayments(),
        SimulationSettings(faults: [], minimumLatency: 3, maximumLatency: 3, faultTicks: 0))
      try testCase.require(report.outcome == .converged)
      try testCase.require(report.strikes.allSatisfy { $0.count == 0 })
      try testCase.require(report.ticks == 6, "\(report.ticks)")
    }
  }

  @Test("the documentation's example compiles, holds, and is what the page shows")
  func documentation() throws {
    try checkCounter()
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let example = try String(
      contentsOf: folder.appending(path: "SimulatingExample.swift"), encoding: .utf8)
    let page = try String(
      contentsOf: folder.appending(
        path: "../../../Sources/PropertyTesting/PropertyTesting.docc/Simulating.md"),
      encoding: .utf8)
    #expect(page.contains("```swift\n" + example + "```"))
  }

  /// Runs a property that is expected to fail.
  private func falsified(
    seed: UInt64 = 1, _ property: @escaping (inout TestCase) throws -> Void
  ) -> PropertyFailure? {
    do {
      try check(name: "a simulation that fails", cases: 500, seed: seed, property)
      return nil
    } catch {
      return error
    }
  }
}

extension String {
  /// How often a text occurs.
  fileprivate func components(of part: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: part) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
