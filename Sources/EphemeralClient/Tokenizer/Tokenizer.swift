/// Turns texts into token ids exactly as Hugging Face's `tokenizers` does, for WordPiece models
/// with BERT's normalization.
///
/// Time grows linearly with the text, for a run of combining marks a little faster; the caller
/// bounds the text.
public struct Tokenizer: Sendable {
  /// A piece of what a text becomes.
  enum TemplatePiece: Equatable, Sendable {
    /// Tokens that are not in the text.
    case special([Int32], typeID: Int32)
    /// The text.
    case text(typeID: Int32)
  }

  /// Texts of more bytes are for the caller to refuse.
  public static let maximumTextBytes = 1 << 20

  let normalizer: BertNormalizer
  let model: WordPiece
  let template: [TemplatePiece]
  let padding: TokenPadding?
  private(set) var truncation: TokenTruncation?
  private let rawTokens: AddedTokens
  private let normalizedTokens: AddedTokens

  /// A tokenizer of checked parts.
  init(
    normalizer: BertNormalizer, model: WordPiece, added: [AddedToken], template: [TemplatePiece],
    truncation: TokenTruncation?, padding: TokenPadding?
  ) {
    self.normalizer = normalizer
    self.model = model
    self.template = template
    self.truncation = truncation
    self.padding = padding
    let raw = added.filter { !$0.isNormalized }
    rawTokens = AddedTokens(raw, contents: raw.map { Array($0.content.utf8) })
    let normalized = added.filter(\.isNormalized)
    normalizedTokens = AddedTokens(
      normalized,
      contents: normalized.map { Self.bytes(normalizer.normalize($0.content.unicodeScalars)) })
  }

  /// Tokens that stand around every text.
  var addedCount: Int {
    template.reduce(0) { count, piece in
      if case .special(let ids, _) = piece { return count + ids.count }
      return count
    }
  }

  /// Texts become at most so many tokens, those around them included; at least ``addedCount``.
  mutating func limit(to maximumTokens: Int) {
    let count = min(maximumTokens, truncation?.maximumTokens ?? maximumTokens)
    truncation = TokenTruncation(maximumTokens: count, end: truncation?.end ?? .right)
  }

  /// The ids of a text, without padding.
  public func encode(_ text: String) -> TokenEncoding {
    var limit: Int?
    if let truncation { limit = max(0, truncation.maximumTokens - addedCount) }
    let isCutBehind = truncation?.end == .right
    var ids = textIDs(text, stopAfter: isCutBehind ? limit : nil)
    var isTruncated = false
    if let limit, ids.count > limit {
      isTruncated = true
      if isCutBehind {
        ids.removeSubrange(limit...)
      } else {
        ids.removeSubrange(..<(ids.count - limit))
      }
    }
    var all: [Int32] = []
    var types: [Int32] = []
    for piece in template {
      let (more, type): ([Int32], Int32) =
        switch piece {
        case .special(let ids, let type): (ids, type)
        case .text(let type): (ids, type)
        }
      all += more
      types += [Int32](repeating: type, count: more.count)
    }
    return TokenEncoding(ids: all, typeIDs: types, isTruncated: isTruncated)
  }

  /// The ids of the text alone; may stop when it has more than `limit`.
  private func textIDs(_ text: String, stopAfter limit: Int?) -> [Int32] {
    var ids: [Int32] = []
    let bytes = Array(text.utf8)
    for piece in rawTokens.split(bytes) {
      switch piece {
      case .token(let id): ids.append(id)
      case .text(let range):
        let part = String(decoding: bytes[range], as: UTF8.self)
        append(normalizer.normalize(part.unicodeScalars), to: &ids, stopAfter: limit)
      }
      if let limit, ids.count > limit { break }
    }
    return ids
  }

  private func append(
    _ normalized: [Unicode.Scalar], to ids: inout [Int32], stopAfter limit: Int?
  ) {
    let bytes = Self.bytes(normalized)
    for piece in normalizedTokens.split(bytes) {
      switch piece {
      case .token(let id): ids.append(id)
      case .text(let range): appendWords(bytes[range], to: &ids, stopAfter: limit)
      }
      if let limit, ids.count > limit { return }
    }
  }

  /// Cuts at white space and around punctuation, and each word into pieces.
  private func appendWords(
    _ text: ArraySlice<UInt8>, to ids: inout [Int32], stopAfter limit: Int?
  ) {
    var word: [UInt8] = []
    var count = 0
    func flush(_ ids: inout [Int32]) {
      if count > 0 { model.append(word: word, scalarCount: count, to: &ids) }
      word.removeAll(keepingCapacity: true)
      count = 0
    }
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      let isSpace = BertCharacters.isSpace(scalar)
      let isAlone = !isSpace && BertCharacters.isPunctuation(scalar)
      if isSpace || isAlone {
        flush(&ids)
        if let limit, ids.count > limit { return }
      }
      if isSpace { continue }
      // What is beyond the longest word is counted and not kept.
      if count <= model.maximumScalars { word.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
      count += 1
      if isAlone { flush(&ids) }
    }
    flush(&ids)
  }

  private static func bytes(_ scalars: [Unicode.Scalar]) -> [UInt8] {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return Array(String(text).utf8)
  }
}
