/// What has ever been seen of a program: features, how often each was, and which input owns it.
///
/// A feature is an edge together with the magnitude of its count, or a state that the target told
/// of. An input that shows a new feature is worth keeping; one that shows rare ones is worth
/// mutating.
struct FeatureMap {
  /// Magnitudes that are told apart: 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128 and more.
  static let bucketsPerEdge = 8
  /// Features for states that targets tell of; their hashes fall into so many places.
  static let noteFeatures = 1 << 14

  /// Executions in which each feature was seen, saturating.
  private(set) var frequencies: [UInt32]
  /// The features of the latest execution, each once.
  private(set) var seen: [Int] = []
  /// Edges ever taken.
  private(set) var coveredEdges = 0
  /// Features ever seen.
  private(set) var coveredFeatures = 0

  private let edgeCount: Int
  private var isEdgeCovered: [Bool]
  private var isOwned: [Bool]
  private var lastSeen: [UInt32]
  private var execution: UInt32 = 0

  init(edgeCount: Int) {
    self.edgeCount = edgeCount
    let count = edgeCount * Self.bucketsPerEdge + Self.noteFeatures
    frequencies = [UInt32](repeating: 0, count: count)
    lastSeen = [UInt32](repeating: 0, count: count)
    isOwned = [Bool](repeating: false, count: count)
    isEdgeCovered = [Bool](repeating: false, count: edgeCount)
  }

  /// The magnitude of a count that is not 0.
  static func bucket(of count: UInt8) -> Int {
    switch count {
    case 0, 1: 0
    case 2: 1
    case 3: 2
    case 4...7: 3
    case 8...15: 4
    case 16...31: 5
    case 32...127: 6
    default: 7
    }
  }

  /// Takes in the latest execution.
  mutating func record(_ trace: ExecutionTrace, notes: [UInt64]) {
    execution &+= 1
    // After 2^32 executions the stamps mean nothing any more.
    if execution == 0 {
      lastSeen = [UInt32](repeating: 0, count: lastSeen.count)
      execution = 1
    }
    seen.removeAll(keepingCapacity: true)
    if isBroken("harness-sees-no-coverage") { return }
    for hit in trace.hits where hit.edge < edgeCount && hit.count > 0 {
      if !isEdgeCovered[hit.edge] {
        isEdgeCovered[hit.edge] = true
        coveredEdges += 1
      }
      see(hit.edge * Self.bucketsPerEdge + Self.bucket(of: hit.count))
    }
    for note in notes {
      let place = Int(SeededRandom.mix(note) % UInt64(Self.noteFeatures))
      see(edgeCount * Self.bucketsPerEdge + place)
    }
  }

  private mutating func see(_ feature: Int) {
    guard lastSeen[feature] != execution else { return }
    lastSeen[feature] = execution
    if frequencies[feature] == 0 { coveredFeatures += 1 }
    if frequencies[feature] < .max { frequencies[feature] += 1 }
    seen.append(feature)
  }

  /// The latest execution's features that no kept input owns.
  var unowned: [Int] { seen.filter { !isOwned[$0] } }

  /// Says that a kept input shows these features.
  mutating func own(_ features: [Int]) { for feature in features { isOwned[feature] = true } }

  /// Whether the latest execution shows all of these features.
  func showsAll(_ features: [Int]) -> Bool {
    features.allSatisfy { lastSeen[$0] == execution }
  }

  /// How often the rarest of some features was seen.
  func rarest(of features: [Int]) -> UInt32 {
    features.reduce(.max) { min($0, frequencies[$1]) }
  }
}
