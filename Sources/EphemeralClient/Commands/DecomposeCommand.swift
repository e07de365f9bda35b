internal import EphemeralAttestation
internal import EphemeralDecompose
internal import EphemeralModel
internal import EphemeralRuntime

/// `decompose MODEL --out NAME`: splits a model in two files.
enum DecomposeCommand {
  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    let name = try name(command)
    var options = DecomposeOptions()
    options.lifetime = try lifetime(command)
    options.pooling = try pooling(command)
    options.modelName = try text(command, "--name")
    options.modelVersion = try text(command, "--model-version")
    var passphrase: [UInt8] = []
    if let file = command.value("--passphrase-file") {
      passphrase = try TopologyFile.passphrase(in: file)
    }
    defer { TopologyFile.wipe(&passphrase) }
    let (tokenizer, refusal) = try tokenizer(of: command.positionals[0])
    options.tokenizer = tokenizer
    let made = try decompose(
      model: command.positionals[0], to: name, options: options,
      passphrase: passphrase.isEmpty ? nil : passphrase)
    if command.has("--json") {
      StandardStream.output(json(made).text + "\n")
    } else {
      StandardStream.output(words(made, isSealed: !passphrase.isEmpty))
    }
    if let refusal {
      let line = "not kept, so embed needs another; infer needs none"
      StandardStream.error(ClientMain.line(for: ClientFailure(.failed, "\(refusal); \(line)")))
    }
    return .done
  }

  /// The tokenizer of a folder, or why it is none that embed could use; neither for a file.
  private static func tokenizer(
    of model: String
  ) throws(ClientFailure) -> (content: [UInt8]?, refusal: String?) {
    let path = model + "/tokenizer.json"
    guard FileAccess.exists(path) else { return (nil, nil) }
    let content = try FileAccess.read(path, maximum: Tokenizer.maximumFileBytes)
    do throws(ClientFailure) { _ = try Tokenizer.parse(content, file: path) } catch {
      return (nil, error.message)
    }
    return (content, nil)
  }

  /// Splits a model, with a bar where a person watches.
  static func decompose(
    model: String, to name: String, options: DecomposeOptions, passphrase: [UInt8]?
  ) throws(ClientFailure) -> Decomposition {
    let bar = ProgressBar("sealing")
    defer { bar.finish() }
    let report = { (progress: DecomposeProgress) in
      if case .sealing(let done, let total) = progress {
        bar.update(UInt64(done), of: UInt64(total))
      }
    }
    do throws(DecomposeError) {
      guard let passphrase else {
        return try Decomposer.decompose(model: model, to: name, options: options, progress: report)
      }
      return try Decomposer.decompose(
        model: model, to: name, options: options, passphrase: passphrase.span, progress: report)
    } catch {
      throw ClientFailure(.failed, error.description)
    }
  }

  /// The value of `--out`, which must end in a name.
  private static func name(_ command: ParsedCommand) throws(ClientFailure) -> String {
    let name = command.value("--out") ?? ""
    let last = name.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard !["", ".", ".."].contains(last) else {
      throw .usage(
        .invalidValue(
          option: "--out", value: name, problem: "a name for NAME.ephk and NAME.ephw is needed",
          command: command.title))
    }
    return name
  }

  private static func lifetime(_ command: ParsedCommand) throws(ClientFailure) -> LifetimePolicy {
    do throws(UsageError) {
      let choice = try command.choice(
        "--lifetime", among: ["session", "perInference"], default: "session")
      return choice == "perInference" ? .perInference : .standard
    } catch { throw .usage(error) }
  }

  private static func pooling(_ command: ParsedCommand) throws(ClientFailure) -> PoolingChoice {
    do throws(UsageError) {
      let choice = try command.choice(
        "--pooling", among: ["stated", "none"] + Pooling.allCases.map(\.rawValue),
        default: "stated")
      if let pooling = Pooling(rawValue: choice) { return .to(pooling) }
      return choice == "none" ? .none : .asStated
    } catch { throw .usage(error) }
  }

  private static func text(
    _ command: ParsedCommand, _ option: String
  ) throws(ClientFailure) -> String? {
    guard let text = command.value(option) else { return nil }
    guard !text.isEmpty, text.utf8.count <= ModelBounds.nameBytes else {
      throw .usage(
        .invalidValue(
          option: option, value: text, problem: "1 to \(ModelBounds.nameBytes) bytes are needed",
          command: command.title))
    }
    return text
  }

  private static func json(_ made: Decomposition) -> JSONValue {
    .members([
      "topology": .string(made.topologyPath), "blob": .string(made.blobPath),
      "tokenizer": made.tokenizerPath.map { .string($0) } ?? .null,
      "blobID": .string(Hexadecimal.encode(made.topology.blob.blobID)),
      "blobBytes": .integer(made.topology.blob.layout.fileBytes),
      "weightBytes": .integer(made.weightBytes),
      "modelHash": .string(Hexadecimal.encode(made.modelHash)),
      "outputs": .array(made.topology.graph.outputs.map { .string($0.name) }),
    ])
  }

  private static func words(_ made: Decomposition, isSealed: Bool) -> String {
    let blob = ByteCount.text(UInt64(made.topology.blob.layout.fileBytes))
    let outputs = made.topology.graph.outputs.map { InspectCommand.printable($0.name) }
      .joined(separator: ", ")
    let tokenizer = made.tokenizerPath.map { "\n\($0)  the tokenizer: keep it too" } ?? ""
    return """
      \(made.topologyPath)  the topology key\(isSealed ? ", under the passphrase" : ""): keep it
      \(made.blobPath)  the weight blob, \(blob): give it to the host\(tokenizer)
      blob        \(Hexadecimal.encode(made.topology.blob.blobID))
      model hash  \(Hexadecimal.encode(made.modelHash))
      outputs     \(outputs)

      """
  }
}
