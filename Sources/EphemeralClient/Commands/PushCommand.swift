internal import EphemeralRuntime
internal import EphemeralWire

/// `push --host ADDRESS NAME.ephw`: stores a blob on a host.
enum PushCommand {
  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    let address = try HostAddress.parse(command)
    let pushed = try push(command.positionals[0], to: address)
    let blobID = pushed.blob.hexadecimal
    let sent = pushed.byteCount - pushed.resumedAt
    if command.has("--json") {
      StandardStream.output(
        JSONValue.members([
          "blobID": .string(blobID), "bytes": .integer(pushed.byteCount),
          "sentBytes": .integer(sent),
        ]).text + "\n")
    } else {
      let words =
        switch pushed.resumedAt {
        case 0: "sent"
        case pushed.byteCount: "was there already"
        default: "resumed, \(ByteCount.text(UInt64(sent))) sent"
        }
      let size = ByteCount.text(UInt64(pushed.byteCount))
      StandardStream.output("stored \(blobID), \(size), \(words)\n")
    }
    return .done
  }

  /// Stores the blob in a file, with bars where a person watches.
  static func push(_ path: String, to address: Address) throws(ClientFailure) -> PushResult {
    try FileAccess.requireReadable(path)
    let driver = try HostConnection.driver(to: address)
    let hashing = ProgressBar("hashing")
    let sending = ProgressBar("sending")
    defer {
      hashing.finish()
      sending.finish()
    }
    driver.progress = { progress in
      switch progress {
      case .hashed(let done, let total): hashing.update(UInt64(done), of: UInt64(total))
      case .pushed(let done, let total):
        hashing.finish()
        sending.update(UInt64(done), of: UInt64(total))
      case .phase, .phaseEnded: break
      }
    }
    do throws(ClientDriverError) {
      return try driver.push(path: path)
    } catch {
      if case .file(let problem) = error { throw .file(path, words(problem)) }
      throw HostConnection.failure(error, at: address)
    }
  }

  private static func words(_ error: StoreError) -> String {
    switch error {
    case .malformed, .invalidSize: "not a weight blob, or cut short"
    case .notFound: "no such file"
    case .unusableDirectory, .full, .mismatch, .outOfOrder, .busy, .inputOutput:
      "\(error.message)"
    }
  }
}
