/// A coverage-guided fuzzer: mutates inputs, keeps those that show something new, and mutates
/// those again that show what is rare.
///
/// It runs in the process and on the thread of its caller. Bounded by executions alone, equal seeds
/// give equal runs of a deterministic target. A target that traps takes the process with it: see
/// ``FuzzBlackBox`` and ``FuzzSupervisor``.
public final class FuzzEngine {
  /// Executions between two looks at the clock.
  private static let executionsPerLook: UInt64 = 64
  /// Comparisons kept of one execution.
  private static let operandsPerEntry = 128

  private let target: FuzzTarget
  private let coverage: any CoverageFeedback
  private let settings: FuzzSettings
  private let hooks: FuzzHooks
  private let mutator: ByteMutator
  private var random: SeededRandom
  private var map: FeatureMap
  private var corpus = FuzzCorpus()
  private var trace = ExecutionTrace()
  private var notes = FuzzNotes()
  private var executions: UInt64 = 0
  private var start: UInt64 = 0
  private var isOutOfTime = false

  /// An engine for a target.
  public init(
    _ target: FuzzTarget, coverage: any CoverageFeedback, settings: FuzzSettings = FuzzSettings(),
    hooks: FuzzHooks = FuzzHooks()
  ) {
    self.target = target
    self.coverage = coverage
    self.settings = settings
    self.hooks = hooks
    mutator = ByteMutator(
      maximumBytes: target.maximumBytes, operators: settings.operators,
      dictionary: target.dictionary.filter { !$0.isEmpty })
    random = SeededRandom(seed: isBroken("harness-ignores-fuzz-seed") ? 0 : settings.seed)
    map = FeatureMap(edgeCount: coverage.edgeCount)
  }

  /// Runs the inputs and then mutations of them until something is found or a bound is reached.
  ///
  /// An input longer than the target's maximum is cut.
  public func run(_ inputs: [[UInt8]]) -> FuzzReport {
    start = FuzzClock.nanoseconds()
    // Shorter ones first: what they show then belongs to them.
    let ordered = inputs.map { Array($0.prefix(target.maximumBytes)) }
    for input in [[]] + ordered.sorted(by: Self.isShorter) where mayGoOn {
      if let violation = execute(input) { return report(finding(input, violation)) }
      keepIfNew(input, parent: nil)
    }
    if corpus.entries.isEmpty || !settings.usesFeedback {
      for input in [[]] + ordered { keep(input, features: []) }
    }
    hooks.progress(statistics)
    var nextProgress = executions * 2 + 1
    while mayGoOn {
      let parent = corpus.choose(map, &random)
      let entry = corpus.entries[parent]
      let input = mutator.mutate(
        entry.bytes, operands: entry.operands, other: corpus.any(&random), &random)
      if let violation = execute(input) { return report(finding(input, violation)) }
      if settings.usesFeedback { keepIfNew(input, parent: parent) }
      if executions >= nextProgress {
        hooks.progress(statistics)
        nextProgress = executions * 2
      }
    }
    return report(nil)
  }

  /// The inputs of a corpus without those that show nothing that shorter ones do not; an input that
  /// breaks a requirement is left out.
  public func minimise(_ inputs: [[UInt8]]) -> [[UInt8]] {
    var kept: [[UInt8]] = []
    for input in inputs.sorted(by: Self.isShorter) where execute(input) == nil {
      let fresh = map.unowned
      if fresh.isEmpty { continue }
      map.own(fresh)
      kept.append(input)
    }
    return kept
  }

  /// The figures so far.
  public var statistics: FuzzStatistics {
    var statistics = FuzzStatistics()
    statistics.executions = executions
    statistics.edges = map.coveredEdges
    statistics.features = map.coveredFeatures
    statistics.corpusInputs = corpus.entries.count
    statistics.corpusBytes = corpus.byteCount
    statistics.nanoseconds = FuzzClock.nanoseconds() &- start
    return statistics
  }

  private static func isShorter(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count != right.count
      ? left.count < right.count : left.lexicographicallyPrecedes(right)
  }

  private var mayGoOn: Bool {
    guard executions < settings.maximumExecutions, !isOutOfTime else { return false }
    if let seconds = settings.maximumSeconds, executions % Self.executionsPerLook == 0 {
      isOutOfTime = FuzzClock.nanoseconds() &- start >= seconds.multipliedOrMax(1_000_000_000)
    }
    return !isOutOfTime
  }

  private func execute(_ input: [UInt8]) -> Violation? {
    executions += 1
    hooks.willRun(input)
    notes.removeAll()
    var violation: Violation?
    coverage.begin()
    do throws(Violation) { try target.body(input, &notes) } catch { violation = error }
    coverage.end()
    hooks.didRun()
    trace.removeAll()
    coverage.collect(into: &trace)
    map.record(trace, notes: notes.states)
    return violation
  }

  /// Keeps the input of the latest execution where it shows something new, made as short as it can
  /// be; or lets it take the place of its parent where it is shorter and shows all that that does.
  private func keepIfNew(_ input: [UInt8], parent: Int?) {
    let fresh = map.unowned
    if fresh.isEmpty {
      guard let parent else { return }
      let entry = corpus.entries[parent]
      if input.count < entry.bytes.count, !entry.features.isEmpty, map.showsAll(entry.features) {
        corpus.replace(at: parent, bytes: input, operands: operands)
      }
      return
    }
    let attempts = input.count > 1 ? settings.trimmingExecutions : 0
    var found = operands
    let trimmed = ByteReducer.reduce(input, attempts: attempts, simplifiesBytes: false) {
      candidate in
      guard executions < settings.maximumExecutions, execute(candidate) == nil,
        map.showsAll(fresh)
      else { return false }
      found = operands
      return true
    }
    map.own(fresh)
    keep(trimmed, features: fresh, operands: found)
  }

  private func keep(_ input: [UInt8], features: [Int], operands: [ComparedOperands] = []) {
    corpus.add(FuzzCorpus.Entry(bytes: input, features: features, operands: operands))
    hooks.didKeep(input)
  }

  private var operands: [ComparedOperands] {
    Array(trace.comparisons.suffix(Self.operandsPerEntry))
  }

  private func finding(_ input: [UInt8], _ violation: Violation) -> FuzzFinding {
    let shrunk = ByteReducer.reduce(
      input, attempts: settings.shrinkingExecutions, simplifiesBytes: true
    ) { candidate in
      guard let other = execute(candidate) else { return false }
      return other.kind == violation.kind
    }
    return FuzzFinding(input: input, shrunk: shrunk, violation: violation)
  }

  private func report(_ finding: FuzzFinding?) -> FuzzReport {
    FuzzReport(finding: finding, statistics: statistics, corpus: corpus.entries.map(\.bytes))
  }
}

extension UInt64 {
  /// The product, or the largest number where it is larger.
  func multipliedOrMax(_ other: UInt64) -> UInt64 {
    let (product, overflows) = multipliedReportingOverflow(by: other)
    return overflows ? .max : product
  }
}
