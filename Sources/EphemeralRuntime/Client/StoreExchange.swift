import EphemeralSession
import EphemeralWire

/// One conversation with a host's store: Have, or Put with resumption.
final class StoreExchange: FrameChannelOwner {
  /// What the client asks.
  enum Question {
    case have(BlobID)
    case put(BlobID, byteCount: Int)
  }

  /// What came of it.
  enum Answer: Equatable {
    case state(BlobState)
    case stored(resumedAt: Int)
  }

  /// Bytes of one PutData.
  private static let pieceBytes = 256 << 10

  private let reactor: any Reactor
  private let question: Question
  private let progressNanoseconds: UInt64
  private let read: (Int, Int) -> [UInt8]?
  private let progress: (Int) -> Void
  private var channel: FrameChannel?
  private var timer: TimerToken?
  private var nextOffset: Int?
  private var resumedAt = 0
  /// How it ended; nil while it goes on.
  private(set) var result: Result<Answer, ClientDriverError>?

  /// - Parameters:
  ///   - read: gives up to so many bytes from an offset of the blob, nil if it cannot.
  ///   - progress: gets the bytes handed over so far.
  init(
    reactor: any Reactor, host: Address, question: Question, deadlines: SessionDeadlines,
    read: @escaping (Int, Int) -> [UInt8]? = { _, _ in nil },
    progress: @escaping (Int) -> Void = { _ in }
  ) {
    self.reactor = reactor
    self.question = question
    self.read = read
    self.progress = progress
    progressNanoseconds = deadlines.storeProgress &* 1_000_000_000
    guard let stream = try? reactor.connect(to: host) else {
      result = .failure(.resources)
      return
    }
    channel = FrameChannel(
      stream: stream, allowed: [.putStatus, .haveReply, .abort], owner: self)
    armTimer()
  }

  private func armTimer() {
    if let timer { reactor.cancel(timer) }
    timer = reactor.schedule(afterNanoseconds: progressNanoseconds) { [self] in
      timer = nil
      finish(.failure(.deadlineExceeded))
    }
  }

  private func finish(_ result: Result<Answer, ClientDriverError>) {
    guard self.result == nil else { return }
    self.result = result
    if let timer { reactor.cancel(timer) }
    timer = nil
    channel?.close()
  }

  // MARK: From the channel

  func channelOpened(_ channel: FrameChannel) {
    switch question {
    case .have(let blob): channel.send(.have, Have(blobID: blob).encoded())
    case .put(let blob, let byteCount):
      channel.send(.putBegin, PutBegin(blobID: blob, size: UInt64(byteCount)).encoded())
    }
  }

  func channel(_ channel: FrameChannel, received frame: IncomingFrame<[UInt8]>) {
    guard result == nil else { return }
    armTimer()
    do throws(WireError) {
      switch (frame.type, question) {
      case (.abort, _):
        let code = try Abort(decoding: frame.payload.span).code
        finish(.failure(.aborted(code, authenticated: false)))
      case (.haveReply, .have):
        finish(.success(.state(try state(HaveReply(decoding: frame.payload.span)))))
      case (.putStatus, .put(_, let byteCount)):
        try advance(PutStatus(decoding: frame.payload.span), byteCount: byteCount)
      default: finish(.failure(.failed(.unexpectedMessage)))
      }
    } catch {
      finish(.failure(.failed(error.abortCode)))
    }
  }

  private func state(_ reply: HaveReply) throws(WireError) -> BlobState {
    let count = Int(clamping: reply.bytes)
    switch reply.state {
    case .absent: return .absent
    case .partial: return .partial(byteCount: count)
    case .stored: return .stored(byteCount: count)
    }
  }

  private func advance(_ status: PutStatus, byteCount: Int) {
    switch status.state {
    case .ready:
      guard nextOffset == nil, status.offset < UInt64(byteCount) else {
        return finish(.failure(.failed(.unexpectedMessage)))
      }
      resumedAt = Int(status.offset)
      nextOffset = resumedAt
      sendPieces(byteCount: byteCount)
    case .stored:
      // Only all of it, or a blob that the host had before, can be stored.
      guard nextOffset == nil || nextOffset == byteCount, status.offset == UInt64(byteCount) else {
        return finish(.failure(.failed(.unexpectedMessage)))
      }
      finish(.success(.stored(resumedAt: nextOffset == nil ? byteCount : resumedAt)))
    }
  }

  private func sendPieces(byteCount: Int) {
    while let offset = nextOffset, offset < byteCount, let channel, !channel.isCongested,
      result == nil
    {
      guard let bytes = read(offset, Self.pieceBytes), !bytes.isEmpty else {
        return finish(.failure(.file(.inputOutput)))
      }
      channel.send(.putData, PutData(offset: UInt64(offset), bytes: bytes).encoded())
      nextOffset = offset + bytes.count
      progress(offset + bytes.count)
    }
  }

  func channel(_ channel: FrameChannel, broken code: AbortCode) {
    finish(.failure(.failed(code)))
  }

  func channelDrained(_ channel: FrameChannel) {
    armTimer()
    if case .put(_, let byteCount) = question { sendPieces(byteCount: byteCount) }
  }

  func channelPeerFinished(_ channel: FrameChannel) { finish(.failure(.disconnected)) }

  func channelEnded(_ channel: FrameChannel, reason: StreamEnd) {
    self.channel = nil
    finish(.failure(reason == .unreachable ? .unreachable : .disconnected))
  }
}
