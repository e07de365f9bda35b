internal import EphemeralJSON

/// Reads the `post_processor` of tokenizer.json: what stands around a text.
enum TokenTemplate {
  /// Pieces of a template at most.
  private static let maximumPieces = 64
  /// Ids of one special token at most.
  private static let maximumIDs = 64

  /// The template for single texts; without a post-processor the text alone.
  static func read(_ tokenizer: JSONObject) throws(ClientFailure) -> [Tokenizer.TemplatePiece] {
    guard let value = tokenizer.optional("post_processor"), value != .null else {
      return [.text(typeID: 0)]
    }
    let object = try tokenizer.part("post_processor")
    let type = try object.string("type")
    switch type {
    case "BertProcessing":
      try object.allow(["type", "sep", "cls"])
      return [
        .special([try pair(object, "cls")], typeID: 0), .text(typeID: 0),
        .special([try pair(object, "sep")], typeID: 0),
      ]
    case "TemplateProcessing":
      try object.allow(["type", "single", "pair", "special_tokens"])
      return try template(object)
    default:
      throw object.failure(
        "\"\(type)\" is not supported; BertProcessing and TemplateProcessing are")
    }
  }

  /// `["[SEP]", 102]`.
  private static func pair(_ object: JSONObject, _ name: String) throws(ClientFailure) -> Int32 {
    let list = try object.list(name)
    guard list.count == 2, case .string = list[0], let id = identifier(list[1]) else {
      throw object.failure("\"\(name)\" is not a token and its id")
    }
    return id
  }

  private static func template(
    _ object: JSONObject
  ) throws(ClientFailure) -> [Tokenizer.TemplatePiece] {
    let special = try object.part("special_tokens")
    let list = try object.list("single")
    guard list.count <= maximumPieces else {
      throw object.failure("\"single\" has more than \(maximumPieces) pieces")
    }
    var pieces: [Tokenizer.TemplatePiece] = []
    for (index, value) in list.enumerated() {
      let place = "post_processor.single[\(index)]"
      let piece = try JSONObject(value, file: object.file, place: place)
      try piece.allow(["SpecialToken", "Sequence"])
      guard piece.members.count == 1, let kind = piece.members.first?.name else {
        throw piece.failure("not one piece of a template")
      }
      let content = try piece.part(kind)
      try content.allow(["id", "type_id"])
      let name = try content.string("id")
      let typeID = try content.identifier("type_id")
      if kind == "Sequence" {
        guard name == "A" else { throw content.failure("sequence \"\(name)\" is not supported") }
        pieces.append(.text(typeID: typeID))
      } else {
        pieces.append(.special(try ids(special, name), typeID: typeID))
      }
    }
    guard pieces.count(where: { if case .text = $0 { true } else { false } }) == 1 else {
      throw object.failure("\"single\" does not have the text exactly once")
    }
    return pieces
  }

  private static func ids(_ special: JSONObject, _ name: String) throws(ClientFailure) -> [Int32] {
    let token = try special.part(name)
    let list = try token.list("ids")
    let ids = list.compactMap(identifier)
    guard ids.count == list.count, (1...maximumIDs).contains(ids.count) else {
      throw token.failure("\"ids\" is not a list of 1 to \(maximumIDs) ids")
    }
    return ids
  }

  private static func identifier(_ value: JSONValue) -> Int32? {
    guard case .number(let digits) = value, let id = Int32(digits), id >= 0,
      id < Tokenizer.maximumID
    else { return nil }
    return id
  }
}
