internal import EphemeralModel
internal import EphemeralRuntime
internal import Glibc

/// A text encoder's inputs and outputs: tokens in, hidden states out, one vector a text.
struct EmbeddingModel {
  /// What an encoder may take; each a matrix of texts by tokens.
  private static let known = ["input_ids", "attention_mask", "token_type_ids"]
  /// What the output is called by exports and by decomposition.
  private static let usualOutput = "last_hidden_state"

  private let inputs: [GraphValue]
  /// The output with a vector for each token.
  let output: String
  /// The length of a vector, where the topology says it.
  let dimensions: Int?

  /// - Throws: why the topology is not that of a text encoder.
  init(_ graph: Graph, file: String) throws(ClientFailure) {
    for input in graph.inputs {
      guard Self.known.contains(input.name), input.elementType == .int64,
        (input.shape?.count ?? 2) == 2
      else {
        throw .file(
          file,
          "not a text encoder: input '\(input.name)' is none of \(Self.known) as int64 by two "
            + "dimensions")
      }
    }
    guard graph.inputs.contains(where: { $0.name == Self.known[0] }) else {
      throw .file(file, "not a text encoder: it has no input '\(Self.known[0])'")
    }
    let candidates = graph.outputs.filter {
      ($0.elementType ?? .float32) == .float32 && ($0.shape?.count ?? 3) == 3
    }
    guard let output = candidates.first(where: { $0.name == Self.usualOutput }) ?? candidates.first
    else { throw .file(file, "not a text encoder: no output has a vector for each token") }
    inputs = graph.inputs
    self.output = output.name
    if case .fixed(let size)? = output.shape?.last { dimensions = size } else { dimensions = nil }
  }

  /// A batch as the model's inputs.
  func tensors(_ batch: TokenBatch) -> [NamedTensor] {
    inputs.compactMap { input in
      let values =
        switch input.name {
        case "input_ids": batch.ids
        case "attention_mask": batch.mask
        default: batch.typeIDs
        }
      var bytes = [UInt8](repeating: 0, count: values.count * 8)
      for (index, value) in values.enumerated() {
        // Ids are not negative and fit in three bytes.
        for byte in 0..<3 {
          bytes[index * 8 + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
        }
      }
      return TensorValue(
        elementType: .int64, shape: [batch.rowCount, batch.columnCount], bytes: bytes
      ).map { NamedTensor(name: input.name, value: $0) }
    }
  }

  /// The texts' vectors: the mean of their tokens' vectors, padding left out, of length 1.
  func embeddings(
    _ outputs: [NamedTensor], of batch: TokenBatch
  ) throws(ClientFailure) -> [[Float]] {
    guard let hidden = outputs.first(where: { $0.name == output })?.value,
      hidden.elementType == .float32, hidden.shape.count == 3,
      hidden.shape[0] == batch.rowCount, hidden.shape[1] == batch.columnCount,
      hidden.shape[2] > 0, hidden.shape[2] == dimensions ?? hidden.shape[2]
    else { throw ClientFailure(.peer, "the enclave's response has another shape than the texts") }
    return (0..<batch.rowCount).map { row in
      let places = row * batch.columnCount..<(row + 1) * batch.columnCount
      return Self.pooled(
        hidden.bytes, tokens: places.filter { batch.mask[$0] != 0 }, dimensions: hidden.shape[2])
    }
  }

  private static func pooled(_ bytes: [UInt8], tokens: [Int], dimensions: Int) -> [Float] {
    var sums = [Double](repeating: 0, count: dimensions)
    for token in tokens {
      var at = token * dimensions * 4
      for index in 0..<dimensions {
        let bits =
          UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16
          | UInt32(bytes[at + 3]) << 24
        sums[index] += Double(Float(bitPattern: bits))
        at += 4
      }
    }
    let count = Double(max(tokens.count, 1))
    let length = sums.reduce(0) { $0 + ($1 / count) * ($1 / count) }.squareRoot()
    // As the usual pipelines do: a vector of nothing but zeros stays one.
    let divisor = count * max(length, 1e-12)
    return sums.map { Float($0 / divisor) }
  }
}
