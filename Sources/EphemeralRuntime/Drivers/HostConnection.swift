import EphemeralSession
import EphemeralWire

/// One client of a host, and the connection to the enclave that its session has.
final class HostConnection: FrameChannelOwner {
  private typealias Event = HostEvent<[UInt8]>

  private let server: HostServer
  private let number: Int
  private let codec: LibcryptoCryptography
  private var machine: HostSession<LibcryptoCryptography>
  private var inbox = EventInbox<Event>()
  private var client: FrameChannel?
  private var enclave: FrameChannel?
  private var closedSides: Set<HostSide> = []
  private var timer: TimerToken?
  private var isOver = false
  private var session: [UInt8]?
  private var blob: BlobID?
  private var trace: RunTrace?
  private lazy var storing = BlobReceiver(server: server)
  private lazy var serving = BlobSender(server: server)

  private var reactor: any Reactor { server.reactor }

  init(server: HostServer, number: Int, stream: any ByteStream) {
    self.server = server
    self.number = number
    let time = SessionTime(
      nanoseconds: server.reactor.nowNanoseconds, unixSeconds: server.reactor.unixSeconds)
    codec = LibcryptoCryptography(policy: nil)
    machine = HostSession(
      configuration: HostConfiguration(codec: codec, deadlines: server.options.deadlines), at: time)
    trace = RunTrace(server.options.trace, role: .host, reactor: server.reactor)
    client = FrameChannel(stream: stream, allowed: .hostFromClient, owner: self)
    armTimer()
  }

  /// The operator stops the host.
  func cancel() { handle(.cancel) }

  // MARK: The machine

  private func handle(_ event: Event) {
    guard inbox.begin(event) else { return }
    while let event = inbox.next() {
      let actions = machine.handle(event, at: time)
      trace?.record(event, actions, machine.last)
      for action in actions { perform(action) }
    }
    armTimer()
  }

  private var time: SessionTime {
    SessionTime(nanoseconds: reactor.nowNanoseconds, unixSeconds: reactor.unixSeconds)
  }

  private func armTimer() {
    if let timer { reactor.cancel(timer) }
    timer = nil
    guard !isOver, let deadline = machine.deadline else { return }
    timer = reactor.schedule(atNanoseconds: deadline) { [self] in
      timer = nil
      handle(.deadline)
    }
  }

  private func perform(_ action: HostAction<[UInt8]>) {
    switch action {
    case .send(let frame, let side): send(frame.type, frame.payload, to: side)
    case .forward(let frame, let side): forward(frame, to: side)
    case .connectEnclave: connectEnclave()
    case .beginStore(let name, let size):
      blob = BlobID(name)
      storing.begin(BlobID(name), byteCount: size) { [self] in report($0) }
    case .storeData(let offset, let bytes):
      storing.write(bytes, at: offset) { [self] in report($0) }
      if storing.isCongested { client?.pauseReading() }
    case .finishStore: storing.finish { [self] in report($0) }
    case .abandonStore: storing.abandon()
    case .lookUpBlob(let name): lookUp(BlobID(name))
    case .readWeights(let range):
      serving.add(range, session: session) { [self] in report($0) }
      pumpWeights()
    case .logEnclave(let record):
      _ = server.audit?.appendEnclaveRecord(record, unixSeconds: reactor.unixSeconds)
    case .audit(let event):
      server.audit?.append(event, session: session, blob: blob, unixSeconds: reactor.unixSeconds)
    case .finishWritingToEnclave:
      enclave?.finishWriting()
      client?.resumeReading()
    case .close: close()
    }
  }

  /// What the file work of a host comes to.
  private func report(_ outcome: StoreOutcome) {
    guard !isOver else { return }
    switch outcome {
    case .ready(let offset): handle(.storeReady(offset: offset))
    case .written: if !storing.isCongested { client?.resumeReading() }
    case .stored: handle(.stored)
    case .refused(let error):
      server.audit?.append(
        .blobRefused, session: session, blob: blob, code: "\(error.abortCode)",
        unixSeconds: reactor.unixSeconds)
      handle(.failed(error.abortCode))
    case .chunk(let fields):
      handle(.weightsRead(fields))
      pumpWeights()
    case .unserved(let error):
      handle(.failed(error == .notFound ? .weightsUnavailable : error.abortCode))
    }
  }

  private func lookUp(_ name: BlobID) {
    let store = server.store
    reactor.perform(on: .blocking) {
      store.state(of: name)
    } then: { [self] state in
      guard !isOver else { return }
      switch state {
      case .absent: handle(.blobFound(.absent))
      case .partial(let count): handle(.blobFound(.partial(bytes: UInt64(count))))
      case .stored(let count): handle(.blobFound(.stored(bytes: UInt64(count))))
      }
    }
  }

  // MARK: Relaying

  private func channel(_ side: HostSide) -> FrameChannel? {
    side == .client ? client : enclave
  }

  private func send(_ type: FrameType, _ payload: [UInt8], to side: HostSide) {
    channel(side)?.send(type, payload)
  }

  /// Passes a frame on; when the receiver does not keep up, the sender is not read for a while.
  private func forward(_ frame: IncomingFrame<[UInt8]>, to side: HostSide) {
    if side == .client, frame.type == .evidence {
      session = codec.decodeEvidence(frame.payload)?.fields.sessionID
    }
    send(frame.type, frame.payload, to: side)
    guard let receiver = channel(side), receiver.isCongested else { return }
    channel(side == .client ? .enclave : .client)?.pauseReading()
  }

  private func connectEnclave() {
    guard let stream = try? reactor.connect(to: server.options.enclave) else {
      return handle(.failed(.enclaveUnreachable))
    }
    enclave = FrameChannel(stream: stream, allowed: .hostFromEnclave, owner: self)
  }

  private func pumpWeights() {
    guard !isOver, let enclave, !enclave.isCongested else { return }
    serving.readNext()
  }

  private func close() {
    guard !isOver else { return }
    isOver = true
    storing.abandon()
    serving.drop()
    armTimer()
    client?.close()
    enclave?.close()
    forgetWhenDone()
  }

  private func forgetWhenDone() {
    if isOver, client == nil, enclave == nil { server.forget(number) }
  }

  // MARK: From the channels

  func channelOpened(_ channel: FrameChannel) {}

  func channel(_ channel: FrameChannel, received frame: IncomingFrame<[UInt8]>) {
    guard !isOver else { return }
    handle(.frame(frame, from: side(of: channel)))
  }

  func channel(_ channel: FrameChannel, broken code: AbortCode) {
    guard !isOver else { return }
    handle(.broken(code, side(of: channel)))
  }

  func channelDrained(_ channel: FrameChannel) {
    if channel === enclave {
      if !storing.isCongested { client?.resumeReading() }
      pumpWeights()
    } else {
      enclave?.resumeReading()
    }
  }

  func channelPeerFinished(_ channel: FrameChannel) { hearClose(side(of: channel)) }

  func channelEnded(_ channel: FrameChannel, reason: StreamEnd) {
    let side = side(of: channel)
    if side == .client { client = nil } else { enclave = nil }
    if reason == .unreachable, !isOver {
      closedSides.insert(side)
      handle(.failed(.enclaveUnreachable))
    } else {
      hearClose(side)
    }
    forgetWhenDone()
  }

  private func hearClose(_ side: HostSide) {
    guard !isOver, closedSides.insert(side).inserted else { return }
    handle(.closed(side))
  }

  private func side(of channel: FrameChannel) -> HostSide {
    channel === enclave ? .enclave : .client
  }
}
