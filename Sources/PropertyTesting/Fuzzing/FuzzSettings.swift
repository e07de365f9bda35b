/// How a fuzz engine runs.
public struct FuzzSettings: Sendable {
  /// Equal seeds give equal runs, as far as executions bound them and not time.
  public var seed: UInt64 = 1
  /// The most executions.
  public var maximumExecutions: UInt64 = .max
  /// The longest run, in seconds; nil for no bound.
  public var maximumSeconds: UInt64?
  /// The operators that mutate inputs.
  public var operators = MutationOperator.allCases
  /// Whether coverage decides what is kept; without it the engine only mutates the seeds. To
  /// measure what feedback gains.
  public var usesFeedback = true
  /// Executions that making one kept input shorter may take.
  public var trimmingExecutions = 64
  /// Executions that making a finding simpler may take.
  public var shrinkingExecutions = 4096

  /// The usual.
  public init() {}
}

/// What the engine tells while it runs, and where its inputs go before they run.
public struct FuzzHooks {
  /// Called before each execution with its input: the place to make the input survive a trap.
  public var willRun: ([UInt8]) -> Void = { _ in }
  /// Called after each execution that came back.
  public var didRun: () -> Void = {}
  /// Called with each input that the corpus keeps.
  public var didKeep: ([UInt8]) -> Void = { _ in }
  /// Called now and then.
  public var progress: (FuzzStatistics) -> Void = { _ in }

  /// Hooks that do nothing.
  public init() {}
}

/// The figures of a run so far.
public struct FuzzStatistics: Equatable, Sendable {
  /// Executions, those for trimming and shrinking included.
  public var executions: UInt64 = 0
  /// Edges of the program that were ever taken.
  public var edges = 0
  /// Edges and magnitudes, and states, that were ever seen.
  public var features = 0
  /// Kept inputs.
  public var corpusInputs = 0
  /// Bytes of the kept inputs.
  public var corpusBytes = 0
  /// Nanoseconds since the run began.
  public var nanoseconds: UInt64 = 0

  /// No figures.
  public init() {}

  /// Executions in a second.
  public var executionsPerSecond: UInt64 {
    let (product, overflows) = executions.multipliedReportingOverflow(by: 1_000_000_000)
    return overflows || nanoseconds == 0 ? 0 : product / nanoseconds
  }

  /// The figures on one line, for people.
  public var line: String {
    "executions \(executions)  edges \(edges)  features \(features)  "
      + "corpus \(corpusInputs) (\(corpusBytes) bytes)  \(executionsPerSecond)/s"
  }

  /// The figures as one JSON object, for programs; names are letters, digits and hyphens.
  public func json(target: String) -> String {
    "{\"target\":\"\(target)\",\"executions\":\(executions),\"edges\":\(edges),"
      + "\"features\":\(features),\"corpusInputs\":\(corpusInputs),"
      + "\"corpusBytes\":\(corpusBytes),\"nanoseconds\":\(nanoseconds),"
      + "\"executionsPerSecond\":\(executionsPerSecond)}"
  }
}

/// An input that broke a requirement.
public struct FuzzFinding: Sendable {
  /// The input as it was found.
  public let input: [UInt8]
  /// The simplest input with the same violation that was found.
  public let shrunk: [UInt8]
  /// What does not hold.
  public let violation: Violation
}

/// How a run ended.
public struct FuzzReport: Sendable {
  /// What broke a requirement, if anything did; the run ends there.
  public let finding: FuzzFinding?
  /// The figures at the end.
  public let statistics: FuzzStatistics
  /// The kept inputs.
  public let corpus: [[UInt8]]
}
