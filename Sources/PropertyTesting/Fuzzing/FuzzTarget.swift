/// What a fuzz target tells the engine beside its coverage.
public struct FuzzNotes: Sendable {
  /// States kept of one execution.
  static let maximumStates = 1024

  private(set) var states: [UInt64] = []
  private var digest: UInt64 = 0

  /// No notes.
  public init() {}

  /// Tells of a state that was reached; inputs that reach a new one are kept.
  ///
  /// For what edges do not show, such as the pair of two machines' states.
  public mutating func state(_ parts: UInt64...) {
    guard states.count < Self.maximumStates else { return }
    states.append(parts.reduce(0x9e37_79b9) { SeededRandom.mix($0, $1) })
  }

  /// Uses a result, so that the optimiser cannot take the work away that made it.
  public mutating func use(_ value: some BinaryInteger) {
    digest = digest &* 31 &+ UInt64(truncatingIfNeeded: value)
  }

  /// What `use` was given, mixed.
  public var used: UInt64 { digest }

  mutating func removeAll() {
    states.removeAll(keepingCapacity: true)
    digest = 0
  }
}

/// An input that a target's corpus begins with.
public struct FuzzSeed: Equatable, Sendable {
  /// Its name, for a file: letters, digits and hyphens.
  public let name: String
  /// The input.
  public let bytes: [UInt8]

  /// A named input.
  public init(_ name: String, _ bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }
}

/// A piece of a program to be fuzzed: a function of bytes that must hold whatever they are.
public struct FuzzTarget: Sendable {
  /// Its name: letters, digits and hyphens.
  public let name: String
  /// What it checks, in one line.
  public let summary: String
  /// The longest input that is tried.
  public let maximumBytes: Int
  /// Words that inputs are likely to contain.
  public let dictionary: [[UInt8]]
  /// Inputs to begin with.
  public let seeds: @Sendable () throws -> [FuzzSeed]
  /// Runs one input; throws where a requirement does not hold. A trap counts as well.
  public let body: @Sendable ([UInt8], inout FuzzNotes) throws(Violation) -> Void

  /// Describes a target.
  public init(
    _ name: String, _ summary: String, maximumBytes: Int = 4096, dictionary: [[UInt8]] = [],
    seeds: @escaping @Sendable () throws -> [FuzzSeed] = { [] },
    body: @escaping @Sendable ([UInt8], inout FuzzNotes) throws(Violation) -> Void
  ) {
    self.name = name
    self.summary = summary
    self.maximumBytes = maximumBytes
    self.dictionary = dictionary
    self.seeds = seeds
    self.body = body
  }
}
