import PropertyTesting

/// An arithmetic term.
private indirect enum Term: Sendable, CustomDebugStringConvertible {
  case number(Int)
  case sum(Term, Term)
  case quotient(Term, Term)

  static let generator = Generator<Term>.recursive(
    depth: 5, leaf: Generator<Int>.integer(in: -1000...1000).map { .number($0) }
  ) { smaller in
    .oneOf([
      Generator.tuple(smaller, smaller).map { .sum($0, $1) },
      Generator.tuple(smaller, smaller).map { .quotient($0, $1) },
    ])
  }

  var debugDescription: String {
    switch self {
    case .number(let value): "\(value)"
    case .sum(let left, let right): "(\(left.debugDescription) + \(right.debugDescription))"
    case .quotient(let left, let right): "(\(left.debugDescription) / \(right.debugDescription))"
    }
  }

  /// Whether some division's right side is the number 0 as written.
  var dividesByWrittenZero: Bool {
    switch self {
    case .number: false
    case .sum(let left, let right): left.dividesByWrittenZero || right.dividesByWrittenZero
    case .quotient(_, .number(0)): true
    case .quotient(let left, let right): left.dividesByWrittenZero || right.dividesByWrittenZero
    }
  }

  /// The value, or nil where something is divided by zero.
  var value: Int? {
    switch self {
    case .number(let value): return value
    case .sum(let left, let right):
      guard let left = left.value, let right = right.value else { return nil }
      return left &+ right
    case .quotient(let left, let right):
      guard let left = left.value, let right = right.value, right != 0 else { return nil }
      return left.dividedReportingOverflow(by: right).partialValue
    }
  }
}

/// A heap as a tree: no child is less than its parent.
private indirect enum Heap: Sendable, CustomDebugStringConvertible {
  case empty
  case node(Int, Heap, Heap)

  /// Values that only grow downwards: each adds to its parent's.
  static let generator = Generator<Heap>.recursive(depth: 6, leaf: .constant(.empty)) { smaller in
    Generator.tuple(.integer(in: 0...100), smaller, smaller).map { value, left, right in
      .node(value, left.raised(by: value), right.raised(by: value))
    }
  }

  var debugDescription: String {
    switch self {
    case .empty: "-"
    case .node(let value, .empty, .empty): "\(value)"
    case .node(let value, let left, let right):
      "(\(value) \(left.debugDescription) \(right.debugDescription))"
    }
  }

  private func raised(by amount: Int) -> Heap {
    guard case .node(let value, let left, let right) = self else { return .empty }
    return .node(value + amount, left.raised(by: amount), right.raised(by: amount))
  }

  var values: [Int] {
    guard case .node(let value, let left, let right) = self else { return [] }
    return [value] + left.values + right.values
  }

  /// Merges two heaps.
  static func merge(_ one: Heap, _ other: Heap) -> Heap {
    guard case .node(let value, let left, let right) = one else { return other }
    guard case .node(let otherValue, let otherLeft, let otherRight) = other else { return one }
    return value <= otherValue
      ? .node(value, merge(left, right), other)
      : .node(otherValue, one, merge(otherLeft, otherRight))
  }

  /// Sorted, as the buggy original would have it: it takes one element and reads the rest as they
  /// stand.
  var buggySorted: [Int] {
    guard case .node(let value, let left, let right) = self else { return [] }
    return [value] + Heap.merge(left, right).values
  }
}

/// A binary search tree whose removal forgets a subtree.
private indirect enum SearchTree {
  case empty
  case node(SearchTree, Int, SearchTree)

  var keys: [Int] {
    guard case .node(let left, let key, let right) = self else { return [] }
    return left.keys + [key] + right.keys
  }

  func inserting(_ new: Int) -> SearchTree {
    guard case .node(let left, let key, let right) = self else { return .node(.empty, new, .empty) }
    if new < key { return .node(left.inserting(new), key, right) }
    if new > key { return .node(left, key, right.inserting(new)) }
    return self
  }

  func removing(_ old: Int) -> SearchTree {
    guard case .node(let left, let key, let right) = self else { return .empty }
    if old < key { return .node(left.removing(old), key, right) }
    if old > key { return .node(left, key, right.removing(old)) }
    if case .empty = right { return left }
    return right
  }
}

/// Bugs in values inside values.
extension PlantedBug {
  static let nested: [PlantedBug] = [
    PlantedBug(
      "nested lists", .nestedStructure, ["lists = [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]"]
    ) { testCase in
      let lists = try testCase.draw(
        Generator<Int>.integer().array(count: 0...20).array(count: 0...20), as: "lists")
      try testCase.require(lists.joined().count <= 10)
    },
    PlantedBug("calculator", .nestedStructure, ["term = (0 / (0 + 0))"]) { testCase in
      let term = try testCase.draw(Term.generator, as: "term")
      try testCase.assume(!term.dividesByWrittenZero)
      try testCase.require(term.value != nil)
    },
    PlantedBug("binary heap", .nestedStructure, ["heap = (0 - (0 1 0))"]) { testCase in
      let heap = try testCase.draw(Heap.generator, as: "heap")
      try testCase.require(heap.buggySorted == heap.values.sorted())
    },
    PlantedBug(
      "search tree forgets a subtree", .nestedStructure, ["keys = [1, 0, 2]", "victim = 1"]
    ) { testCase in
      let keys = try testCase.draw(
        .array(of: .integer(in: 0...1000), count: 1...20), as: "keys")
      let victim = try testCase.draw(.element(of: keys), as: "victim")
      let tree = keys.reduce(SearchTree.empty) { $0.inserting($1) }
      try testCase.require(
        tree.removing(victim).keys == Set(keys).subtracting([victim]).sorted())
    },
  ]
}
