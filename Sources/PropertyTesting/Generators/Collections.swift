extension Generator where Value == [UInt8] {
  /// Byte strings whose length lies in `count`; shrinks to shorter ones and to zeros.
  public static func bytes(count: ClosedRange<Int>) -> Generator<[UInt8]> {
    precondition(count.lowerBound >= 0)
    return Generator { (source) throws(DrawError) in try source.bytes(count: count) }
  }

  /// Byte strings of one length.
  public static func bytes(count: Int) -> Generator<[UInt8]> { bytes(count: count...count) }
}

extension Generator {
  /// Arrays whose length lies in `count`; shrinks by leaving elements out.
  public static func array<Element>(
    of element: Generator<Element>, count: ClosedRange<Int>
  ) -> Generator<[Element]> where Value == [Element] {
    precondition(count.lowerBound >= 0)
    let isFixed = count.lowerBound == count.upperBound
    return Generator { (source) throws(DrawError) in
      var elements: [Element] = []
      var odds: UInt64?
      while !isFixed || elements.count < count.upperBound {
        let next = try source.span(label: SpanLabel.element) {
          (source) throws(DrawError) -> Element? in
          // Most are short, some reach the bound.
          if !isFixed,
            try !source.goesOn(
              after: elements.count, of: count, odds: &odds, lengths: [3, 3, 8, 40, 1000])
          {
            return nil
          }
          return try element.generate(&source)
        }
        guard let next else { break }
        elements.append(next)
      }
      return elements
    }
  }

  /// Arrays of this generator's values whose length lies in `count`.
  public func array(count: ClosedRange<Int>) -> Generator<[Value]> {
    Generator<[Value]>.array(of: self, count: count)
  }

  /// Nothing, or one of this generator's values; shrinks towards nothing.
  public func optional() -> Generator<Value?> {
    Generator<Value?>.weighted([(1, .constantNil()), (3, map { $0 })])
  }

  private static func constantNil<Wrapped>() -> Generator<Wrapped?> where Value == Wrapped? {
    Generator { (_) throws(DrawError) in nil }
  }

  /// One of the given values, each as likely; shrinks towards the first.
  public static func element(of values: [Value]) -> Generator<Value> where Value: Sendable {
    precondition(!values.isEmpty)
    return Generator { (source) throws(DrawError) in
      let last = UInt64(values.count - 1)
      return values[Int(try source.integer(maximum: last) { $0.upTo(last) })]
    }
  }

  /// Always the same value.
  public static func constant(_ value: Value) -> Generator<Value> where Value: Sendable {
    Generator { (_) throws(DrawError) in value }
  }

  /// A value of one of the given generators, each as likely; shrinks towards the first.
  public static func oneOf(_ generators: [Generator<Value>]) -> Generator<Value> {
    weighted(generators.map { (1, $0) })
  }

  /// A value of one of the given generators, by weight; shrinks towards the first.
  public static func weighted(_ generators: [(Int, Generator<Value>)]) -> Generator<Value> {
    precondition(!generators.isEmpty)
    let weights = generators.map { UInt64($0.0) }
    let total = weights.reduce(0, +)
    precondition(total > 0)
    let choices = generators.map(\.1)
    return Generator { (source) throws(DrawError) in
      try source.span(label: SpanLabel.alternative) { (source) throws(DrawError) in
        let index = try source.integer(maximum: UInt64(choices.count - 1)) { random in
          var point = random.upTo(total - 1)
          for (index, weight) in weights.enumerated() {
            if point < weight { return UInt64(index) }
            point -= weight
          }
          return 0
        }
        return try choices[Int(index)].generate(&source)
      }
    }
  }

  /// Several values as a tuple.
  public static func tuple<each Part>(
    _ parts: repeat Generator<each Part>
  ) -> Generator<(repeat each Part)> where Value == (repeat each Part) {
    Generator<(repeat each Part)> { (source) throws(DrawError) in
      (repeat try (each parts).generate(&source))
    }
  }
}
