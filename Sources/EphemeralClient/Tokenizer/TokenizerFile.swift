internal import EphemeralJSON

/// Reads tokenizer.json, of which WordPiece with BERT's normalization is understood; anything else
/// is refused by its name, because a tokenizer that is nearly right gives wrong embeddings.
extension Tokenizer {
  /// The largest tokenizer.json that is read, in bytes.
  public static let maximumFileBytes = 64 << 20
  /// Words of a vocabulary at most.
  static let maximumWords = 1 << 20
  /// Ids are smaller than this.
  static let maximumID = 1 << 24
  /// Added tokens at most.
  static let maximumAdded = 4_096
  /// UTF-8 bytes of one added token at most.
  static let maximumAddedBytes = 256
  /// Tokens that truncation or padding may ask for at most.
  static let maximumTokens = 1 << 16
  /// The longest word that may be cut into pieces, in scalars.
  static let maximumWordScalars = 1_024

  /// Reads a file.
  public static func read(_ path: String) throws(ClientFailure) -> Tokenizer {
    try parse(try FileAccess.read(path, maximum: maximumFileBytes), file: path)
  }

  /// Reads a file's content; `file` is named in errors.
  public static func parse(_ bytes: [UInt8], file: String) throws(ClientFailure) -> Tokenizer {
    let object = try JSONObject.parse(bytes, file: file)
    try object.allow([
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
      "post_processor", "decoder", "model",
    ])
    let preTokenizer = try object.part("pre_tokenizer")
    try preTokenizer.requireType("BertPreTokenizer")
    let model = try object.part("model")
    let vocabulary = try Vocabulary(model)
    let normalizer = try BertNormalizer(try object.part("normalizer"))
    let added = try AddedTokenList.read(object, vocabulary, normalizer)
    let tokenizer = Tokenizer(
      normalizer: normalizer, model: vocabulary.model, added: added,
      template: try TokenTemplate.read(object), truncation: try TokenTruncation.read(object),
      padding: try TokenPadding.read(object))
    if let truncation = tokenizer.truncation, truncation.maximumTokens < tokenizer.addedCount {
      throw object.failure("truncation leaves no room for the tokens around a text")
    }
    return tokenizer
  }
}

extension JSONObject {
  /// A member that is an object.
  func part(_ name: String) throws(ClientFailure) -> JSONObject {
    let value = try required(name)
    if case .null = value { throw failure("a tokenizer without \"\(name)\" is not supported") }
    return try JSONObject(value, file: file, place: place.isEmpty ? name : place + "." + name)
  }

  /// Refuses a part of another type, by name.
  func requireType(_ supported: String) throws(ClientFailure) {
    let type = try string("type")
    guard type == supported else {
      throw failure("\"\(type)\" is not supported; \(supported) is")
    }
  }

  func flag(_ name: String) throws(ClientFailure) -> Bool {
    guard case .bool(let value) = try required(name) else {
      throw failure("\"\(name)\" is not true or false")
    }
    return value
  }

  func integer(_ name: String, in range: ClosedRange<Int>) throws(ClientFailure) -> Int {
    let value = try integer(name)
    guard range.contains(value) else {
      throw failure("\"\(name)\" is not from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func identifier(_ name: String) throws(ClientFailure) -> Int32 {
    Int32(try integer(name, in: 0...(Tokenizer.maximumID - 1)))
  }
}

/// The `model` of a tokenizer.
private struct Vocabulary {
  let model: WordPiece
  let largestCount: Int

  init(_ object: JSONObject) throws(ClientFailure) {
    try object.requireType("WordPiece")
    try object.allow([
      "type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab",
    ])
    guard case .object(let members) = try object.required("vocab"),
      (1...Tokenizer.maximumWords).contains(members.count)
    else { throw object.failure("\"vocab\" is not a list of 1 to \(Tokenizer.maximumWords) words") }
    var words = ByteTrie(capacity: members.reduce(0) { $0 + $1.name.utf8.count })
    for member in members {
      guard case .number(let digits) = member.value, let id = Int32(digits),
        (0..<Int32(Tokenizer.maximumID)).contains(id)
      else { throw object.failure("\"vocab\" has a word whose id is not possible") }
      words.insert(member.name.utf8, id)
    }
    guard let unknown = words.value(try object.string("unk_token").utf8) else {
      throw object.failure("\"unk_token\" is not in the vocabulary")
    }
    largestCount = members.count
    model = WordPiece(
      vocabulary: words, wordCount: members.count, unknownID: unknown,
      maximumScalars: try object.integer(
        "max_input_chars_per_word", in: 1...Tokenizer.maximumWordScalars),
      continuingPrefix: try object.string("continuing_subword_prefix"))
  }
}

/// The `added_tokens` of a tokenizer.
private enum AddedTokenList {
  static func read(
    _ object: JSONObject, _ vocabulary: Vocabulary, _ normalizer: BertNormalizer
  ) throws(ClientFailure) -> [AddedToken] {
    guard object.optional("added_tokens") != nil else { return [] }
    let list = try object.list("added_tokens")
    guard list.count <= Tokenizer.maximumAdded else {
      throw object.failure("more than \(Tokenizer.maximumAdded) added tokens")
    }
    var tokens: [AddedToken] = []
    var contents: Set<[UInt8]> = []
    var next = vocabulary.model.wordCount
    for (index, value) in list.enumerated() {
      let entry = try JSONObject(value, file: object.file, place: "added_tokens[\(index)]")
      let token = try read(entry)
      guard contents.insert(Array(token.content.utf8)).inserted else {
        throw entry.failure("a token that is there already")
      }
      if token.isNormalized, normalizer.normalize(token.content.unicodeScalars).isEmpty {
        throw entry.failure("nothing is left of the token when it is normalized")
      }
      // A token of the vocabulary keeps its id; others get the ids behind it, in order.
      let known = vocabulary.model.vocabulary.value(token.content.utf8)
      guard token.id == known ?? Int32(next) else {
        throw entry.failure("the token's id is not the one that its place gives it")
      }
      if known == nil { next += 1 }
      tokens.append(token)
    }
    return tokens
  }

  private static func read(_ entry: JSONObject) throws(ClientFailure) -> AddedToken {
    try entry.allow([
      "id", "content", "special", "single_word", "lstrip", "rstrip", "normalized",
    ])
    let content = try entry.string("content")
    guard (1...Tokenizer.maximumAddedBytes).contains(content.utf8.count) else {
      throw entry.failure("\"content\" is not of 1 to \(Tokenizer.maximumAddedBytes) bytes")
    }
    return AddedToken(
      id: try entry.identifier("id"), content: content,
      isSingleWord: try entry.flag("single_word"), stripsLeft: try entry.flag("lstrip"),
      stripsRight: try entry.flag("rstrip"), isNormalized: try entry.flag("normalized"))
  }
}

extension BertNormalizer {
  /// The `normalizer` of a tokenizer.
  fileprivate init(_ object: JSONObject) throws(ClientFailure) {
    try object.requireType("BertNormalizer")
    try object.allow([
      "type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase",
    ])
    let lowercases = try object.flag("lowercase")
    var strips = lowercases
    if let value = object.optional("strip_accents"), value != .null {
      strips = try object.flag("strip_accents")
    }
    self.init(
      cleansText: try object.flag("clean_text"),
      separatesIdeographs: try object.flag("handle_chinese_chars"), stripsAccents: strips,
      lowercases: lowercases)
  }
}

extension TokenTruncation {
  /// The `truncation` of a tokenizer, if there is one.
  fileprivate static func read(_ tokenizer: JSONObject) throws(ClientFailure) -> TokenTruncation? {
    guard let value = tokenizer.optional("truncation"), value != .null else { return nil }
    let object = try tokenizer.part("truncation")
    try object.allow(["max_length", "strategy", "stride", "direction"])
    let strategy = try object.string("strategy")
    guard ["LongestFirst", "OnlyFirst"].contains(strategy) else {
      throw object.failure("strategy \"\(strategy)\" is not supported; LongestFirst, OnlyFirst are")
    }
    return TokenTruncation(
      maximumTokens: try object.integer("max_length", in: 1...Tokenizer.maximumTokens),
      end: try object.end("direction"))
  }
}

extension TokenPadding {
  /// The `padding` of a tokenizer, if there is one.
  fileprivate static func read(_ tokenizer: JSONObject) throws(ClientFailure) -> TokenPadding? {
    guard let value = tokenizer.optional("padding"), value != .null else { return nil }
    let object = try tokenizer.part("padding")
    try object.allow([
      "strategy", "direction", "pad_to_multiple_of", "pad_id", "pad_type_id", "pad_token",
    ])
    var fixed: Int?
    if try object.required("strategy") != .string("BatchLongest") {
      let strategy = try object.part("strategy")
      try strategy.allow(["Fixed"])
      fixed = try strategy.integer("Fixed", in: 0...Tokenizer.maximumTokens)
    }
    var multiple = 1
    if let value = object.optional("pad_to_multiple_of"), value != .null {
      multiple = max(1, try object.integer("pad_to_multiple_of", in: 0...Tokenizer.maximumTokens))
    }
    return TokenPadding(
      fixedCount: fixed, end: try object.end("direction"), multiple: multiple,
      id: try object.identifier("pad_id"), typeID: try object.identifier("pad_type_id"))
  }
}

extension JSONObject {
  /// `Left` or `Right`; the right end where nothing is said.
  fileprivate func end(_ name: String) throws(ClientFailure) -> TextEnd {
    guard optional(name) != nil else { return .right }
    let text = try string(name)
    guard let end = TextEnd(rawValue: text) else {
      throw failure("\(name) \"\(text)\" is not supported; Left and Right are")
    }
    return end
  }
}
