/// What kinds of characters Hugging Face's `tokenizers` sees, scalar by scalar.
///
/// Its categories are those of Unicode 8.0 with a few exceptions, so a character that came later
/// belongs to none, whatever it is today. A test compares every scalar with the library itself.
enum BertCharacters {
  /// The Unicode version of the library's categories.
  private static let categoryAge = 8
  /// The Unicode version of the `\w` of the library's regular expressions.
  private static let wordAge = 16

  /// White space, by Unicode's property.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 { return scalar.value == 0x20 || (0x09...0x0d).contains(scalar.value) }
    return scalar.properties.isWhitespace
  }

  /// Whether cleaning takes a scalar away: controls, formats, private use and the replacement.
  static func isRemoved(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0a, 0x0d, 0x20..<0x7f: return false
    case 0, 0xfffd: return true
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse: return isKnown(scalar, to: categoryAge)
    default: return false
    }
  }

  /// Whether stripping accents takes a scalar away: the marks that take no room.
  static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x300: return false
    // What changed its category since, or never had it there.
    case 0x1734, 0x1171e: return true
    case 0x1885, 0x1886, 0xa9bd, 0x111c9: return false
    default: break
    }
    return scalar.properties.generalCategory == .nonspacingMark && isKnown(scalar, to: categoryAge)
  }

  /// Whether a scalar is a word of its own: ASCII's symbols and all punctuation.
  static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e: return true
    case 0..<0x80: return false
    // What changed its category since.
    case 0x166d, 0x111c9: return true
    default: break
    }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return isKnown(scalar, to: categoryAge)
    default: return false
    }
  }

  /// Whether a scalar is an ideograph, which gets spaces around it; not all blocks are.
  static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4e00...0x9fff, 0x3400...0x4dbf, 0x20000...0x2a6df, 0x2a700...0x2b73f,
      0x2b740...0x2b81f, 0x2b920...0x2ceaf, 0xf900...0xfaff, 0x2f800...0x2fa1f:
      return true
    default: return false
    }
  }

  /// Whether a scalar is part of a word, for added tokens that must stand alone.
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    guard isKnown(scalar, to: wordAge) else { return false }
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return false
    }
  }

  /// Whether Unicode had the scalar in version `major`.0.
  static func isKnown(_ scalar: Unicode.Scalar, to major: Int) -> Bool {
    guard let age = scalar.properties.age else { return false }
    return age.major < major || (age.major == major && age.minor == 0)
  }
}
