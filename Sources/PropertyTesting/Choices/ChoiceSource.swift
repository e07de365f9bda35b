/// Why a generator could not give a value.
public enum DrawError: Error, Equatable, Sendable {
  /// The case does not fit the property's assumptions; it counts neither for nor against.
  case discarded
  /// The case drew more choices or bytes than one case may.
  case overrun
}

/// Where generators take their choices from: new ones by a seed, or those of an earlier run.
///
/// Everything random in a case comes through here and is recorded, which makes replay exact. While
/// replaying, a choice that does not fit what is asked for gives the nearest that does, and past
/// the end all choices are the simplest; so any sequence of choices gives some value.
public struct ChoiceSource: Sendable {
  /// The most choices in one case.
  public static let maximumChoices = 1 << 18
  /// The most bytes in one case's byte choices.
  public static let maximumBytes = 1 << 24

  private enum Mode: Sendable {
    case generate(SeededRandom)
    case replay([Choice], next: Int)
    case decode(ByteChoices)
  }

  private var mode: Mode
  private var remainingBytes = ChoiceSource.maximumBytes
  private var depth = 0
  /// What has been chosen so far.
  private(set) var choices: [Choice] = []
  /// Which generators chose it.
  private(set) var spans: [ChoiceSpan] = []

  /// A source of new choices; equal seeds give equal choices.
  public init(seed: UInt64) { mode = .generate(SeededRandom(seed: seed)) }

  /// A source of given choices, then of the simplest ones.
  public init(replaying choices: [Choice]) { mode = .replay(choices, next: 0) }

  /// A source of the choices that a fuzzer's bytes stand for, then of the simplest ones.
  public init(bytes: [UInt8]) { mode = .decode(ByteChoices(bytes)) }

  /// Chooses a number of `0 ... maximum`.
  ///
  /// - Parameter bias: how to pick a new one; what it returns is cut down to `maximum`. Called only
  ///   when choices are new, so it may use as much randomness as it likes.
  public mutating func integer(
    maximum: UInt64, bias: (inout SeededRandom) -> UInt64
  ) throws(DrawError) -> UInt64 {
    guard choices.count < Self.maximumChoices else { throw .overrun }
    let value: UInt64
    switch mode {
    case .generate(var random):
      value = min(bias(&random), maximum)
      mode = .generate(random)
    case .replay(let given, let next):
      value =
        if next < given.count, case .integer(let old, _) = given[next] {
          min(old, maximum)
        } else { 0 }
      mode = .replay(given, next: next + 1)
    case .decode(var bytes):
      value = bytes.number(maximum: maximum)
      mode = .decode(bytes)
    }
    choices.append(.integer(value, maximum: maximum))
    return value
  }

  /// Chooses a string of bytes whose length lies in `count`.
  public mutating func bytes(count: ClosedRange<Int>) throws(DrawError) -> [UInt8] {
    precondition(count.lowerBound >= 0)
    guard choices.count < Self.maximumChoices else { throw .overrun }
    guard count.lowerBound <= remainingBytes else { throw .overrun }
    let longest = min(count.upperBound, remainingBytes)
    var value: [UInt8] = []
    switch mode {
    case .generate(var random):
      value = Self.newBytes(count: count.lowerBound...longest, &random)
      mode = .generate(random)
    case .replay(let given, let next):
      if next < given.count, case .bytes(let old, _) = given[next] {
        value = Array(old.prefix(longest))
      }
      while value.count < count.lowerBound { value.append(0) }
      mode = .replay(given, next: next + 1)
    case .decode(var bytes):
      value = bytes.string(count: count, longest: longest)
      mode = .decode(bytes)
    }
    remainingBytes -= value.count
    choices.append(.bytes(value, maximumCount: count.upperBound))
    return value
  }

  /// Goes over to new choices, for a case that is an old one but for one stretch.
  mutating func renew(seed: UInt64) { mode = .generate(SeededRandom(seed: seed)) }

  /// Goes over to given choices, from one of them on.
  mutating func replay(_ given: [Choice], from next: Int) { mode = .replay(given, next: next) }

  /// Chooses whether a list that holds `count` elements goes on.
  ///
  /// The choice is there also where there is nothing to choose: so leaving out any element with its
  /// choice leaves a shorter list and disturbs nothing behind it.
  ///
  /// - Parameters:
  ///   - odds: one of `lengths`, picked afresh for each list and kept for its later elements.
  ///   - lengths: about how many elements to go on for.
  mutating func goesOn(
    after count: Int, of range: ClosedRange<Int>, odds: inout UInt64?, lengths: [UInt64]
  ) throws(DrawError) -> Bool {
    let isRequired = count < range.lowerBound
    let isFree = !isRequired && count < range.upperBound
    var picked = odds
    let choice = try integer(maximum: isFree ? 1 : 0) { random in
      let length = picked ?? lengths[Int(random.upTo(UInt64(lengths.count - 1)))]
      picked = length
      return random.oneIn(length) ? 0 : 1
    }
    odds = picked
    return isRequired || choice == 1
  }

  /// Marks the choices that `body` makes as one unit that shrinking may drop or replace.
  public mutating func span<Value>(
    label: Int, _ body: (inout ChoiceSource) throws(DrawError) -> Value
  ) throws(DrawError) -> Value {
    let index = openSpan(label: label)
    defer { closeSpan(index) }
    return try body(&self)
  }

  /// Begins a span; `closeSpan` must follow, after those of spans opened later.
  mutating func openSpan(label: Int) -> Int {
    spans.append(ChoiceSpan(label: label, depth: depth, range: choices.count..<choices.count))
    depth += 1
    return spans.count - 1
  }

  /// Ends a span.
  mutating func closeSpan(_ index: Int) {
    depth -= 1
    spans[index].range = spans[index].range.lowerBound..<choices.count
  }

  /// Lengths lean to the short and to the bounds; contents are uniform, or all alike now and then.
  private static func newBytes(
    count: ClosedRange<Int>, _ random: inout SeededRandom
  ) -> [UInt8] {
    let spread = UInt64(count.upperBound - count.lowerBound)
    let extra = IntegerBias.magnitude(maximum: spread, &random)
    let length = count.lowerBound + Int(extra)
    if random.oneIn(16) {
      let fill = random.oneIn(2) ? 0xff : UInt8(truncatingIfNeeded: random.next())
      return [UInt8](repeating: fill, count: length)
    }
    return (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next() >> 56) }
  }
}

/// How new numbers are picked: bugs live at bounds and among small numbers.
enum IntegerBias {
  /// One in eight at a bound, three in eight small at a random scale, the rest uniform.
  static func magnitude(maximum: UInt64, _ random: inout SeededRandom) -> UInt64 {
    guard maximum > 0 else { return 0 }
    switch random.upTo(7) {
    case 0: return [0, 1, maximum - 1, maximum][Int(random.upTo(3))]
    case 1...3:
      let bits = random.upTo(UInt64(63 - maximum.leadingZeroBitCount))
      return min(maximum, random.next() & ((2 << bits) &- 1))
    default: return random.upTo(maximum)
    }
  }
}
