/// A recipe that makes a value from choices.
///
/// Generators are values: they hold no state and can be shared. Shrinking needs no code of theirs.
public struct Generator<Value>: Sendable {
  private let body: @Sendable (inout ChoiceSource) throws(DrawError) -> Value

  /// A generator from a function of a source of choices.
  public init(_ body: @escaping @Sendable (inout ChoiceSource) throws(DrawError) -> Value) {
    self.body = body
  }

  /// Makes a value.
  public func generate(_ source: inout ChoiceSource) throws(DrawError) -> Value {
    try body(&source)
  }

  /// A generator of what `transform` makes of this one's values.
  public func map<Other>(
    _ transform: @escaping @Sendable (Value) -> Other
  ) -> Generator<Other> {
    Generator<Other> { (source) throws(DrawError) in transform(try generate(&source)) }
  }

  /// A generator that goes on with one chosen by this one's value.
  public func flatMap<Other>(
    _ transform: @escaping @Sendable (Value) -> Generator<Other>
  ) -> Generator<Other> {
    Generator<Other> { (source) throws(DrawError) in
      try transform(try generate(&source)).generate(&source)
    }
  }

  /// A generator of those values that `isIncluded` holds for; gives up after 20 tries and discards
  /// the case.
  public func filter(
    _ isIncluded: @escaping @Sendable (Value) -> Bool
  ) -> Generator<Value> {
    Generator { (source) throws(DrawError) in
      for _ in 0..<20 {
        let value = try source.span(label: SpanLabel.attempt, body)
        if isIncluded(value) { return value }
      }
      throw .discarded
    }
  }

  /// A generator of values of recursive kind: `leaf` at depth 0, else `leaf` or what `grow` makes
  /// of the generator one level down.
  public static func recursive(
    depth: Int, leaf: Generator<Value>,
    _ grow: @escaping @Sendable (Generator<Value>) -> Generator<Value>
  ) -> Generator<Value> {
    // The same two choices at each depth, so that a subtree can replace the tree.
    let alternatives =
      depth > 0
      ? [(1, leaf), (2, grow(recursive(depth: depth - 1, leaf: leaf, grow)))] : [(1, leaf)]
    let generator = Generator.weighted(alternatives)
    return Generator { (source) throws(DrawError) in
      try source.span(label: SpanLabel.recursion, generator.body)
    }
  }
}

/// What spans are for.
enum SpanLabel {
  static let element = 1
  static let attempt = 2
  static let recursion = 3
  static let alternative = 4
  static let draw = 5
  static let step = 6
}
