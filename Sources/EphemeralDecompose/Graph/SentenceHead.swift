import EphemeralJSON
import EphemeralModel
import Foundation

/// How the vectors of a text's tokens become one vector for the text.
public enum Pooling: String, CaseIterable, Sendable {
  /// The mean of the tokens that the mask has.
  case mean
  /// The first token's.
  case cls
  /// Of each component the largest, among the tokens that the mask has.
  case max

  /// The output that has the vector of each text: [batch, hidden].
  public static let output = "sentence_embedding"
}

/// Whether a text encoder's graph ends in one vector for each text (`Spec/Formats.md` §9).
public enum PoolingChoice: Equatable, Sendable {
  /// As the folder's `modules.json` says; a file, and a folder without one, are left as they are.
  case asStated
  /// No pooling: hidden states leave the enclave.
  case none
  /// This pooling, then scaling to length 1, whatever the folder says.
  case to(Pooling)
}

/// Which output of an encoder has a vector for each token.
public enum HiddenStates {
  /// What it is called by those who export encoders.
  private static let usual = ["last_hidden_state", "token_embeddings"]

  /// The name of the output, of all that are float32 and their numbers of dimensions where stated:
  /// one of a usual name, else the first of three dimensions, else the first that does not say.
  public static func choose(_ outputs: [(name: String, dimensions: Int?)]) -> String? {
    let candidates = outputs.filter { ($0.dimensions ?? 3) == 3 }
    let chosen =
      candidates.first { usual.contains($0.name) } ?? candidates.first { $0.dimensions != nil }
      ?? candidates.first
    return chosen?.name
  }
}

/// The end of a sentence encoder: pooling, and perhaps scaling to length 1.
struct SentenceHead: Equatable {
  private static let mask = "attention_mask"
  /// What keeps divisions by nothing finite, as in the usual pipelines.
  private static let (leastCount, leastLength): (Float, Float) = (1e-9, 1e-12)
  /// What is added to a token that the mask leaves out where the largest is looked for.
  private static let lowest: Float = -1e9

  let pooling: Pooling
  let isNormalized: Bool

  init(pooling: Pooling, isNormalized: Bool) {
    self.pooling = pooling
    self.isNormalized = isNormalized
  }

  /// The head of a choice; nil for none. `folder` is the model's, nil for a file.
  init?(_ choice: PoolingChoice, folder: String?) throws(DecomposeError) {
    switch choice {
    case .none: return nil
    case .to(let pooling): self.init(pooling: pooling, isNormalized: true)
    case .asStated:
      guard let folder, let head = try Self.stated(by: folder) else { return nil }
      self = head
    }
  }

  /// The head that a folder's `modules.json` asks for, or nil where there is no such file or it names
  /// the encoder alone.
  ///
  /// - Throws: the module or way of pooling that is not read.
  static func stated(by folder: String) throws(DecomposeError) -> SentenceHead? {
    let path = folder + "/modules.json"
    // A link into nowhere is an error below, not a folder that says nothing.
    guard (try? FileManager.default.attributesOfItem(atPath: path)) != nil else { return nil }
    func failure(_ problem: String, _ file: String = path) -> DecomposeError {
      let way = "; --pooling none, mean, cls or max does without it"
      return DecomposeError(file: file, problem: .folder(problem + way))
    }
    let document = try JSONDocument.read(path, maximum: HuggingFaceBounds.configurationBytes)
    guard case .array(let modules) = document else { throw failure("is no list of modules") }
    var names: [String] = []
    var paths: [String: String] = [:]
    for module in modules {
      guard case .string(let type)? = module["type"], case .string(let place)? = module["path"]
      else { throw failure("a module has no type or no path") }
      let name = String(type.split(separator: ".").last ?? "")
      names.append(name)
      paths[name] = place
    }
    if let place = paths["Transformer"], !place.isEmpty {
      throw failure("the encoder is in \(place), which is not read (the folder itself is)")
    }
    switch names {
    case ["Transformer"]: return nil
    case ["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]: break
    default:
      throw failure(
        "the modules \(names.joined(separator: ", ")) are not read (Transformer, Pooling and "
          + "Normalize are, in this order)")
    }
    guard let poolingPath = paths["Pooling"], StoredWeights.isPlain(poolingPath) else {
      throw failure("the path of Pooling is no plain name")
    }
    let configuration = "\(folder)/\(poolingPath)/config.json"
    let members = try JSONDocument.read(
      configuration, maximum: HuggingFaceBounds.configurationBytes)
    guard case .object(let list) = members else { throw failure("no JSON object", configuration) }
    let chosen = list.filter { $0.name.hasPrefix("pooling_mode") && $0.value == .bool(true) }
    let modes: [String: Pooling] = [
      "pooling_mode_mean_tokens": .mean, "pooling_mode_cls_token": .cls,
      "pooling_mode_max_tokens": .max,
    ]
    guard chosen.count == 1, let pooling = modes[chosen[0].name] else {
      let found =
        chosen.isEmpty
        ? "no mode that is true" : chosen.map(\.name).joined(separator: " with ")
      throw failure(
        "pooling by \(found) is not read (mean, cls and max are, one alone)", configuration)
    }
    return SentenceHead(pooling: pooling, isNormalized: names.count == 3)
  }

  /// Lets a graph end in this head alone.
  ///
  /// - Throws: what the graph lacks.
  func appended(to graph: ONNXGraph, path: String) throws(DecomposeError) -> ONNXGraph {
    func failure(_ problem: String) -> DecomposeError {
      DecomposeError(file: path, problem: .notPooled(problem))
    }
    let floats = graph.outputs.filter { $0.elementType == Int(ElementType.float32.rawValue) }
    guard
      let name = HiddenStates.choose(floats.map { ($0.name, $0.shape?.count) }),
      let hidden = floats.first(where: { $0.name == name })
    else { throw failure("no output has a float32 vector for each token") }
    guard
      graph.inputs.contains(where: {
        $0.name == Self.mask && $0.elementType == Int(ElementType.int64.rawValue)
          && ($0.shape?.count ?? 2) == 2
      })
    else { throw failure("it has no input \(Self.mask), int64 by two dimensions") }
    let names = GraphDraft.names(in: graph)
    guard !names.contains(Pooling.output) else {
      throw failure("it has a value \(Pooling.output) already")
    }
    var draft = GraphDraft(extending: graph, avoiding: names, prefix: "pooling/")
    let pooled = pool(hidden.name, in: &draft)
    if isNormalized {
      normalize(pooled, in: &draft)
    } else {
      draft.node("Identity", [pooled], output: Pooling.output)
    }
    let shape = hidden.shape ?? [.unknown, .unknown, .unknown]
    draft.graph.outputs = [
      ONNXValue(
        name: Pooling.output, elementType: hidden.elementType, shape: [shape[0], shape[2]])
    ]
    return draft.graph
  }

  private func pool(_ hidden: String, in draft: inout GraphDraft) -> String {
    if pooling == .cls {
      return draft.node("Gather", [hidden, draft.scalar("first", 0)], [.int("axis", 1)])
    }
    let mask = draft.node(
      "Cast", [Self.mask], [.int("to", Int64(ElementType.float32.rawValue))])
    let axis = draft.vector("axis1", [1])
    if pooling == .max {
      let wide = draft.node("Unsqueeze", [mask, draft.vector("axis2", [2])])
      let open = draft.node("Sub", [draft.number("one", 1), wide])
      let low = draft.node("Mul", [open, draft.number("lowest", Self.lowest)])
      let masked = draft.node("Add", [hidden, low])
      return draft.node("ReduceMax", [masked, axis], [.int("keepdims", 0)])
    }
    // A row of zeros and ones times the tokens' vectors is their sum.
    let row = draft.node("Unsqueeze", [mask, axis])
    let sum = draft.node("Squeeze", [draft.node("MatMul", [row, hidden]), axis])
    let count = draft.node("ReduceSum", [mask, axis], [.int("keepdims", 1)])
    let divisor = draft.node("Clip", [count, draft.number("leastCount", Self.leastCount)])
    return draft.node("Div", [sum, divisor])
  }

  private func normalize(_ pooled: String, in draft: inout GraphDraft) {
    let squares = draft.node("Mul", [pooled, pooled])
    let sum = draft.node("ReduceSum", [squares, draft.vector("axis1", [1])], [.int("keepdims", 1)])
    let least = draft.number("leastLength", Self.leastLength)
    let length = draft.node("Clip", [draft.node("Sqrt", [sum]), least])
    draft.node("Div", [pooled, length], output: Pooling.output)
  }
}
