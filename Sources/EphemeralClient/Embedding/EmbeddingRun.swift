internal import EphemeralRuntime

/// One text's result.
struct Embedding {
  let text: String
  /// Tokens, those around the text included.
  let tokenCount: Int
  let isTruncated: Bool
  /// For how long plaintext weights were in the enclave's memory for its batch, in milliseconds.
  let exposureMilliseconds: Double
  /// Of length 1.
  let vector: [Float]
}

/// Embeds texts window by window: inside one, texts of like length share a batch, so that little
/// is padded, and results come in the order of the texts.
struct EmbeddingRun {
  /// Batches of one window.
  static let windowBatches = 8

  let tokenizer: Tokenizer
  let model: EmbeddingModel
  let padding: TokenPadding
  /// Texts of one request at most.
  let batchSize: Int

  init(_ tokenizer: Tokenizer, _ model: EmbeddingModel, batchSize: Int) {
    self.tokenizer = tokenizer
    self.model = model
    self.batchSize = batchSize
    padding = (tokenizer.padding ?? .standard).toLongest
  }

  /// Texts that are in memory at once.
  var windowSize: Int { batchSize * Self.windowBatches }

  /// The texts' places in batches: the shortest texts first, equal ones in their order.
  static func batches(lengths: [Int], size: Int) -> [[Int]] {
    let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    return stride(from: 0, to: order.count, by: size).map {
      Array(order[$0..<min($0 + size, order.count)])
    }
  }

  /// Embeds one window of texts.
  ///
  /// - Parameter infer: runs one request.
  func embed(
    _ texts: [String], infer: ([NamedTensor]) throws(SessionFailure) -> RemoteModel.Inference
  ) throws(SessionFailure) -> [Embedding] {
    let encodings = texts.map(tokenizer.encode)
    var vectors = [[Float]](repeating: [], count: texts.count)
    var exposures = [Double](repeating: 0, count: texts.count)
    for places in Self.batches(lengths: encodings.map(\.ids.count), size: batchSize) {
      let batch = TokenBatch(places.map { encodings[$0] }, padding: padding)
      // Without a token there is nothing to infer: a tokenizer may add none to an empty text.
      guard batch.columnCount > 0 else {
        throw SessionFailure(
          name: "input", failure: ClientFailure(.failed, "a text has no tokens"), report: nil)
      }
      let inference = try infer(model.tensors(batch))
      do throws(ClientFailure) {
        let found = try model.embeddings(inference.outputs, of: batch)
        for (place, vector) in zip(places, found) {
          vectors[place] = vector
          exposures[place] = inference.exposureMilliseconds
        }
      } catch {
        throw SessionFailure(name: "output", failure: error, report: nil)
      }
    }
    return texts.indices.map { index in
      Embedding(
        text: texts[index], tokenCount: encodings[index].ids.count,
        isTruncated: encodings[index].isTruncated, exposureMilliseconds: exposures[index],
        vector: vectors[index])
    }
  }
}
