/// The set of fingerprints seen so far, each with its number in the order of discovery.
///
/// Open addressing with linear probing in a table whose size is a power of two and of which at most
/// two thirds are in use. Numbers stand in an array of their own: to see that a state is known
/// touches one 16-byte slot and no more.
@usableFromInline
struct VisitedStates {
  /// What became of a fingerprint.
  @usableFromInline
  enum Insertion {
    /// Seen for the first time; the number is the count of states before it.
    case new
    /// Seen before, in this slot.
    case known(slot: Int)
    /// New, but the set holds as many as it may.
    case refused
  }

  @usableFromInline var slots: [Fingerprint]
  @usableFromInline var numbers: [UInt32]
  @usableFromInline var count = 0
  @usableFromInline let maximum: Int
  @usableFromInline var mask: Int
  @usableFromInline var limit: Int

  /// An empty set that will hold at most `maximum` fingerprints.
  @inlinable
  init(maximum: Int) {
    let size = 1 << 12
    self.maximum = min(maximum, Int(UInt32.max) - 1)
    slots = Array(repeating: .zero, count: size)
    numbers = Array(repeating: 0, count: size)
    mask = size - 1
    limit = size / 3 * 2
  }

  /// Adds a fingerprint where it is new.
  @inlinable
  mutating func insert(_ print: Fingerprint) -> Insertion {
    let key = Self.key(print)
    var slot = Self.home(key) & mask
    while slots[slot] != .zero {
      if slots[slot] == key { return .known(slot: slot) }
      slot = (slot + 1) & mask
    }
    if count >= maximum { return .refused }
    slots[slot] = isBroken("harness-forgets-states") ? .zero : key
    numbers[slot] = UInt32(truncatingIfNeeded: count)
    count += 1
    if count > limit { grow() }
    return .new
  }

  /// The number of a fingerprint; nil where it was never seen.
  @inlinable
  func number(of print: Fingerprint) -> Int? {
    let key = Self.key(print)
    var slot = Self.home(key) & mask
    while slots[slot] != .zero {
      if slots[slot] == key { return Int(numbers[slot]) }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Zero marks a free slot, so the fingerprint zero goes by another that nobody makes by hand.
  @inlinable
  static func key(_ print: Fingerprint) -> Fingerprint {
    print == .zero
      ? Fingerprint(low: 0xb5c0_fbcf_ec4d_3b2f, high: 0xe9b5_dba5_8189_dbbc) : print
  }

  /// Where to look first; mixed, so that hand-made fingerprints do not crowd.
  @inlinable
  static func home(_ key: Fingerprint) -> Int {
    Int(truncatingIfNeeded: ((key.low ^ key.high) &* 0x9e37_79b9_7f4a_7c15) >> 20)
  }

  /// Moves everything to a table of twice the size.
  @usableFromInline
  mutating func grow() {
    let size = slots.count * 2
    let oldSlots = slots
    let oldNumbers = numbers
    slots = Array(repeating: .zero, count: size)
    numbers = Array(repeating: 0, count: size)
    mask = size - 1
    limit = size / 3 * 2
    for index in oldSlots.indices where oldSlots[index] != .zero {
      var slot = Self.home(oldSlots[index]) & mask
      while slots[slot] != .zero { slot = (slot + 1) & mask }
      slots[slot] = oldSlots[index]
      numbers[slot] = oldNumbers[index]
    }
  }
}
