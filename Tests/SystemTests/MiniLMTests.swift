import EphemeralRuntime
import Foundation
import Testing

@testable import EphemeralClient

/// A sentence encoder of 22 million parameters against ONNX Runtime.
@Suite("MiniLM through three processes")
struct MiniLMTests {
  @Test("The hidden states of five sentences are ONNX Runtime's", .enabled(if: Peers.shouldRun))
  func hiddenStates() throws {
    let servers = try Servers()
    let folder = servers.folder
    let graph = folder.file("minilm.onnx")
    let reference = folder.file("reference")
    try Peers.run(Peers.graphScript, [graph], in: folder)
    try Peers.run(Peers.referenceScript, [graph, reference], in: folder)
    let made = try Run.client("decompose", graph, "--out", folder.file("minilm"), in: folder)
    try #require(made.exitCode == 0, "\(made.errors)")
    let pushed = try Run.client(
      "push", "--host", servers.address, folder.file("minilm.ephw"), in: folder)
    try #require(pushed.exitCode == 0, "\(pushed.errors)")
    let sentences = try FileManager.default.contentsOfDirectory(atPath: reference).sorted()
    #expect(sentences == ["0", "1", "2", "3", "4"])
    var worst: Float = 0
    for sentence in sentences {
      let here = "\(reference)/\(sentence)/"
      let results = folder.file("results-\(sentence)")
      let run = try Run.toEnd(
        "ephml-client",
        servers.inferArguments(
          topology: folder.file("minilm.ephk"), input: "input_ids=\(here)input_ids.npy",
          [
            "--input", "attention_mask=\(here)attention_mask.npy",
            "--input", "token_type_ids=\(here)token_type_ids.npy", "--output", results,
          ]), in: folder)
      try #require(run.exitCode == 0, "\(run.errors)")
      let got = try tensor(results + "/last_hidden_state.npy")
      let expected = try tensor(here + "last_hidden_state.npy")
      try #require(got.shape == expected.shape && got.shape.last == 384)
      let pairs = zip(try #require(got.floats), try #require(expected.floats))
      let difference = pairs.map { abs($0 - $1) }.max() ?? .infinity
      #expect(difference <= 1e-3, "sentence \(sentence) differs by \(difference)")
      worst = max(worst, difference)
    }
    print("MiniLM: hidden states of \(sentences.count) sentences differ by at most \(worst)")
  }

  /// Every hidden state within 2e-5 + 1e-4 · |expected|, which puts the cosine of any two rows above
  /// 0.99999; the numbers are of the order of 1.
  @Test(
    "Lengths from 1 to 256, alone and in padded batches, are ONNX Runtime's",
    .enabled(if: Peers.shouldRun))
  func lengths() throws {
    let folder = try TemporaryFolder()
    let (graph, cases) = (folder.file("minilm.onnx"), folder.file("cases"))
    try Peers.run(Peers.graphScript, [graph], in: folder)
    try Peers.run(Peers.lengthsScript, [graph, cases], in: folder)
    let run = try Run.toEnd("ephml-bench", ["onnx", cases], in: folder)
    #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
    #expect(run.output.hasSuffix("1 passed, 0 failed, 0 unsupported, of 1\n"))
  }

  private func tensor(_ path: String) throws -> TensorValue {
    try NumPyFormat.decode(try FileAccess.read(path, maximum: 1 << 24))
  }
}
