/// What a family calls the tensors of its layers.
struct EncoderNames {
  /// The beginning of all names: empty, or the family's.
  let root: String
  private let family: EncoderFamily

  /// The names of a checkpoint, whose encoder may stand alone or inside a larger model.
  init(_ family: EncoderFamily, in weights: StoredWeights) {
    self.family = family
    let isInside = weights.has(family.prefix + Self.wordTable)
    root = isInside ? family.prefix : ""
  }

  private static let wordTable = "embeddings.word_embeddings.weight"
  var words: String { root + Self.wordTable }
  var positions: String { root + "embeddings.position_embeddings.weight" }
  /// Nil where the family has no kinds of tokens.
  var kinds: String? {
    family == .distilbert ? nil : root + "embeddings.token_type_embeddings.weight"
  }
  var embeddingNorm: String { root + "embeddings.LayerNorm" }
  var pooler: String { root + "pooler.dense" }

  /// The names of one layer.
  func layer(_ index: Int) -> Layer {
    if family == .distilbert {
      let base = root + "transformer.layer.\(index)."
      return Layer(
        query: base + "attention.q_lin", key: base + "attention.k_lin",
        value: base + "attention.v_lin", attended: base + "attention.out_lin",
        attentionNorm: base + "sa_layer_norm", intermediate: base + "ffn.lin1",
        output: base + "ffn.lin2", outputNorm: base + "output_layer_norm")
    }
    let base = root + "encoder.layer.\(index)."
    return Layer(
      query: base + "attention.self.query", key: base + "attention.self.key",
      value: base + "attention.self.value", attended: base + "attention.output.dense",
      attentionNorm: base + "attention.output.LayerNorm",
      intermediate: base + "intermediate.dense", output: base + "output.dense",
      outputNorm: base + "output.LayerNorm")
  }

  /// The parts of one layer; each has a weight and a bias.
  struct Layer {
    let query: String
    let key: String
    let value: String
    let attended: String
    let attentionNorm: String
    let intermediate: String
    let output: String
    let outputNorm: String
  }
}
