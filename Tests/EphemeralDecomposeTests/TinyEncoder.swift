import Foundation
import TestSupport

/// A Hugging Face folder of an encoder with one layer, its numbers counted up.
struct TinyEncoder {
  static let hidden = 4
  static let inner = 6

  var modelType = "bert"
  var type = "F32"
  var prefix = ""
  /// Members of config.json that are other than usual, as JSON.
  var settings: [String: String] = [:]
  var scaleName = "weight"
  var biasName = "bias"

  /// The tensors in the file's order; every value is a multiple of 1/8 below 16.
  var tensors: [Safetensors.Tensor] {
    var count = 0
    func tensor(_ name: String, _ shape: [Int]) -> Safetensors.Tensor {
      let values = (0..<shape.reduce(1, *)).map { Float((count * 7 + $0) % 128) / 8 }
      count += 1
      return Safetensors.Tensor(prefix + name, type, shape, values.flatMap(bytes))
    }
    let (hidden, inner) = (Self.hidden, Self.inner)
    func linear(_ name: String, _ from: Int, _ to: Int) -> [Safetensors.Tensor] {
      [tensor(name + ".weight", [to, from]), tensor(name + ".bias", [to])]
    }
    func norm(_ name: String) -> [Safetensors.Tensor] {
      [tensor(name + "." + scaleName, [hidden]), tensor(name + "." + biasName, [hidden])]
    }
    let isDistil = modelType == "distilbert"
    let layer = isDistil ? "transformer.layer.0." : "encoder.layer.0."
    let names =
      isDistil
      ? [
        "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin",
        "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm",
      ]
      : [
        "attention.self.query", "attention.self.key", "attention.self.value",
        "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense",
        "output.dense", "output.LayerNorm",
      ]
    var result = [
      tensor("embeddings.word_embeddings.weight", [10, hidden]),
      tensor("embeddings.position_embeddings.weight", [8, hidden]),
    ]
    if !isDistil { result.append(tensor("embeddings.token_type_embeddings.weight", [2, hidden])) }
    result += norm("embeddings.LayerNorm")
    for name in names[..<4] { result += linear(layer + name, hidden, hidden) }
    result += norm(layer + names[4])
    result += linear(layer + names[5], hidden, inner) + linear(layer + names[6], inner, hidden)
    result += norm(layer + names[7])
    if !isDistil { result += linear("pooler.dense", hidden, hidden) }
    return result
  }

  /// config.json.
  var configuration: [UInt8] {
    let isDistil = modelType == "distilbert"
    var members = [
      "model_type": "\"\(modelType)\"", isDistil ? "dim" : "hidden_size": "\(Self.hidden)",
      isDistil ? "n_layers" : "num_hidden_layers": "1",
      isDistil ? "n_heads" : "num_attention_heads": "2",
      isDistil ? "hidden_dim" : "intermediate_size": "\(Self.inner)",
    ]
    members.merge(settings) { $1 }
    let text = members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
    return Array("{\(text.joined(separator: ","))}".utf8)
  }

  /// Writes the folder's files, with the weights in `model.safetensors`.
  func write(to bench: Workbench) throws -> String {
    _ = try bench.write(Safetensors.file(tensors), as: "model.safetensors")
    _ = try bench.write(configuration, as: "config.json")
    return bench.folder.path
  }

  private func bytes(_ value: Float) -> [UInt8] {
    func little(_ bits: some FixedWidthInteger) -> [UInt8] {
      (0..<(bits.bitWidth / 8)).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }
    return switch type {
    case "F16": little(Float16(value).bitPattern)
    case "BF16": little(UInt16(value.bitPattern >> 16))
    default: little(value.bitPattern)
    }
  }
}
