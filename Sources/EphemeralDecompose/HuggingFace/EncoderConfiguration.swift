import EphemeralJSON

/// Families of encoders that are read, by the `model_type` of config.json.
enum EncoderFamily: String, CaseIterable {
  case bert
  case roberta
  case xlmRoberta = "xlm-roberta"
  case distilbert

  /// Whether positions count from behind the padding id, over tokens that are no padding.
  var countsPositions: Bool { self == .roberta || self == .xlmRoberta }

  /// What a checkpoint of a larger model puts before the encoder's names.
  var prefix: String {
    switch self {
    case .bert: "bert."
    case .roberta, .xlmRoberta: "roberta."
    case .distilbert: "distilbert."
    }
  }
}

/// The function between the two layers of a feed-forward block.
enum EncoderActivation: Equatable {
  case gelu
  case geluTanh
  case relu

  /// The activation of a name in `hidden_act`, or nil where it is not read.
  init?(_ name: String) {
    switch name {
    case "gelu", "gelu_python": self = .gelu
    case "gelu_new", "gelu_fast", "gelu_pytorch_tanh": self = .geluTanh
    case "relu": self = .relu
    default: return nil
    }
  }
}

/// What config.json says about an encoder.
struct EncoderConfiguration {
  let family: EncoderFamily
  let hiddenSize: Int
  let layers: Int
  let heads: Int
  let intermediateSize: Int
  let activation: EncoderActivation
  let epsilon: Float
  /// The id of padding; used where positions are counted.
  let paddingID: Int64

  /// Reads config.json.
  ///
  /// - Throws: what is wrong or not read, by its name.
  init(path: String) throws(DecomposeError) {
    let document = try JSONDocument.read(path, maximum: HuggingFaceBounds.configurationBytes)
    try self.init(ConfigurationReader(document, path: path))
  }

  private init(_ reader: ConfigurationReader) throws(DecomposeError) {
    let type = try reader.text("model_type", otherwise: nil)
    guard let family = EncoderFamily(rawValue: type) else {
      let all = EncoderFamily.allCases.map(\.rawValue).joined(separator: ", ")
      throw reader.failure("model_type \"\(type)\" is not read (\(all) are)")
    }
    let isDistil = family == .distilbert
    try reader.requireFalse("is_decoder")
    try reader.requireFalse("add_cross_attention")
    let positions = try reader.text("position_embedding_type", otherwise: "absolute")
    guard positions == "absolute" else {
      throw reader.failure("position_embedding_type \"\(positions)\" is not read (absolute is)")
    }
    let name = try reader.text(isDistil ? "activation" : "hidden_act", otherwise: "gelu")
    guard let activation = EncoderActivation(name) else {
      throw reader.failure(
        "activation \"\(name)\" is not read (gelu, gelu_new, gelu_fast, gelu_pytorch_tanh and "
          + "relu are)")
    }
    self.family = family
    self.activation = activation
    let width = 1...HuggingFaceBounds.width
    hiddenSize = try reader.integer(isDistil ? "dim" : "hidden_size", in: width)
    layers = try reader.integer(
      isDistil ? "n_layers" : "num_hidden_layers", in: 1...HuggingFaceBounds.layers)
    heads = try reader.integer(isDistil ? "n_heads" : "num_attention_heads", in: width)
    intermediateSize = try reader.integer(
      isDistil ? "hidden_dim" : "intermediate_size", in: width)
    guard hiddenSize % heads == 0 else {
      throw reader.failure("\(heads) heads do not divide a width of \(hiddenSize)")
    }
    epsilon = isDistil ? 1e-12 : try reader.epsilon("layer_norm_eps", otherwise: 1e-12)
    paddingID = Int64(
      try reader.integer(
        "pad_token_id", in: 0...(1 << 24), otherwise: family.countsPositions ? 1 : 0))
  }
}

/// The members of config.json, each refused by its name.
private struct ConfigurationReader {
  private let value: JSONValue
  private let path: String

  init(_ value: JSONValue, path: String) throws(DecomposeError) {
    self.value = value
    self.path = path
    guard case .object = value else { throw failure("is no JSON object") }
  }

  func failure(_ problem: String) -> DecomposeError {
    DecomposeError(file: path, problem: .folder(problem))
  }

  func text(_ name: String, otherwise: String?) throws(DecomposeError) -> String {
    switch value[name] ?? .null {
    case .string(let text): return text
    case .null:
      guard let otherwise else { throw failure("\(name) is missing") }
      return otherwise
    case .bool, .number, .array, .object: throw failure("\(name) is not a text")
    }
  }

  func integer(
    _ name: String, in range: ClosedRange<Int>, otherwise: Int? = nil
  ) throws(DecomposeError) -> Int {
    switch value[name] ?? .null {
    case .number(let digits):
      guard let number = Int(digits), range.contains(number) else {
        throw failure(
          "\(name) is not a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    case .null:
      guard let otherwise else { throw failure("\(name) is missing") }
      return otherwise
    case .bool, .string, .array, .object: throw failure("\(name) is not a number")
    }
  }

  func epsilon(_ name: String, otherwise: Float) throws(DecomposeError) -> Float {
    guard let member = value[name] else { return otherwise }
    guard case .number(let digits) = member, let number = Float(digits), number > 0, number <= 1
    else { throw failure("\(name) is not a number between 0 and 1") }
    return number
  }

  func requireFalse(_ name: String) throws(DecomposeError) {
    switch value[name] ?? .null {
    case .null, .bool(false): return
    case .bool, .number, .string, .array, .object: throw failure("\(name) is not read")
    }
  }
}
