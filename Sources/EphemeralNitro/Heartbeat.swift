import EphemeralRuntime

/// Why the parent did not confirm that the enclave lives.
enum HeartbeatError: Error, Equatable, CaseIterable {
  /// No connection.
  case unreachable
  /// The connection ended without an answer.
  case noAnswer
  /// The answer is not the byte that was sent.
  case wrongAnswer
  /// Nothing came in time.
  case late

  /// One line for people.
  var message: StaticString {
    switch self {
    case .unreachable: "the parent takes no heartbeat"
    case .noAnswer: "the parent ended the heartbeat's connection without an answer"
    case .wrongAnswer: "the parent answered the heartbeat with something else"
    case .late: "the parent did not answer the heartbeat in time"
    }
  }
}

/// The sign of life that the parent waits for (`Spec/Boot.md §8`). It proves nothing to anyone.
final class Heartbeat: StreamHandler {
  /// The byte that goes out and comes back.
  static let byte: UInt8 = 0xB7
  /// How long connecting, sending and the answer may take together.
  static let deadlineNanoseconds: UInt64 = 5_000_000_000

  private var outcome: Result<Void, HeartbeatError>?

  private init() {}

  /// Sends one heartbeat and waits for its echo.
  static func send(to address: Address, over reactor: any Reactor) throws(HeartbeatError) {
    let heartbeat = Heartbeat()
    let stream: any ByteStream
    do throws(ReactorError) {
      stream = try reactor.connect(to: address)
    } catch {
      throw .unreachable
    }
    stream.handler = heartbeat
    let deadline = reactor.schedule(afterNanoseconds: deadlineNanoseconds) {
      heartbeat.settle(.failure(.late))
    }
    reactor.run { heartbeat.outcome == nil }
    reactor.cancel(deadline)
    switch heartbeat.outcome {
    case .success?: stream.close()
    case .failure(let error)?:
      stream.abort()
      throw error
    case nil:
      stream.abort()
      throw .late
    }
  }

  private func settle(_ result: Result<Void, HeartbeatError>) {
    if outcome == nil { outcome = result }
  }

  func streamOpened(_ stream: any ByteStream) { stream.write([Self.byte]) }

  func stream(_ stream: any ByteStream, received bytes: Span<UInt8>) {
    let isEcho = bytes.count == 1 && bytes[0] == Self.byte
    settle(isEcho ? .success(()) : .failure(.wrongAnswer))
  }

  func streamDrained(_ stream: any ByteStream) {}

  func streamPeerFinished(_ stream: any ByteStream) { settle(.failure(.noAnswer)) }

  func streamEnded(_ stream: any ByteStream, reason: StreamEnd) {
    settle(.failure(reason == .unreachable ? .unreachable : .noAnswer))
  }
}
