/// A place in a file where its structure is written: the head of an item, a length, a field.
public struct Landmark: Equatable, Sendable {
  /// How the structure is written there.
  public enum Form: Equatable, Sendable {
    /// The head of a CBOR item.
    case cbor
    /// The tag and length of a DER value.
    case der
    /// A field of a fixed width.
    case field
  }

  /// The place's first byte.
  public let position: Int
  /// How the structure is written there.
  public let form: Form

  /// A place of that form.
  public init(_ position: Int, _ form: Form) {
    self.position = position
    self.form = form
  }

  /// The heads of all CBOR items, those inside byte strings that hold CBOR included.
  public static func cbor(_ bytes: [UInt8]) -> [Landmark] {
    var walker = CBORHeads(bytes: bytes)
    _ = walker.item(at: 0, end: bytes.count, depth: 0)
    return walker.found.map { Landmark($0, .cbor) }
  }

  /// The tags of all DER values.
  public static func der(_ bytes: [UInt8]) -> [Landmark] {
    var found: [Landmark] = []
    derValues(bytes, in: 0..<bytes.count, into: &found)
    return found
  }

  private static func derValues(
    _ bytes: [UInt8], in range: Range<Int>, into found: inout [Landmark]
  ) {
    var at = range.lowerBound
    while at + 1 < range.upperBound {
      found.append(Landmark(at, .der))
      let isConstructed = bytes[at] & 0x20 != 0
      var length = Int(bytes[at + 1])
      var content = at + 2
      if length >= 0x80 {
        let digits = length & 0x7f
        guard (1...3).contains(digits), content + digits <= range.upperBound else { return }
        length = bytes[content..<content + digits].reduce(0) { $0 << 8 | Int($1) }
        content += digits
      }
      guard length <= range.upperBound - content else { return }
      if isConstructed { derValues(bytes, in: content..<content + length, into: &found) }
      at = content + length
    }
  }
}

/// Finds the heads of well-formed CBOR; where it is not, it ends.
private struct CBORHeads {
  let bytes: [UInt8]
  var found: [Int] = []

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Where the item at `start` ends; nil where there is none.
  mutating func item(at start: Int, end: Int, depth: Int) -> Int? {
    guard start < end, depth < 12 else { return nil }
    let head = bytes[start]
    let short = head & 0x1f
    var at = start + 1
    var argument = Int(short)
    let isIndefinite = short == 31
    if (24...27).contains(short) {
      let width = 1 << Int(short - 24)
      guard width <= end - at, width < 8 else { return nil }
      argument = bytes[at..<at + width].reduce(0) { $0 << 8 | Int($1) }
      at += width
    } else if short > 27, !isIndefinite {
      return nil
    }
    found.append(start)
    switch head >> 5 {
    case 2, 3:
      guard argument <= end - at else { return nil }
      if head >> 5 == 2 { nested(at..<at + argument, depth: depth) }
      return at + argument
    case 4, 5:
      let count = head >> 5 == 5 ? 2 * argument : argument
      var done = 0
      while isIndefinite || done < count {
        if isIndefinite, at < end, bytes[at] == 0xff { return at + 1 }
        guard let next = item(at: at, end: end, depth: depth + 1) else { return nil }
        at = next
        done += 1
      }
      return at
    case 6: return item(at: at, end: end, depth: depth + 1)
    default: return at
    }
  }

  /// A byte string's content, where it is one item as a whole.
  private mutating func nested(_ range: Range<Int>, depth: Int) {
    guard let first = range.first, (0x80...0xbf).contains(bytes[first]) else { return }
    let known = found.count
    if item(at: first, end: range.upperBound, depth: depth + 1) != range.upperBound {
      found.removeLast(found.count - known)
    }
  }
}
