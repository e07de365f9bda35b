/// 128 bits that stand for a state: equal states have equal fingerprints.
///
/// Different states share one with negligible chance. Were the bits drawn at random, the chance
/// that any two of `n` states collide would be at most `n * (n - 1) / 2^129`: below 2e-23 for a
/// hundred million states. ``FingerprintBuilder`` is built to come near that on data that was not
/// made to defeat it; it is no cryptographic hash.
public struct Fingerprint: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The lower 64 bits.
  public var low: UInt64
  /// The upper 64 bits.
  public var high: UInt64

  /// A fingerprint from its halves.
  @inlinable
  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// The fingerprint of a list of words.
  @inlinable
  public init(of words: UInt64...) {
    var builder = FingerprintBuilder()
    for word in words { builder.combine(word) }
    self = builder.finish()
  }

  /// Orders by the upper half first; what "the least" means for a representative.
  @inlinable
  public static func < (left: Fingerprint, right: Fingerprint) -> Bool {
    left.high != right.high ? left.high < right.high : left.low < right.low
  }

  /// The fingerprint of a multiset that got one more member, whose fingerprint is `member`.
  ///
  /// The order of addition does not matter, and ``removing(_:)`` undoes it, so that a growing set's
  /// fingerprint need not be made anew. The members' fingerprints must be finished ones.
  @inlinable
  public func adding(_ member: Fingerprint) -> Fingerprint {
    let (sum, carry) = low.addingReportingOverflow(member.low)
    return Fingerprint(low: sum, high: high &+ member.high &+ (carry ? 1 : 0))
  }

  /// The fingerprint of a multiset that lost a member.
  @inlinable
  public func removing(_ member: Fingerprint) -> Fingerprint {
    let (rest, borrow) = low.subtractingReportingOverflow(member.low)
    return Fingerprint(low: rest, high: high &- member.high &- (borrow ? 1 : 0))
  }

  /// All bits zero: the fingerprint of the empty multiset.
  public static let zero = Fingerprint(low: 0, high: 0)

  /// 32 hexadecimal digits, the upper half first.
  public var description: String {
    [high, low].map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

/// Makes a 128-bit fingerprint from words; one wide multiplication a word.
///
/// Each word goes through a full 64 by 64 to 128 bit multiplication with an odd constant, whose
/// halves are folded into the state. For a fixed word the fold is a bijection of the 128-bit state,
/// so two states that differ still differ after the same further words; for a fixed state it is
/// injective in the word. So two lists that differ in one word alone never collide. The finish is a
/// bijection as well, and spreads each bit over all 128.
///
/// Feed a fixed number of words for each part, or its count before a part of varying length:
/// otherwise `[1], [2, 3]` and `[1, 2], [3]` are the same list.
public struct FingerprintBuilder: Sendable {
  @usableFromInline var low: UInt64
  @usableFromInline var high: UInt64

  /// A builder that has seen no word.
  @inlinable
  public init() {
    // Digits of pi, as good as any.
    low = 0x243f_6a88_85a3_08d3
    high = 0x1319_8a2e_0370_7344
  }

  /// Adds a word.
  @inlinable
  public mutating func combine(_ word: UInt64) {
    // The golden ratio's digits: odd, so that the product's lower half loses nothing.
    let product = (low ^ word).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
    low = high ^ product.high
    high = product.low
  }

  /// Adds a number.
  @inlinable
  public mutating func combine(_ number: Int) { combine(UInt64(bitPattern: Int64(number))) }

  /// Adds a finished fingerprint.
  @inlinable
  public mutating func combine(_ part: Fingerprint) {
    combine(part.low)
    combine(part.high)
  }

  /// Adds bytes, preceded by their count.
  @inlinable
  public mutating func combine(bytes: [UInt8]) {
    combine(bytes.count)
    var word: UInt64 = 0
    for (index, byte) in bytes.enumerated() {
      word |= UInt64(byte) << UInt64(index % 8 * 8)
      if index % 8 == 7 {
        combine(word)
        word = 0
      }
    }
    if bytes.count % 8 != 0 { combine(word) }
  }

  /// The fingerprint of all words so far.
  @inlinable
  public func finish() -> Fingerprint {
    // Two rounds of the fold spread each input bit over both halves, also for the last words; the
    // final xors bring what the multiplications leave in the upper bits down again.
    var rest = self
    rest.combine(0xa409_3822_299f_31d1 as UInt64)
    rest.combine(0x082e_fa98_ec4e_6c89 as UInt64)
    return Fingerprint(
      low: Self.scramble(rest.low), high: Self.scramble(rest.high &+ rest.low))
  }

  /// A bijection in which every input bit reaches every output bit.
  @inlinable
  static func scramble(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ z >> 32) &* 0xd6e8_feb8_6659_fd93
    z = (z ^ z >> 32) &* 0xd6e8_feb8_6659_fd93
    return z ^ z >> 32
  }
}
