internal import EphemeralRuntime
internal import EphemeralWire

/// The commands' way to a host: a loop of one's own and errors in the client's words.
enum HostConnection {
  /// A driver for conversations with the host at `address`.
  static func driver(to address: Address) throws(ClientFailure) -> ClientDriver {
    do {
      return ClientDriver(
        reactor: try EventLoop(computeThreads: 1, blockingThreads: 1), host: address)
    } catch {
      throw ClientFailure(.failed, "\(error.message)")
    }
  }

  /// The trace of `--trace`; nil without the option.
  static func trace(_ command: ParsedCommand) throws(ClientFailure) -> TransitionTrace? {
    guard let path = command.value("--trace") else { return nil }
    do throws(TraceError) {
      return try TransitionTrace(path: path) { StandardStream.error("ephml-client: \($0)\n") }
    } catch {
      throw .file(path, error.message)
    }
  }

  /// A driver's error about `address` in one line that begins with the error's name.
  static func failure(_ error: ClientDriverError, at address: Address) -> ClientFailure {
    let source = address.description
    switch error {
    case .unreachable: return .peer(source, "nobody listens there")
    case .disconnected: return .peer(source, "the host closed the connection")
    case .deadlineExceeded:
      return .peer(source, "deadlineExceeded: the host did not answer in time")
    case .evidenceRefused: return AbortWords.failure(.evidenceRefused, from: source)
    case .failed(let code): return AbortWords.failure(code, from: source)
    case .aborted(let code, authenticated: true):
      return AbortWords.failure(code, from: source)
    case .aborted(let code, authenticated: false):
      let words = AbortWords.failure(code, from: source)
      return ClientFailure(words.exitCode, words.message + " (said without proof)")
    case .file(let error): return ClientFailure(.failed, "\(error.message)")
    case .resources: return ClientFailure(.failed, "no descriptors or memory left")
    }
  }
}
