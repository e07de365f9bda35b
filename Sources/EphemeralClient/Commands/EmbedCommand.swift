internal import EphemeralAttestation
internal import EphemeralDecompose
internal import EphemeralModel
internal import EphemeralRuntime

/// `embed`: texts to vectors of length 1, by a text encoder in an attested enclave.
///
/// The tokenizer stays here: the enclave receives token ids and returns a vector for each text, or
/// hidden states whose mean is taken here.
enum EmbedCommand {
  /// Texts of one request unless told otherwise.
  private static let standardBatch = 16
  private static let maximumBatch = 1_024
  /// Tokens of a text where neither tokenizer nor owner says a number.
  private static let standardTokens = 512

  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    let address = try HostAddress.parse(command)
    let batchSize: Int
    do {
      batchSize = try command.integer("--batch", in: 1...maximumBatch, default: standardBatch)
    } catch { throw .usage(error) }
    let policy = try PolicyFile.read(command.value("--policy") ?? "")
    let topologyPath = command.value("--topology") ?? ""
    let key = try TopologyFile.read(
      topologyPath, passphraseFile: command.value("--passphrase-file"))
    let model = try EmbeddingModel(key.topology.graph, file: topologyPath)
    let tokenizer = try tokenizer(command, topologyPath: topologyPath)
    let run = EmbeddingRun(tokenizer, model, batchSize: batchSize)
    let sink = try EmbeddingSink(command, dimensions: model.dimensions)
    let trace = try HostConnection.trace(command)
    var source = TextSource(command.positionals)
    // The session begins when there is something to embed.
    var texts = try source.next(run.windowSize)
    if texts.isEmpty {
      try sink.finish()
      return .done
    }
    do throws(SessionFailure) {
      let remote = try RemoteModel.open(host: address, key: key, policy: policy, trace: trace) {
        _ in
      }
      while !texts.isEmpty {
        let results = try run.embed(texts) { inputs throws(SessionFailure) in
          try remote.infer(inputs)
        }
        do throws(ClientFailure) {
          try sink.take(results)
          texts = try source.next(run.windowSize)
        } catch { throw SessionFailure(name: "output", failure: error, report: nil) }
      }
      _ = try remote.close()
    } catch {
      throw error.failure
    }
    try sink.finish()
    return .done
  }

  /// The tokenizer of `--tokenizer`, or the one that decomposition left beside the key.
  private static func tokenizer(
    _ command: ParsedCommand, topologyPath: String
  ) throws(ClientFailure) -> Tokenizer {
    let path =
      command.value("--tokenizer") ?? Decomposer.tokenizerPath(of: stem(of: topologyPath))
    if command.value("--tokenizer") == nil, !FileAccess.exists(path) {
      throw .file(path, "there is no tokenizer beside the key; give --tokenizer")
    }
    var tokenizer = try Tokenizer.read(path)
    let least = tokenizer.addedCount + 1
    let standard = tokenizer.truncation?.maximumTokens ?? standardTokens
    do throws(UsageError) {
      tokenizer.limit(
        to: try command.integer(
          "--max-tokens", in: least...Tokenizer.maximumTokens, default: max(standard, least)))
    } catch { throw .usage(error) }
    return tokenizer
  }

  /// `NAME` of `NAME.ephk`.
  static func stem(of topology: String) -> String {
    topology.hasSuffix(".ephk") ? String(topology.dropLast(".ephk".count)) : topology
  }
}
