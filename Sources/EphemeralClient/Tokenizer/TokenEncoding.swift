/// A text as the model takes it, without padding.
public struct TokenEncoding: Equatable, Sendable {
  /// The tokens' ids, those around the text included.
  public let ids: [Int32]
  /// The kind of each token.
  public let typeIDs: [Int32]
  /// Whether the text was longer than the tokenizer takes.
  public let isTruncated: Bool
}

/// Which end of a text is cut or padded.
enum TextEnd: String, Sendable {
  case left = "Left"
  case right = "Right"
}

/// How long a text may become.
struct TokenTruncation: Equatable, Sendable {
  /// Tokens at most, those around the text included.
  let maximumTokens: Int
  /// Where tokens go.
  let end: TextEnd
}

/// How texts of one batch become equally long.
struct TokenPadding: Equatable, Sendable {
  /// Tokens at least; nil pads to the longest.
  let fixedCount: Int?
  /// Where padding goes.
  let end: TextEnd
  /// The count becomes a multiple of this.
  let multiple: Int
  /// The id of padding.
  let id: Int32
  /// The kind of padding.
  let typeID: Int32

  /// What a tokenizer without settings would do: zeros behind, to the longest.
  static let standard = TokenPadding(fixedCount: nil, end: .right, multiple: 1, id: 0, typeID: 0)

  /// The same padding, to the longest of a batch.
  var toLongest: TokenPadding {
    TokenPadding(fixedCount: nil, end: end, multiple: multiple, id: id, typeID: typeID)
  }
}

/// Equally long texts, row after row.
struct TokenBatch: Equatable, Sendable {
  /// Texts.
  let rowCount: Int
  /// Tokens of each.
  let columnCount: Int
  private(set) var ids: [Int32] = []
  private(set) var typeIDs: [Int32] = []
  /// 1 for a token of a text, 0 for padding.
  private(set) var mask: [Int32] = []

  /// Pads every text.
  init(_ texts: [TokenEncoding], padding: TokenPadding) {
    rowCount = texts.count
    let longest = texts.map(\.ids.count).max() ?? 0
    // A text that is longer than a fixed count stays as it is; then all become as long.
    let count = max(longest, padding.fixedCount ?? 0)
    columnCount = (count + padding.multiple - 1) / padding.multiple * padding.multiple
    for text in texts {
      let missing = columnCount - text.ids.count
      append(text, [Int32](repeating: 1, count: text.ids.count), missing, padding)
    }
  }

  private mutating func append(
    _ text: TokenEncoding, _ ones: [Int32], _ missing: Int, _ padding: TokenPadding
  ) {
    func filled(_ values: [Int32], _ filling: Int32) -> [Int32] {
      let more = [Int32](repeating: filling, count: missing)
      return padding.end == .right ? values + more : more + values
    }
    ids += filled(text.ids, padding.id)
    typeIDs += filled(text.typeIDs, padding.typeID)
    mask += filled(ones, 0)
  }
}
