/// What happens to a text before it is cut into words.
struct BertNormalizer: Equatable, Sendable {
  /// Whether control characters go and white space becomes spaces.
  let cleansText: Bool
  /// Whether ideographs get spaces around them.
  let separatesIdeographs: Bool
  /// Whether the text is decomposed and its marks go.
  let stripsAccents: Bool
  /// Whether letters become small.
  let lowercases: Bool

  /// The normalized text.
  func normalize(_ text: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
    var scalars = Array(text)
    if cleansText {
      scalars = scalars.compactMap { scalar in
        if BertCharacters.isRemoved(scalar) { return nil }
        return BertCharacters.isSpace(scalar) ? " " : scalar
      }
    }
    if separatesIdeographs, scalars.contains(where: BertCharacters.isIdeograph) {
      scalars = scalars.flatMap { scalar in
        BertCharacters.isIdeograph(scalar) ? [" ", scalar, " "] : [scalar]
      }
    }
    if stripsAccents {
      scalars = CanonicalDecomposition.decompose(scalars)
      scalars.removeAll(where: BertCharacters.isMark)
    }
    if lowercases { scalars = Self.lowercased(scalars) }
    return scalars
  }

  /// Scalar by scalar: no letter depends on its neighbours.
  private static func lowercased(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(scalars.count)
    for scalar in scalars {
      if scalar.isASCII {
        let isCapital = (0x41...0x5a).contains(scalar.value)
        result.append(isCapital ? Unicode.Scalar(UInt8(scalar.value + 0x20)) : scalar)
      } else {
        result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
      }
    }
    return result
  }
}
