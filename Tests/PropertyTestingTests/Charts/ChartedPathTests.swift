import Foundation
import PropertyTesting
import Testing

/// Charts of the explorer's counterexamples; the system is the example of the documentation page
/// `Exploring`.
@Suite("Charts of counterexamples")
struct ChartedPathTests {
  // EXAMPLE BEGINS
  /// A clerk pays a customer's cheque out, and again where the customer shows it twice.
  struct Bank: ExplorableSystem {
    struct State {
      var isShown = false
      var payments: UInt64 = 0
    }

    enum Step: ChartedStep {
      case shows, pays

      var chartedEvents: [ChartedEvent] {
        switch self {
        case .shows:
          [ChartedEvent(participant: "customer", kind: .sends, peer: "clerk", label: "cheque")]
        case .pays:
          [ChartedEvent(participant: "customer", kind: .receives, peer: "clerk", label: "money")]
        }
      }
    }

    func initialStates() -> [State] { [State()] }

    func successors(
      of state: State, counting counters: inout ExplorationCounters,
      _ visit: (Step, consuming State) -> Void
    ) {
      if state.isShown {
        counters.bump(0)
        visit(.pays, State(isShown: false, payments: state.payments + 1))
      } else if state.payments < 3 {
        visit(.shows, State(isShown: true, payments: state.payments))
      }
    }

    func fingerprint(of state: State) -> Fingerprint {
      Fingerprint(of: state.isShown ? 1 : 0, state.payments)
    }

    var counterNames: [String] { ["payments"] }
    var invariants: [Invariant<State>] { [Invariant("paid once") { $0.payments < 2 }] }
    var sometimes: [Sometimes<State>] { [Sometimes("paid") { $0.payments > 0 }] }
    var fairnessClasses: [String] { ["clerk"] }
    func fairnessClass(of step: Step) -> Int? { step == .pays ? 0 : nil }
    var liveness: [Liveness<State>] {
      [
        .leadsTo(
          "who asks is paid", underFairness: ["clerk"], from: { $0.isShown },
          to: { !$0.isShown })
      ]
    }
  }

  func chartOfTheBank() throws -> String {
    let result = try explore(Bank(), ExplorationOptions(stopsAtViolation: false))
    guard let path = result.verdict(on: "paid once")?.path else { return "holds" }
    let chart = SequenceChart(
      of: path, title: "paid once", participants: ["customer", "clerk"],
      states: { [nil, "\($0.payments) paid"] })
    return chart.text()
  }
  // EXAMPLE ENDS

  private static let expected = """
    paid once

            customer        clerk
                │         [0 paid]
         1      ├── cheque ──►│
         2      │◄── money ───┤
                │         [1 paid]
         3      ├── cheque ──►│
    ✗    4      │◄── money ───┤
                │         [2 paid]

    """

  @Test("A counterexample becomes a chart")
  func chart() throws {
    let drawn = try chartOfTheBank()
    #expect(drawn == Self.expected)
    let result = try explore(Bank(), ExplorationOptions(stopsAtViolation: false))
    #expect(result.verdict(on: "paid")?.path?.moves.count == 2)
    #expect(result.verdict(on: "who asks is paid")?.holds == true)
    #expect(result.counters["payments"] == 3)
    #expect(
      result.verdict(on: "paid once")?.description.hasPrefix("BROKEN: paid once\n  0  State")
        == true)
  }

  @Test("The documentation page shows this very example and this very chart")
  func page() throws {
    let here = URL(fileURLWithPath: #filePath)
    let own = try String(contentsOf: here, encoding: .utf8)
    let lines = own.split(separator: "\n", omittingEmptySubsequences: false)
    let begin = try #require(lines.firstIndex { $0.hasSuffix("// EXAMPLE BEGINS") })
    let end = try #require(lines.firstIndex { $0.hasSuffix("// EXAMPLE ENDS") })
    // The page has the example without the indent of the suite around it.
    let example = lines[(begin + 1)..<end].map { $0.dropFirst(2) }.joined(separator: "\n")
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(
      contentsOf: root.appendingPathComponent(
        "Sources/PropertyTesting/PropertyTesting.docc/Exploring.md"), encoding: .utf8)
    #expect(example.count > 1000)
    #expect(page.contains("```swift\nimport PropertyTesting\n\n\(example)\n```\n"))
    #expect(page.contains("```\n\(Self.expected)```\n"))
  }

  @Test("A lasso's chart says where it turns back")
  func lasso() throws {
    let path = ExploredPath<Bank>(
      initial: Bank.State(),
      moves: [
        (.shows, Bank.State(isShown: true)), (.pays, Bank.State(payments: 1)),
        (.shows, Bank.State(isShown: true)),
      ], cycleStart: 1)
    let chart = SequenceChart(of: path, participants: [])
    #expect(chart.participants == ["customer", "clerk"])
    #expect(chart.rows.filter(\.isHighlighted).isEmpty)
    #expect(
      chart.rows.map(\.event) == [
        .message(from: 0, to: 1, label: "cheque"), .note("from here on for ever"),
        .message(from: 1, to: 0, label: "money"), .message(from: 0, to: 1, label: "cheque"),
        .note("back to the state before step 2"),
      ])
    let listing = path.listing()
    #expect(listing.split(separator: "\n").map(String.init)[2] == "     from here on for ever:")
    #expect(path.listing(maximumMoves: 2).contains("… 1 steps left out"))
  }

  @Test(
    "Every kind of event finds its place",
    arguments: [
      (
        ChartedEvent(participant: "a", kind: .sends, peer: "b", label: "x"),
        SequenceChart.Event.message(from: 0, to: 1, label: "x")
      ),
      (
        ChartedEvent(participant: "b", kind: .loses, peer: "a", label: "x"),
        .lost(from: 1, to: 0, label: "x")
      ),
      (
        ChartedEvent(participant: "b", kind: .receives, peer: "a", label: "x"),
        .message(from: 0, to: 1, label: "x")
      ),
      (ChartedEvent(participant: "b", kind: .acts, label: "x"), .local(at: 1, label: "x")),
      (
        ChartedEvent(participant: "b", kind: .acts, peer: "a", label: "x"),
        .local(at: 1, label: "x")
      ),
    ])
  func events(event: ChartedEvent, drawn: SequenceChart.Event) {
    let path = ExploredPath<Single>(initial: 0, moves: [(Single.Step(event: event), 0)])
    let chart = SequenceChart(of: path, participants: ["a", "b"])
    #expect(chart.rows.map(\.event) == [drawn])
    #expect(chart.rows.last?.isHighlighted == true)
  }

  /// A system of one state, whose steps look like anything.
  private struct Single: ExplorableSystem {
    struct Step: ChartedStep, Equatable {
      let event: ChartedEvent
      var chartedEvents: [ChartedEvent] { [event] }
    }
    func initialStates() -> [Int] { [0] }
    func successors(
      of state: Int, counting counters: inout ExplorationCounters,
      _ visit: (Step, consuming Int) -> Void
    ) {}
    func fingerprint(of state: Int) -> Fingerprint { .zero }
  }
}
