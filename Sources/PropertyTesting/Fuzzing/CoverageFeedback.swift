/// How often one edge of the program was taken in an execution.
public struct EdgeHit: Equatable, Sendable {
  /// The edge's number, below the number of edges.
  public let edge: Int
  /// How often, at most 255.
  public let count: UInt8

  /// A hit of an edge.
  public init(edge: Int, count: UInt8) {
    self.edge = edge
    self.count = count
  }
}

/// The two sides of a comparison that the program made.
public struct ComparedOperands: Equatable, Sendable {
  /// One side.
  public let left: UInt64
  /// The other side.
  public let right: UInt64
  /// Bytes of each: 1, 2, 4 or 8.
  public let byteCount: Int

  /// The sides of a comparison.
  public init(left: UInt64, right: UInt64, byteCount: Int) {
    self.left = left
    self.right = right
    self.byteCount = byteCount
  }
}

/// What one execution did, as its instrumentation saw it.
public struct ExecutionTrace: Sendable {
  /// The edges that were taken, each once, in any order.
  public var hits: [EdgeHit] = []
  /// Comparisons of unequal sides, as many as the instrumentation keeps.
  public var comparisons: [ComparedOperands] = []

  /// A trace of nothing.
  public init() {}

  /// Forgets everything and keeps the memory.
  public mutating func removeAll() {
    hits.removeAll(keepingCapacity: true)
    comparisons.removeAll(keepingCapacity: true)
  }
}

/// Where a fuzz engine learns what an execution did.
///
/// The engine owns no instrumentation. A compiler's callbacks deliver through a type of the fuzz
/// executable's; a test or a toy may count by hand with ``ManualCoverage``.
public protocol CoverageFeedback: AnyObject {
  /// How many edges there are.
  var edgeCount: Int { get }
  /// Forgets the last execution and begins to record.
  func begin()
  /// Stops recording, so that the engine's own code leaves no trace.
  func end()
  /// Adds what was recorded between `begin` and `end`.
  func collect(into trace: inout ExecutionTrace)
}

/// Coverage that the program under test reports itself.
///
/// Not for use from several threads.
public final class ManualCoverage: CoverageFeedback {
  /// Comparisons kept of one execution.
  private static let maximumComparisons = 256

  private var counters: [UInt8]
  private var touched: [Int] = []
  private var comparisons: [ComparedOperands] = []
  private var isRecording = false

  /// Coverage of `edgeCount` edges.
  public init(edgeCount: Int) {
    precondition(edgeCount >= 0, "the number of edges is not negative")
    counters = [UInt8](repeating: 0, count: edgeCount)
  }

  /// How many edges there are.
  public var edgeCount: Int { counters.count }

  /// Forgets the last execution and begins to record.
  public func begin() {
    for edge in touched { counters[edge] = 0 }
    touched.removeAll(keepingCapacity: true)
    comparisons.removeAll(keepingCapacity: true)
    isRecording = true
  }

  /// Stops recording.
  public func end() { isRecording = false }

  /// Adds what was recorded.
  public func collect(into trace: inout ExecutionTrace) {
    for edge in touched { trace.hits.append(EdgeHit(edge: edge, count: counters[edge])) }
    trace.comparisons += comparisons
  }

  /// Says that an edge was taken.
  public func hit(_ edge: Int) {
    guard isRecording else { return }
    if counters[edge] == 0 { touched.append(edge) }
    if counters[edge] < .max { counters[edge] += 1 }
  }

  /// Whether two numbers are equal; the engine learns of both.
  public func areEqual<Number: FixedWidthInteger & UnsignedInteger>(
    _ left: Number, _ right: Number
  ) -> Bool {
    if isRecording, left != right, comparisons.count < Self.maximumComparisons {
      comparisons.append(
        ComparedOperands(
          left: UInt64(truncatingIfNeeded: left), right: UInt64(truncatingIfNeeded: right),
          byteCount: Number.bitWidth / 8))
    }
    return left == right
  }
}
