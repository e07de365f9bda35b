import EphemeralModel
import EphemeralRuntime
import EphemeralWire
import Testing

@testable import EphemeralClient

/// What an enclave answers is compared with the texts before it is used.
@Suite("Embedding models")
struct EmbeddingModelTests {
  private let batch = TokenBatch(
    [
      TokenEncoding(ids: [5, 6, 7], typeIDs: [0, 0, 0], isTruncated: false),
      TokenEncoding(ids: [8], typeIDs: [0], isTruncated: false),
    ],
    padding: .standard)

  private func model(_ outputs: [(name: String, dimensions: Int?)]) throws -> EmbeddingModel {
    let values = outputs.enumerated().map { index, output in
      GraphValue(
        id: ValueID(index + 2), name: output.name, elementType: .float32,
        shape: output.dimensions.map { [Dimension](repeating: .unknown, count: $0) })
    }
    let ids = GraphValue(
      id: 1, name: "input_ids", elementType: .int64, shape: [.unknown, .unknown])
    return try EmbeddingModel(
      Graph(inputs: [ids], outputs: values, constants: [], nodes: []), file: "model.ephk")
  }

  private func vectors(
    _ model: EmbeddingModel, _ floats: [Float], _ shape: [Int]
  ) throws -> [[Float]] {
    let value = try #require(TensorValue(floats: floats, shape: shape))
    return try model.embeddings([NamedTensor(name: model.output, value: value)], of: batch)
  }

  @Test("A vector for each text is taken as it is, else the mean of its tokens' vectors")
  func vectors() throws {
    let pooled = try model([("last_hidden_state", 3), ("sentence_embedding", 2)])
    #expect(pooled.isPooled)
    #expect(try vectors(pooled, [3, 4, 0, 2], [2, 2]) == [[0.6, 0.8], [0, 1]])
    let hidden = try model([("sentence_embedding", 3), ("last_hidden_state", 3)])
    #expect(!hidden.isPooled && hidden.output == "last_hidden_state")
    let states: [Float] = [3, 0, 3, 4, 3, 8, 0, 2, 9, 9, 9, 9]
    #expect(try vectors(hidden, states, [2, 3, 2]) == [[0.6, 0.8], [0, 1]])
  }

  @Test(
    "An answer of another shape is refused",
    arguments: [[], [2], [2, 0], [1, 2], [3, 2], [2, 3, 2], [2, 2, 1]])
  func otherShapes(shape: [Int]) throws {
    let pooled = try model([("sentence_embedding", 2)])
    let numbers = [Float](repeating: 1, count: shape.reduce(1, *))
    #expect(throws: ClientFailure.self) { try vectors(pooled, numbers, shape) }
  }
}
