internal import EphemeralAttestation
internal import EphemeralModel
internal import EphemeralRuntime

/// `inspect NAME.ephk`: what a topology key holds, without the key.
enum InspectCommand {
  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    let key = try TopologyFile.read(
      command.positionals[0], passphraseFile: command.value("--passphrase-file"))
    let hash = Hexadecimal.encode(key.modelHash)
    if command.has("--json") {
      StandardStream.output(json(key.topology, modelHash: hash).text + "\n")
    } else {
      StandardStream.output(text(key.topology, modelHash: hash))
    }
    return .done
  }

  static func json(_ topology: Topology, modelHash: String) -> JSONValue {
    .members([
      "model": .string(topology.modelName), "version": .string(topology.modelVersion),
      "modelHash": .string(modelHash), "blob": .string(Hexadecimal.encode(topology.blob.blobID)),
      "blobBytes": .integer(topology.blob.layout.fileBytes),
      "lifetime": lifetime(topology.lifetime),
      "inputs": .array(topology.graph.inputs.map(value)),
      "outputs": .array(topology.graph.outputs.map(value)),
      "operators": .object(
        operators(topology).map { JSONValue.Member($0.name, .integer($0.count)) }),
      "tensors": .integer(topology.tensors.count),
      "weightBytes": .integer(topology.tensors.reduce(0) { $0 + $1.byteCount }),
    ])
  }

  static func text(_ topology: Topology, modelHash: String) -> String {
    let style = Style()
    var lines = [
      "model       \(style.bold(printable(topology.modelName))), "
        + "version \(printable(topology.modelVersion))",
      "model hash  \(modelHash)",
      "blob        \(Hexadecimal.encode(topology.blob.blobID)).ephw, "
        + ByteCount.text(UInt64(topology.blob.layout.fileBytes)),
    ]
    switch topology.lifetime {
    case .perInference: lines.append("lifetime    assembled for each inference and wiped after it")
    case .session(let inferences, let seconds):
      lines.append("lifetime    a session: at most \(inferences) inferences and \(seconds) s")
    }
    for (title, values) in [("input", topology.graph.inputs), ("output", topology.graph.outputs)] {
      for value in values {
        let shape = value.shape.map(TensorFile.describe) ?? ""
        let type = value.elementType?.name ?? ""
        lines.append("\(Style.pad(title, to: 11)) \(printable(value.name))  \(type) \(shape)")
      }
    }
    let bytes = topology.tensors.reduce(0) { $0 + $1.byteCount }
    lines.append("tensors     \(topology.tensors.count), \(ByteCount.text(UInt64(bytes)))")
    lines.append("operators   \(topology.nodeCount):")
    for (name, count) in operators(topology) {
      lines.append("  \(Style.pad(printable(name), to: 28)) \(count)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A name without anything that could steer a terminal.
  static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: "\u{fffd}"
          default: scalar
          }
        }))
  }

  /// How often each operator occurs, in all graphs, by name.
  static func operators(_ topology: Topology) -> [(name: String, count: Int)] {
    var counts: [String: Int] = [:]
    var graphs = [topology.graph]
    while let graph = graphs.popLast() {
      for node in graph.nodes {
        let name = node.domain.isEmpty ? node.operation : "\(node.domain).\(node.operation)"
        counts[name, default: 0] += 1
        for attribute in node.attributes {
          if case .graph(let inner) = attribute.value { graphs.append(inner) }
        }
      }
    }
    return counts.sorted { $0.key < $1.key }.map { (name: $0.key, count: $0.value) }
  }

  private static func lifetime(_ policy: LifetimePolicy) -> JSONValue {
    switch policy {
    case .perInference: .members(["policy": .string("perInference")])
    case .session(let inferences, let seconds):
      .members([
        "policy": .string("session"), "maximumInferences": .integer(inferences),
        "maximumSeconds": .integer(seconds),
      ])
    }
  }

  private static func value(_ value: GraphValue) -> JSONValue {
    .members([
      "name": .string(value.name),
      "dtype": value.elementType.map { .string($0.name) } ?? .null,
      "shape": value.shape.map { shape in
        .array(
          shape.map { dimension in
            if case .fixed(let size) = dimension { return .integer(size) }
            return .null
          })
      } ?? .null,
    ])
  }
}
