internal import EphemeralRuntime

/// Where embeddings go: a line each on standard output, or rows of a file.
final class EmbeddingSink {
  /// Numbers of a vector that a person is shown.
  private static let shownNumbers = 6
  /// Characters of a text that a person is shown.
  private static let shownCharacters = 48

  private let isJSON: Bool
  private let path: String?
  private let file: EmbeddingFile?
  private let showsProgress: Bool
  private var dimensions: Int?
  private var count = 0
  private var cutCount = 0
  private var cutTokens = 0

  /// - Parameter dimensions: the length of a vector, where it is known.
  init(_ command: ParsedCommand, dimensions: Int?) throws(ClientFailure) {
    isJSON = command.has("--json")
    path = command.value("--output")
    if let path { file = try EmbeddingFile(path) } else { file = nil }
    self.dimensions = dimensions
    showsProgress = StandardStream.errorIsTerminal && !StandardStream.outputIsTerminal
  }

  /// Writes results; all vectors have one length.
  func take(_ results: [Embedding]) throws(ClientFailure) {
    var lines = ""
    for result in results {
      guard result.vector.count == dimensions ?? result.vector.count else {
        throw ClientFailure(.peer, "the enclave's vectors are not all of one length")
      }
      dimensions = result.vector.count
      try file?.append(result.vector)
      if result.isTruncated {
        cutCount += 1
        cutTokens = result.tokenCount
      }
      if isJSON {
        lines += json(result).text + "\n"
      } else if file == nil {
        lines += Self.words(result)
      }
    }
    count += results.count
    StandardStream.output(lines)
    if showsProgress { StandardStream.error("\r\u{1b}[2K\(count) texts") }
  }

  /// Ends the file and says what there is to say.
  func finish() throws(ClientFailure) {
    if showsProgress, count > 0 { StandardStream.error("\r\u{1b}[2K") }
    if let file, let path {
      try file.finish(columns: dimensions ?? 0)
      if !isJSON {
        StandardStream.output("\(path)  float32 [\(file.rows), \(dimensions ?? 0)]\n")
      }
    }
    if cutCount > 0 {
      let texts = cutCount == 1 ? "1 text was" : "\(cutCount) texts were"
      StandardStream.error("ephml-client: \(texts) cut to \(cutTokens) tokens\n")
    }
  }

  /// One line; the vector is left out where a file has it.
  private func json(_ result: Embedding) -> JSONValue {
    var members = [
      JSONValue.Member("text", .string(result.text)),
      JSONValue.Member("tokens", .integer(result.tokenCount)),
      JSONValue.Member("truncated", .bool(result.isTruncated)),
      JSONValue.Member("exposureMilliseconds", .real(result.exposureMilliseconds)),
    ]
    if file == nil {
      members.append(JSONValue.Member("embedding", .array(result.vector.map { .real($0) })))
    }
    return .object(members)
  }

  private static func words(_ result: Embedding) -> String {
    let numbers = result.vector.prefix(shownNumbers).map(\.description).joined(separator: " ")
    let more = result.vector.count > shownNumbers ? " …" : ""
    let text = InspectCommand.printable(String(result.text.prefix(shownCharacters)))
    return
      "\(numbers)\(more)  \(result.vector.count) numbers, \(result.tokenCount) tokens  \(text)\n"
  }
}
