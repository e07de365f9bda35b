internal import Foundation

/// Normalization form D as Hugging Face's `tokenizers` makes it: with the tables of Unicode 9.0.
enum CanonicalDecomposition {
  private static let age = 9

  /// The decomposed text, its combining marks in canonical order.
  static func decompose(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard scalars.contains(where: { $0.value >= 0xc0 }) else { return scalars }
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(scalars.count + scalars.count / 4)
    for scalar in scalars { append(scalar, to: &result) }
    order(&result)
    return result
  }

  private static func append(_ scalar: Unicode.Scalar, to result: inout [Unicode.Scalar]) {
    switch scalar.value {
    // Nothing below, and no ideograph of the main blocks, decomposes.
    case 0..<0xc0, 0x3400...0x9fff: result.append(scalar)
    case 0xac00...0xd7a3: appendSyllable(scalar.value - 0xac00, to: &result)
    default:
      guard BertCharacters.isKnown(scalar, to: age) else { return result.append(scalar) }
      let text = String(Character(scalar)).decomposedStringWithCanonicalMapping
      result.append(contentsOf: text.unicodeScalars)
    }
  }

  /// Hangul syllables decompose by arithmetic (The Unicode Standard, §3.12).
  private static func appendSyllable(_ index: UInt32, to result: inout [Unicode.Scalar]) {
    let trailing = index % 28
    for value in [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11a7 + trailing] {
      if value != 0x11a7, let part = Unicode.Scalar(value) { result.append(part) }
    }
  }

  /// Sorts every run of combining marks by class, equal ones left as they are.
  private static func order(_ scalars: inout [Unicode.Scalar]) {
    let classes = scalars.map(combiningClass)
    var start = 0
    while start < scalars.count {
      guard classes[start] != 0 else {
        start += 1
        continue
      }
      var end = start + 1
      while end < scalars.count, classes[end] != 0 { end += 1 }
      if end - start > 1 {
        let sorted = (start..<end).sorted { (classes[$0], $0) < (classes[$1], $1) }
        scalars.replaceSubrange(start..<end, with: sorted.map { scalars[$0] })
      }
      start = end
    }
  }

  private static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
    guard scalar.value >= 0x300 else { return 0 }
    let value = scalar.properties.canonicalCombiningClass.rawValue
    return value != 0 && BertCharacters.isKnown(scalar, to: age) ? value : 0
  }
}
