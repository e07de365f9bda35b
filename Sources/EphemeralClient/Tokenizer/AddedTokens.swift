/// A token that is found in the text itself, whatever the model would make of it.
struct AddedToken: Equatable, Sendable {
  let id: Int32
  let content: String
  /// Whether it must not touch a letter or digit.
  let isSingleWord: Bool
  /// Whether white space before it belongs to it.
  let stripsLeft: Bool
  /// Whether white space behind it belongs to it.
  let stripsRight: Bool
  /// Whether it is looked for in the normalized text.
  let isNormalized: Bool
}

/// Added tokens that are looked for together.
struct AddedTokens: Sendable {
  /// A part of a text: an added token, or what lies between two.
  enum Piece: Equatable {
    case text(Range<Int>)
    case token(Int32)
  }

  private let tokens: [AddedToken]
  private var contents = ByteTrie()

  /// - Parameter contents: what is looked for, one for each token.
  init(_ tokens: [AddedToken], contents texts: [[UInt8]]) {
    self.tokens = tokens
    for (index, text) in texts.enumerated() { contents.insert(text, Int32(index)) }
  }

  /// Cuts UTF-8 text at every token: the leftmost first, of those that begin there the longest.
  func split(_ text: [UInt8]) -> [Piece] {
    guard !tokens.isEmpty else { return text.isEmpty ? [] : [.text(text.indices)] }
    var pieces: [Piece] = []
    var taken = 0
    var position = 0
    while position < text.count {
      guard let (index, end) = contents.longestMatch(in: text[position...]) else {
        position += 1
        continue
      }
      let token = tokens[Int(index)]
      let found = position..<end
      position = end
      if token.isSingleWord, Self.touchesWord(text, found) { continue }
      // The token before may have taken the same white space.
      let start = max(
        taken, token.stripsLeft ? Self.spaceStart(text, found.lowerBound) : found.lowerBound)
      if taken < start { pieces.append(.text(taken..<start)) }
      pieces.append(.token(token.id))
      taken = token.stripsRight ? Self.spaceEnd(text, found.upperBound) : found.upperBound
    }
    if taken < text.count { pieces.append(.text(taken..<text.count)) }
    return pieces
  }

  private static func touchesWord(_ text: [UInt8], _ found: Range<Int>) -> Bool {
    let before = scalar(before: found.lowerBound, in: text).map(BertCharacters.isWord) ?? false
    let after = scalar(at: found.upperBound, in: text).map(BertCharacters.isWord) ?? false
    return before || after
  }

  private static func spaceStart(_ text: [UInt8], _ position: Int) -> Int {
    var position = position
    while let scalar = scalar(before: position, in: text), BertCharacters.isSpace(scalar) {
      position -= UTF8.width(scalar)
    }
    return position
  }

  private static func spaceEnd(_ text: [UInt8], _ position: Int) -> Int {
    var position = position
    while let scalar = scalar(at: position, in: text), BertCharacters.isSpace(scalar) {
      position += UTF8.width(scalar)
    }
    return position
  }

  private static func scalar(before position: Int, in text: [UInt8]) -> Unicode.Scalar? {
    guard position > 0 else { return nil }
    var start = position - 1
    while start > 0, text[start] & 0xc0 == 0x80 { start -= 1 }
    return scalar(at: start, in: text)
  }

  /// The scalar that begins at a byte of valid UTF-8.
  private static func scalar(at position: Int, in text: [UInt8]) -> Unicode.Scalar? {
    guard position < text.count else { return nil }
    var end = position + 1
    while end < text.count, text[end] & 0xc0 == 0x80 { end += 1 }
    return String(decoding: text[position..<end], as: UTF8.self).unicodeScalars.first
  }
}
