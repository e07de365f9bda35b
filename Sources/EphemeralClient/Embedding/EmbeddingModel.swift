internal import EphemeralDecompose
internal import EphemeralModel
internal import EphemeralRuntime
internal import Glibc

/// A text encoder's inputs and outputs: tokens in; hidden states out, or one vector a text.
struct EmbeddingModel {
  /// What an encoder may take; each a matrix of texts by tokens.
  private static let known = ["input_ids", "attention_mask", "token_type_ids"]

  private let inputs: [GraphValue]
  /// The output that is used.
  let output: String
  /// Whether it has a vector for each text; else it has one for each token.
  let isPooled: Bool
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
    let floats = graph.outputs.filter { ($0.elementType ?? .float32) == .float32 }
    let pooled = floats.first { $0.name == Pooling.output && ($0.shape?.count ?? 2) == 2 }
    let name = HiddenStates.choose(floats.map { ($0.name, $0.shape?.count) })
    let hidden = floats.first { $0.name == name }
    guard let output = pooled ?? hidden else {
      throw .file(file, "not a text encoder: no output has a vector for each token or text")
    }
    inputs = graph.inputs
    isPooled = pooled != nil
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

  /// The texts' vectors, of length 1: pooled in the enclave, or here as the mean of their tokens'
  /// vectors, padding left out.
  func embeddings(
    _ outputs: [NamedTensor], of batch: TokenBatch
  ) throws(ClientFailure) -> [[Float]] {
    let leading = isPooled ? [batch.rowCount] : [batch.rowCount, batch.columnCount]
    guard let value = outputs.first(where: { $0.name == output })?.value,
      value.elementType == .float32, let width = value.shape.last, width > 0,
      width == dimensions ?? width, value.shape.dropLast().elementsEqual(leading)
    else { throw ClientFailure(.peer, "the enclave's response has another shape than the texts") }
    return (0..<batch.rowCount).map { row in
      // A vector that is pooled already is the mean of itself.
      if isPooled { return Self.pooled(value.bytes, tokens: [row], dimensions: width) }
      let places = row * batch.columnCount..<(row + 1) * batch.columnCount
      return Self.pooled(
        value.bytes, tokens: places.filter { batch.mask[$0] != 0 }, dimensions: width)
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
