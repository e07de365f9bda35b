internal import EphemeralAttestation
internal import EphemeralModel
internal import EphemeralRuntime

/// `infer`: one inference inside an attested enclave.
enum InferCommand {
  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    let address = try HostAddress.parse(command)
    let policy = try PolicyFile.read(command.value("--policy") ?? "")
    let key = try TopologyFile.read(
      command.value("--topology") ?? "", passphraseFile: command.value("--passphrase-file"))
    let inputs = try inputs(command, graph: key.topology.graph)
    try checkFiles(command)
    if let folder = command.value("--output") { try checkNames(key.topology.graph, folder) }
    let isJSON = command.has("--json")
    let trace = try HostConnection.trace(command)
    do throws(SessionFailure) {
      let remote = try RemoteModel.open(host: address, key: key, policy: policy, trace: trace) {
        phase in
        if !isJSON, StandardStream.errorIsTerminal {
          let name = Style.pad(phase.name, to: 18)
          StandardStream.error("\(name) \(Style.milliseconds(phase.milliseconds))\n")
        }
      }
      let inference = try remote.infer(
        inputs, keepsPreimages: command.has("--save-request") || command.has("--save-response"))
      do throws(SessionFailure) { _ = try remote.close() } catch {
        // The answer holds all the same; its bundle says nothing about wiping.
        do throws(ClientFailure) { _ = try keep(command, remote, inference) } catch {
          throw SessionFailure(name: "output", failure: error, report: nil)
        }
        throw error
      }
      try finish(command, remote, inference)
      return .done
    } catch {
      throw error.failure
    }
  }

  /// Reads `--input NAME=FILE` for every input of the model, and nothing else.
  private static func inputs(
    _ command: ParsedCommand, graph: Graph
  ) throws(ClientFailure) -> [NamedTensor] {
    var found: [String: TensorValue] = [:]
    for text in command.values("--input") {
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
        throw .usage(
          .invalidValue(
            option: "--input", value: text, problem: "NAME=FILE is needed",
            command: command.title))
      }
      let name = String(text[..<equals])
      guard let input = graph.inputs.first(where: { $0.name == name }) else {
        let names = graph.inputs.map(\.name)
        let near = EditDistance.nearest(to: name, among: names).map { "; did you mean '\($0)'?" }
        throw .usage(
          .invalidValue(
            option: "--input", value: text,
            problem: "the model has no input '\(name)'"
              + (near ?? "; it has " + names.joined(separator: ", ")),
            command: command.title))
      }
      guard found[name] == nil else {
        throw .usage(.conflict("input '\(name)' is given more than once", command: command.title))
      }
      found[name] = try TensorFile.read(String(text[text.index(after: equals)...]), for: input)
    }
    var inputs: [NamedTensor] = []
    for input in graph.inputs {
      guard let value = found[input.name] else {
        throw .usage(.conflict("input '\(input.name)' is missing", command: command.title))
      }
      inputs.append(NamedTensor(name: input.name, value: value))
    }
    return inputs
  }

  /// Refuses, before anything is sent, output names that are no file names, and a bad folder.
  private static func checkNames(_ graph: Graph, _ folder: String) throws(ClientFailure) {
    for output in graph.outputs where fileName(output.name) == nil {
      throw .file(folder, "an output's name cannot be a file's name; leave --output out")
    }
    try FileAccess.makeFolder(folder)
  }

  /// Refuses, before anything is sent, files that would overwrite one another or what is read, and
  /// such as cannot be written.
  private static func checkFiles(_ command: ParsedCommand) throws(ClientFailure) {
    var taken: [(option: String, place: Destination)] = []
    for option in ["--topology", "--policy", "--receipt", "--save-request", "--save-response"] {
      guard let path = command.value(option) else { continue }
      let isWritten = option != "--topology" && option != "--policy"
      guard isWritten else {
        // What is only read may lie in a folder that nobody can write.
        if let place = try? Destination(path) { taken.append((option, place)) }
        continue
      }
      let place = try Destination(path)
      if let other = taken.first(where: { $0.place == place }) {
        throw .usage(
          .conflict("\(other.option) and \(option) name one file", command: command.title))
      }
      taken.append((option, place))
    }
  }

  /// The file of an output: its name, where that names nothing but a file in the folder.
  static func fileName(_ name: String) -> String? {
    guard !name.isEmpty, !name.hasPrefix("."), name.utf8.count <= 200,
      name.unicodeScalars.allSatisfy({ $0 != "/" && $0.value >= 0x20 && $0.value != 0x7f })
    else { return nil }
    return name + ".npy"
  }

  /// Writes the outputs and what `verify` needs: the bundle, and the preimages where they are asked
  /// for.
  ///
  /// - Returns: the outputs' files, by the outputs' names.
  private static func keep(
    _ command: ParsedCommand, _ remote: RemoteModel, _ inference: RemoteModel.Inference
  ) throws(ClientFailure) -> [String: String] {
    var files: [String: String] = [:]
    if let folder = command.value("--output") {
      for output in inference.outputs {
        guard let name = fileName(output.name) else { continue }
        try FileAccess.write(NumPyFormat.encode(output.value), to: folder + "/" + name)
        files[output.name] = folder + "/" + name
      }
    }
    if let path = command.value("--receipt") {
      try FileAccess.write(try remote.bundle(of: inference.receipt), to: path)
    }
    try inference.preimages?.write(
      request: command.value("--save-request"), response: command.value("--save-response"))
    return files
  }

  private static func finish(
    _ command: ParsedCommand, _ remote: RemoteModel, _ inference: RemoteModel.Inference
  ) throws(SessionFailure) {
    do throws(ClientFailure) {
      let files = try keep(command, remote, inference)
      if command.has("--json") {
        StandardStream.output(json(remote, inference, files: files).text + "\n")
      } else {
        let mark = remote.report.map { AttestationPrinter.evaluationLines($0, Style()) } ?? []
        StandardStream.output(
          text(inference, files: files) + mark.map { $0 + "\n" }.joined())
      }
    } catch {
      throw SessionFailure(name: "output", failure: error, report: nil)
    }
  }

  static func json(
    _ remote: RemoteModel, _ inference: RemoteModel.Inference, files: [String: String]
  ) -> JSONValue {
    .members([
      "outputs": .object(
        inference.outputs.map { output in
          var members = [
            JSONValue.Member("shape", .array(output.value.shape.map { .integer($0) })),
            JSONValue.Member("dtype", .string(output.value.elementType.name)),
          ]
          if let file = files[output.name] {
            members.append(JSONValue.Member("file", .string(file)))
          } else if let values = JSONTensor.object(output.value)["values"] {
            members.append(JSONValue.Member("values", values))
          }
          return JSONValue.Member(output.name, .object(members))
        }),
      "exposureMilliseconds": .real(inference.exposureMilliseconds),
      "phases": .array(remote.phases.map(\.json)),
      "sessionID": .string(Hexadecimal.encode(remote.sessionID)),
      "securityMode": remote.report?.securityMode.map { .string($0.rawValue) } ?? .null,
      "root": remote.report?.root.map { .string($0) } ?? .null,
    ])
  }

  private static func text(_ inference: RemoteModel.Inference, files: [String: String]) -> String {
    let shown = 16
    var lines: [String] = []
    for output in inference.outputs {
      let head =
        "\(InspectCommand.printable(output.name))  \(output.value.elementType.name) "
        + TensorValue.describe(output.value.shape)
      if let file = files[output.name] {
        lines.append("\(head)  \(InspectCommand.printable(file))")
        continue
      }
      var values: [String] = []
      for index in 0..<min(shown, output.value.elementCount) {
        values.append(
          ElementCoding.value(output.value.bits(at: index), output.value.elementType).text)
      }
      let more = output.value.elementCount > shown ? " …" : ""
      lines.append("\(head)  " + values.joined(separator: " ") + more)
    }
    lines.append(
      "plaintext weights in memory for \(Style.milliseconds(inference.exposureMilliseconds))")
    return lines.joined(separator: "\n") + "\n"
  }
}
