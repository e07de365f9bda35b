/// One decision of a generator: the unit of recording, replaying and shrinking.
///
/// Values are built from choices alone. So a shrinker that knows nothing of the values makes them
/// simpler by making the choices fewer and smaller, and what it finds is always something that the
/// generator can make.
public enum Choice: Hashable, Sendable {
  /// A number of `0 ... maximum`; 0 is the simplest.
  case integer(UInt64, maximum: UInt64)
  /// A string of at most `maximumCount` bytes; the shortest is the simplest, then zeros.
  case bytes([UInt8], maximumCount: Int)

  /// The simplest choice of the same kind.
  var simplest: Choice {
    switch self {
    case .integer(_, let maximum): return .integer(0, maximum: maximum)
    case .bytes(_, let maximum): return .bytes([], maximumCount: maximum)
    }
  }

  /// Bytes that the choice holds.
  var byteCount: Int {
    if case .bytes(let bytes, _) = self { return bytes.count }
    return 0
  }
}

/// A stretch of the choice sequence that one generator drew, so that it can go as a whole.
struct ChoiceSpan: Equatable, Sendable {
  /// What kind of generator drew it; equal labels may stand in for each other.
  let label: Int
  /// How many spans surround it.
  let depth: Int
  /// Which choices it covers.
  var range: Range<Int>
}

/// Compares choice sequences: fewer choices first, then fewer bytes, then smaller values in order.
///
/// A well-order, so that shrinking ends.
func isSimpler(_ left: [Choice], than right: [Choice]) -> Bool {
  if left.count != right.count { return left.count < right.count }
  let (leftBytes, rightBytes) = (total(left), total(right))
  if leftBytes != rightBytes { return leftBytes < rightBytes }
  for (a, b) in zip(left, right) {
    switch (a, b) {
    case (.integer(let x, _), .integer(let y, _)):
      if x != y { return x < y }
    case (.bytes(let x, _), .bytes(let y, _)):
      if x.count != y.count { return x.count < y.count }
      if x != y { return x.lexicographicallyPrecedes(y) }
    case (.integer, .bytes): return true
    case (.bytes, .integer): return false
    }
  }
  return false
}

private func total(_ choices: [Choice]) -> Int {
  choices.reduce(0) { $0 + $1.byteCount }
}
