/// In which order a map's keys must stand.
public enum CBORKeyOrder: Equatable, Sendable {
  /// Ascending by encoding, as deterministic CBOR wants (RFC 8949 §4.2.1).
  case ascending
  /// Any order, but no key twice: for documents that others encode.
  case any
}

/// A map that is being read: what is left of it and which keys it has shown.
///
/// Made by `CBORReader.beginMap`, advanced by `CBORReader.nextKey`.
public struct CBORMap: Sendable {
  /// Pairs that are still to come; nil in a map of indefinite length.
  fileprivate var remaining: Int?
  /// Pairs that may still come before the bound is reached.
  fileprivate var allowance: Int
  fileprivate let order: CBORKeyOrder
  /// Where earlier keys lie: all of them, or the last one when keys ascend.
  fileprivate var keys: [Range<Int>] = []
}

extension CBORReader {
  /// Reads the head of a map of at most `maximum` pairs.
  ///
  /// - Parameters:
  ///   - order: ascending by default; `any` only for documents that others encode.
  ///   - allowingIndefinite: true for one map alone, the payload of an attestation document, which
  ///     its author emits in both forms (Spec/Attestation.md).
  public mutating func beginMap(
    in bytes: Span<UInt8>, maximum: Int, order: CBORKeyOrder = .ascending,
    allowingIndefinite: Bool = false
  ) throws(CBORError) -> CBORMap {
    if allowingIndefinite, remaining(in: bytes) > 0, bytes[position] == 0xbf {
      position += 1
      return CBORMap(remaining: nil, allowance: maximum, order: order)
    }
    let head = try readHead(.map, in: bytes)
    guard let count = Int(exactly: head.argument), count <= maximum else { throw .tooLong }
    // Each pair takes two bytes or more.
    guard count <= max(0, min(end, bytes.count) - head.next) / 2 else { throw .truncated }
    position = head.next
    return CBORMap(remaining: count, allowance: maximum, order: order)
  }

  /// Whether another pair follows; if so, its key is next to be read, then its value.
  ///
  /// The key, an integer or a string, is compared with the keys before it.
  public mutating func nextKey(
    of map: inout CBORMap, in bytes: Span<UInt8>
  ) throws(CBORError) -> Bool {
    if let left = map.remaining {
      if left == 0 { return false }
      map.remaining = left - 1
    } else {
      guard remaining(in: bytes) > 0 else { throw .truncated }
      if bytes[position] == 0xff {
        position += 1
        // A second call must not read past the break.
        map.remaining = 0
        return false
      }
    }
    guard map.allowance > 0 else { throw .tooLong }
    map.allowance -= 1
    try check(try keyRange(in: bytes), against: &map, in: bytes)
    return true
  }

  /// Steps over one item of any kind, checked as strictly as if it were read; no tags.
  public mutating func skip(in bytes: Span<UInt8>) throws(CBORError) {
    switch try peekMajor(in: bytes) {
    case .unsigned: _ = try unsigned(in: bytes)
    case .negative: _ = try negative(in: bytes)
    case .bytes: _ = try byteRange(in: bytes, maximum: .max)
    case .text: _ = try textRange(in: bytes, maximum: .max)
    case .array:
      let count = try arrayHeader(in: bytes, maximum: .max)
      try descend()
      for _ in 0..<count { try skip(in: bytes) }
      ascend()
    case .map:
      var map = try beginMap(in: bytes, maximum: .max)
      try descend()
      while try nextKey(of: &map, in: bytes) {
        try skip(in: bytes)
        try skip(in: bytes)
      }
      ascend()
    case .tag: throw .unexpectedTag
    case .simple:
      if (0xf9...0xfb).contains(bytes[position]) {
        _ = try double(in: bytes)
      } else {
        _ = try simple(in: bytes)
        position += 1
      }
    }
  }

  /// Where the key that is next lies; the reader does not move.
  private func keyRange(in bytes: Span<UInt8>) throws(CBORError) -> Range<Int> {
    var probe = self
    switch try peekMajor(in: bytes) {
    case .unsigned, .negative, .bytes, .text: try probe.skip(in: bytes)
    case .tag: throw .unexpectedTag
    case .array, .map: throw .unexpectedType
    case .simple: throw bytes[position] == 0xff ? .unexpectedBreak : .unexpectedType
    }
    return position..<probe.position
  }

  private func check(
    _ key: Range<Int>, against map: inout CBORMap, in bytes: Span<UInt8>
  ) throws(CBORError) {
    switch map.order {
    case .ascending:
      if let previous = map.keys.last {
        switch compare(previous, key, in: bytes) {
        case 0: throw .duplicateKey
        case 1: throw .keysOutOfOrder
        default: break
        }
      }
      map.keys = [key]
    case .any:
      for earlier in map.keys where compare(earlier, key, in: bytes) == 0 { throw .duplicateKey }
      map.keys.append(key)
    }
  }

  /// Compares two encodings byte by byte: −1, 0 or 1.
  private func compare(_ left: Range<Int>, _ right: Range<Int>, in bytes: Span<UInt8>) -> Int {
    for offset in 0..<min(left.count, right.count) {
      let (a, b) = (bytes[left.lowerBound + offset], bytes[right.lowerBound + offset])
      if a != b { return a < b ? -1 : 1 }
    }
    return left.count == right.count ? 0 : (left.count < right.count ? -1 : 1)
  }
}
