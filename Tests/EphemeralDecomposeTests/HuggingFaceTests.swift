import EphemeralModel
import Foundation
import TestSupport
import Testing

@testable import EphemeralDecompose

@Suite("Hugging Face folders")
struct HuggingFaceTests {
  private func decompose(
    _ encoder: TinyEncoder, tokenizer: [UInt8]? = nil
  ) throws -> (bench: Workbench, made: Decomposition) {
    let bench = try Workbench()
    var options = DecomposeOptions()
    options.tokenizer = tokenizer
    let folder = try encoder.write(to: bench)
    let made = try Decomposer.decompose(
      model: folder, to: bench.folder.appendingPathComponent("out").path, options: options)
    return (bench, made)
  }

  @Test("An encoder becomes the graph that an export would give")
  func graph() throws {
    let (bench, made) = try decompose(TinyEncoder())
    let graph = made.topology.graph
    #expect(graph.inputs.map(\.name) == ["input_ids", "attention_mask", "token_type_ids"])
    #expect(graph.inputs.allSatisfy { $0.elementType == .int64 })
    #expect(graph.inputs.allSatisfy { $0.shape == [.symbol(0), .symbol(1)] })
    #expect(graph.outputs.map(\.name) == ["last_hidden_state", "pooler_output"])
    #expect(
      graph.outputs.map(\.shape) == [
        [.symbol(0), .symbol(1), .fixed(4)], [.symbol(0), .fixed(4)],
      ])
    #expect(made.topology.operatorSets == [OperatorSet(domain: "", version: 20)])
    let operations = graph.nodes.map(\.operation)
    #expect(operations.count { $0 == "MatMul" } == 9)
    #expect(operations.count { $0 == "LayerNormalization" } == 3)
    #expect(operations.contains("Gelu") && operations.last == "Tanh")
    #expect(made.tokenizerPath == nil)
    #expect(
      try bench.names() == ["config.json", "model.safetensors", "out.ephk", "out.ephw"])
  }

  @Test("Matrices lie transposed in the blob, all else as it was")
  func weights() throws {
    let encoder = TinyEncoder()
    let (bench, _) = try decompose(encoder)
    let (topology, weights) = try bench.openPair()
    let stored = Set(
      encoder.tensors.map { tensor in
        let isTable = tensor.name.contains("embeddings.weight")
        guard tensor.shape.count == 2, !isTable else { return tensor.bytes }
        let (rows, columns) = (tensor.shape[0], tensor.shape[1])
        return (0..<(rows * columns)).flatMap { place in
          let from = (place % rows * columns + place / rows) * 4
          return tensor.bytes[from..<from + 4]
        }
      })
    let found = Set(
      topology.tensors.indices.filter { topology.tensors[$0].elementType == .float32 }
        .map { Workbench.values(topology, weights, $0) })
    #expect(stored.isSubset(of: found))
    // Beside them only the three numbers of the mask and the attention.
    #expect(found.subtracting(stored).allSatisfy { $0.count == 4 })
  }

  @Test(
    "Half precision, old names and a head around the encoder change nothing",
    arguments: [
      TinyEncoder(type: "F16"), TinyEncoder(type: "BF16"), TinyEncoder(prefix: "bert."),
      TinyEncoder(scaleName: "gamma", biasName: "beta"),
    ])
  func sameModel(encoder: TinyEncoder) throws {
    let usual = try decompose(TinyEncoder()).made.topology
    let other = try decompose(encoder).made.topology
    #expect(other.graph == usual.graph)
    #expect(other.blob.weightsDigest == usual.blob.weightsDigest)
  }

  @Test("Every half has its value")
  func halves() {
    for bits in UInt16.min...UInt16.max {
      let wide = Float(bitPattern: StoredFloat.widened(bits))
      let value = Float(Float16(bitPattern: bits))
      #expect(wide.isNaN ? value.isNaN : wide == value && wide.sign == value.sign, "\(bits)")
    }
  }

  @Test("Matrices wider than a band are transposed in several")
  func bands() throws {
    let (rows, columns) = (2_000, 1_100)
    let bytes = (0..<(rows * columns)).flatMap { index in
      (0..<4).map { UInt8(truncatingIfNeeded: index >> (8 * $0)) }
    }
    let bench = try Workbench()
    let path = try bench.write(bytes, as: "matrix")
    let tensor = StoredTensor(
      file: try InputFile(path: path), range: 0..<bytes.count, format: .float32, rows: rows,
      columns: columns, isTransposed: true)
    try #require(bytes.count > StoredTensor.bandBytes)
    var written: [UInt8] = []
    try tensor.copyColumns { span throws(DecomposeError) in
      for index in span.indices { written.append(span[index]) }
    }
    #expect(written.count == bytes.count)
    for place in stride(from: 0, to: rows * columns, by: 7) {
      let from = (place % rows * columns + place / rows) * 4
      try #require(written[place * 4..<place * 4 + 4] == bytes[from..<from + 4])
    }
  }

  @Test("A model in several files is the same model")
  func shards() throws {
    let encoder = TinyEncoder()
    let usual = try decompose(encoder).made.topology
    let bench = try Workbench()
    _ = try bench.write(encoder.configuration, as: "config.json")
    let tensors = encoder.tensors
    for (name, part) in [("a.safetensors", tensors[..<9]), ("b.safetensors", tensors[9...])] {
      _ = try bench.write(Safetensors.file(Array(part)), as: name)
    }
    let map = tensors.enumerated().map {
      "\"\($1.name)\":\"\($0 < 9 ? "a" : "b").safetensors\""
    }
    func index(_ members: [String]) throws {
      let text = "{\"metadata\":{},\"weight_map\":{\(members.joined(separator: ","))}}"
      _ = try bench.write(Array(text.utf8), as: "model.safetensors.index.json")
    }
    func made() throws -> Topology {
      try Decomposer.decompose(
        model: bench.folder.path, to: bench.folder.appendingPathComponent("out").path
      ).topology
    }
    try index(map)
    let topology = try made()
    #expect(topology.graph == usual.graph)
    #expect(topology.blob.weightsDigest == usual.blob.weightsDigest)
    try index(map + [#""more":"b.safetensors""#])
    #expect(throws: DecomposeError.self) { try made() }
    try index(map + [#""more":"../b.safetensors""#])
    #expect(throws: DecomposeError.self) { try made() }
    try index(map + [#""more":"missing.safetensors""#])
    #expect(throws: DecomposeError.self) { try made() }
  }

  @Test("Families differ in their inputs, positions and activations")
  func families() throws {
    let roberta = try decompose(TinyEncoder(modelType: "roberta", prefix: "roberta.")).made.topology
    #expect(roberta.graph.nodes.contains { $0.operation == "CumSum" })
    let other = try decompose(TinyEncoder(modelType: "xlm-roberta")).made.topology
    #expect(other.graph == roberta.graph)
    let distil = try decompose(TinyEncoder(modelType: "distilbert")).made.topology
    #expect(distil.graph.inputs.map(\.name) == ["input_ids", "attention_mask"])
    #expect(distil.graph.outputs.map(\.name) == ["last_hidden_state"])
    let relu = try decompose(TinyEncoder(settings: ["hidden_act": "\"relu\""])).made.topology
    #expect(relu.graph.nodes.contains { $0.operation == "Relu" })
    let tanh = try decompose(TinyEncoder(settings: ["hidden_act": "\"gelu_new\""])).made.topology
    let gelu = try #require(tanh.graph.nodes.first { $0.operation == "Gelu" })
    #expect(gelu.string("approximate") == "tanh")
  }

  @Test("The tokenizer appears with the key, and an older one does not stay")
  func tokenizer() throws {
    let (bench, made) = try decompose(TinyEncoder(), tokenizer: [1, 2, 3])
    let path = try #require(made.tokenizerPath)
    #expect(path.hasSuffix("/out.tokenizer.json"))
    #expect(try bench.read("out.tokenizer.json") == [1, 2, 3])
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect((mode as? Int) == 0o600)
    let output = bench.folder.appendingPathComponent("out").path
    _ = try Decomposer.decompose(model: bench.folder.path, to: output)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  // MARK: Vectors for texts

  /// The folder of an encoder with these modules and this configuration of Pooling.
  private func pooledFolder(_ modules: [String], _ configuration: String) throws -> Workbench {
    let bench = try Workbench()
    _ = try TinyEncoder().write(to: bench)
    let list = modules.enumerated().map { index, name in
      #"{"idx":\#(index),"path":"\#(index == 0 ? "" : "\(index)_\(name)")","type":"st.models.\#(name)"}"#
    }
    _ = try bench.write(Array("[\(list.joined(separator: ","))]".utf8), as: "modules.json")
    try FileManager.default.createDirectory(
      at: bench.folder.appendingPathComponent("1_Pooling"), withIntermediateDirectories: true)
    _ = try bench.write(Array(configuration.utf8), as: "1_Pooling/config.json")
    return bench
  }

  private func graph(_ bench: Workbench, _ pooling: PoolingChoice = .asStated) throws -> Graph {
    var options = DecomposeOptions()
    options.pooling = pooling
    let output = bench.folder.appendingPathComponent("out").path
    return try Decomposer.decompose(model: bench.folder.path, to: output, options: options)
      .topology.graph
  }

  @Test("A folder's modules say whether a text gets one vector, unless the owner does")
  func modules() throws {
    let mean = #"{"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":false}"#
    let whole = try pooledFolder(["Transformer", "Pooling", "Normalize"], mean)
    let graph = try graph(whole)
    #expect(graph.outputs.map(\.name) == ["sentence_embedding"])
    #expect(graph.outputs.map(\.shape) == [[.symbol(0), .fixed(4)]])
    #expect(graph.nodes.last?.operation == "Div")
    #expect(graph.nodes.contains { $0.operation == "Sqrt" })
    #expect(!graph.nodes.contains { $0.operation == "Tanh" }, "the pooler is not needed")
    let hidden = try self.graph(whole, .none)
    #expect(hidden.outputs.map(\.name) == ["last_hidden_state", "pooler_output"])
    let cls = try self.graph(whole, .to(.cls))
    #expect(!cls.nodes.contains { $0.operation == "Squeeze" })
    let plain = try self.graph(try pooledFolder(["Transformer", "Pooling"], mean))
    #expect(!plain.nodes.contains { $0.operation == "Sqrt" })
    let alone = try self.graph(try pooledFolder(["Transformer"], mean))
    #expect(alone.outputs.first?.name == "last_hidden_state")
  }

  @Test(
    "Modules and modes that are not read are refused by their names",
    arguments: [
      (["Transformer", "Pooling", "Dense"], "{}", "Transformer, Pooling, Dense are not read"),
      (["Pooling"], "{}", "modules Pooling are not read"),
      (["Transformer", "Pooling"], "{}", "pooling by no mode that is true is not read"),
      (
        ["Transformer", "Pooling"], #"{"pooling_mode_lasttoken":true}"#,
        "pooling by pooling_mode_lasttoken is not read"
      ),
      (
        ["Transformer", "Pooling"],
        #"{"pooling_mode_cls_token":true,"pooling_mode_max_tokens":true}"#,
        "pooling_mode_cls_token with pooling_mode_max_tokens is not read"
      ),
      (["Transformer", "Pooling"], "[]", "no JSON object"),
    ])
  func otherModules(names: [String], configuration: String, message: String) throws {
    let bench = try pooledFolder(names, configuration)
    let error = try #require(throws: DecomposeError.self) { try graph(bench) }
    #expect(error.description.contains(message), "\(error)")
    // What the owner chooses needs no modules.
    #expect(try graph(bench, .to(.max)).outputs.map(\.name) == ["sentence_embedding"])
  }

  @Test("Modules elsewhere, or that are not there, are no reason to let hidden states out")
  func lostModules() throws {
    let bench = try pooledFolder(["Transformer", "Pooling"], "{}")
    let list = #"[{"path":"0_Transformer","type":"st.Transformer"}]"#
    _ = try bench.write(Array(list.utf8), as: "modules.json")
    let elsewhere = try #require(throws: DecomposeError.self) { try graph(bench) }
    #expect(elsewhere.description.contains("the encoder is in 0_Transformer"))
    let climbing =
      #"[{"path":"","type":"st.Transformer"},{"path":"../1_Pooling","type":"st.Pooling"}]"#
    _ = try bench.write(Array(climbing.utf8), as: "modules.json")
    let outside = try #require(throws: DecomposeError.self) { try graph(bench) }
    #expect(outside.description.contains("the path of Pooling is no plain name"))
    let path = bench.folder.appendingPathComponent("modules.json").path
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(
      atPath: path, withDestinationPath: path + ".missing")
    let dangling = try #require(throws: DecomposeError.self) { try graph(bench) }
    #expect(dangling.description.contains("cannot be read"), "\(dangling)")
  }

  @Test("Hidden states are found by name, then by shape")
  func hiddenStates() {
    #expect(
      HiddenStates.choose([("pooler", nil), ("a", 3), ("token_embeddings", nil)])
        == "token_embeddings")
    #expect(HiddenStates.choose([("pooler", nil), ("a", 3)]) == "a")
    #expect(HiddenStates.choose([("pooler", 2), ("a", nil)]) == "a")
    #expect(HiddenStates.choose([("last_hidden_state", 2)]) == nil)
  }

  @Test(
    "A file is pooled only where mask, hidden states and a free name are there",
    arguments: [
      ("attention_mask", 7, 1, "tokens", nil), ("mask", 7, 1, "tokens", "no input attention_mask"),
      ("attention_mask", 6, 1, "tokens", "no input attention_mask"),
      ("attention_mask", 7, 10, "tokens", "no output has"),
      ("attention_mask", 7, 1, "sentence_embedding", "a value sentence_embedding already"),
    ] as [(String, Int, Int, String, String?)])
  func pooledFiles(
    mask: String, maskType: Int, type: Int, output: String, message: String?
  ) throws {
    let shape: [Int?] = [nil, nil, 4]
    let model = ONNX.model(
      graph: ONNX.graph(
        nodes: [ONNX.node("Relu", ["x"], [output])],
        inputs: [
          ONNX.value("x", type: type, shape: shape),
          ONNX.value(mask, type: maskType, shape: [nil, nil]),
        ], outputs: [ONNX.value(output, type: type, shape: shape)]))
    let bench = try Workbench()
    var options = DecomposeOptions()
    options.pooling = .to(.mean)
    guard let message else {
      let graph = try bench.decompose(model, options: options).topology.graph
      #expect(graph.outputs.map(\.name) == ["sentence_embedding"])
      return
    }
    let error = try #require(throws: DecomposeError.self) {
      try bench.decompose(model, options: options)
    }
    #expect(error.description.contains(message), "\(error)")
  }

  @Test("What is no text encoder cannot be pooled")
  func notPooled() throws {
    let bench = try Workbench()
    var options = DecomposeOptions()
    options.pooling = .to(.mean)
    let digits = try Workbench.digits()
    let error = try #require(throws: DecomposeError.self) {
      try bench.decompose(digits, options: options)
    }
    #expect(error.description.contains("cannot be pooled: no output has"), "\(error)")
  }

  @Test(
    "What is not read is refused by its name",
    arguments: [
      ("model_type", "\"t5\"", "model_type \"t5\" is not read (bert, roberta"),
      ("hidden_act", "\"silu\"", "activation \"silu\" is not read (gelu"),
      ("position_embedding_type", "\"relative_key\"", "\"relative_key\" is not read (absolute"),
      ("is_decoder", "true", "is_decoder is not read"),
      ("num_attention_heads", "3", "3 heads do not divide a width of 4"),
      ("num_hidden_layers", "2", "has no tensor encoder.layer.1.attention.self.query.weight"),
      ("num_hidden_layers", "257", "num_hidden_layers is not a whole number from 1 to 256"),
      ("hidden_size", "null", "hidden_size is missing"),
      ("hidden_size", "8", "shape [10, 4], but the configuration asks for [10, 8]"),
      ("layer_norm_eps", "0", "layer_norm_eps is not a number between 0 and 1"),
    ])
  func refusals(name: String, value: String, message: String) throws {
    let error = try #require(throws: DecomposeError.self) {
      try decompose(TinyEncoder(settings: [name: value]))
    }
    #expect(error.description.contains(message), "\(error)")
  }

  @Test("Weights of a type that is not read, and folders without weights, are refused")
  func otherWeights() throws {
    let error = try #require(throws: DecomposeError.self) {
      try decompose(TinyEncoder(type: "U32"))
    }
    #expect(error.description.contains("has type U32, which is not read as a weight"))
    let bench = try Workbench()
    _ = try bench.write(TinyEncoder().configuration, as: "config.json")
    let none = try #require(throws: DecomposeError.self) {
      try Decomposer.read(model: bench.folder.path)
    }
    #expect(none.description.contains("has neither model.safetensors nor"))
  }
}
