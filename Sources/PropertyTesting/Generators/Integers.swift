extension Generator where Value: FixedWidthInteger & Sendable {
  /// Integers of a range of at most 64 bits, with more weight at the bounds and near zero.
  ///
  /// Shrinks towards 0, or towards the bound that is nearest to it; positive before negative.
  public static func integer(in range: ClosedRange<Value>) -> Generator<Value> {
    precondition(Value.bitWidth <= 64)
    let origin = min(max(0, range.lowerBound), range.upperBound)
    let above = distance(origin, range.upperBound)
    let below = distance(range.lowerBound, origin)
    return Generator { (source) throws(DrawError) in
      var isBelow = above == 0 && below > 0
      if above > 0 && below > 0 {
        isBelow = try source.integer(maximum: 1) { $0.upTo(1) } == 1
      }
      let maximum = isBelow ? below : above
      let magnitude = try source.integer(maximum: maximum) {
        IntegerBias.magnitude(maximum: maximum, &$0)
      }
      let offset = Value(truncatingIfNeeded: magnitude)
      return isBelow ? origin &- offset : origin &+ offset
    }
  }

  /// All integers of the type.
  public static func integer() -> Generator<Value> { integer(in: Value.min...Value.max) }

  /// Steps from `low` up to `high`; exact because no range has more than 2^64 members.
  private static func distance(_ low: Value, _ high: Value) -> UInt64 {
    let difference = UInt64(truncatingIfNeeded: high) &- UInt64(truncatingIfNeeded: low)
    return difference
  }
}

extension Generator where Value == Bool {
  /// True with the given probability; shrinks towards false.
  public static func bool(probability: Double = 0.5) -> Generator<Bool> {
    Generator { (source) throws(DrawError) in
      try source.integer(maximum: 1) {
        Double($0.next() >> 11) * 0x1p-53 < probability ? 1 : 0
      } == 1
    }
  }
}
