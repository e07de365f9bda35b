import EphemeralRuntime

/// One end of a connection in memory.
final class SimulatedStream: ByteStream {
  private enum State {
    case connecting
    case open
    /// Closed by its owner; what was written still travels.
    case closing
    case ended
  }

  var handler: (any StreamHandler)?
  var queueMaximum = StreamLimits.queueMaximum
  private let reactor: SimulatedReactor
  private var state = State.connecting
  private var peer: SimulatedStream?
  private var flow: SimulatedFlow?
  private var carried = 0
  private var queue = WriteQueue()
  private var isPaused = false
  private var isBlackHole = false
  private var undelivered: [[UInt8]] = []
  private var peerHasClosed = false
  private var peerHasFinished = false
  private var isFinishing = false
  /// Bytes on their way to this end.
  private var inFlight = 0

  var queuedByteCount: Int { queue.byteCount }

  init(reactor: SimulatedReactor) { self.reactor = reactor }

  func join(_ far: SimulatedStream, to address: Address, link: Int) {
    peer = far
    far.peer = self
    far.state = .open
    flow = SimulatedFlow(connection: link, address: address, isForward: true)
    far.flow = SimulatedFlow(connection: link, address: address, isForward: false)
  }

  func open() {
    guard state == .connecting else { return }
    state = .open
    handler?.streamOpened(self)
    transmit()
  }

  func write(_ head: [UInt8], _ bytes: [UInt8]) {
    let bytes = head.isEmpty ? bytes : head + bytes
    guard state == .open || state == .connecting, !bytes.isEmpty, !isFinishing else { return }
    queue.append(bytes)
    if queue.byteCount > queueMaximum {
      later { $0.finish(.queueOverflow) }
    } else {
      transmit()
    }
  }

  func pauseReading() { isPaused = true }

  func resumeReading() {
    guard isPaused else { return }
    isPaused = false
    later { $0.deliver() }
  }

  func finishWriting() {
    guard state == .open || state == .connecting, !isFinishing else { return }
    isFinishing = true
    later { $0.transmit() }
  }

  func close() {
    guard state == .open else { return abort() }
    state = .closing
    later { stream in
      if stream.queue.isEmpty { stream.finish(stream.endReason) }
    }
    _ = reactor.schedule(afterNanoseconds: StreamLimits.lingerNanoseconds) { [self] in
      finish(.closedHere)
    }
  }

  func abort() {
    guard state != .ended else { return }
    if state != .connecting { state = .closing }
    queue.removeAll()
    later { $0.finish(.closedHere) }
  }

  /// Sends what is queued, as long as the other side has room.
  private func transmit() {
    guard state == .open || state == .closing, let flow else { return }
    guard let peer else { return queue.removeAll() }
    while !queue.isEmpty, peer.hasRoom {
      guard
        let bytes = queue.withFirst({ chunk, offset in
          Array(chunk[offset..<min(offset + StreamLimits.readSize, chunk.count)])
        })
      else {
        return
      }
      queue.consume(bytes.count)
      let offset = carried
      carried += bytes.count
      if isBlackHole { continue }
      let delivery = reactor.network.interfere?(flow, offset, bytes) ?? .pieces([bytes])
      switch delivery {
      case .pieces(let pieces):
        for piece in pieces where !piece.isEmpty { travel(piece, to: peer) }
      case .hangUp:
        later { $0.finish(.closedByPeer) }
      case .blackHole:
        isBlackHole = true
      }
    }
    if state == .closing, queue.isEmpty { later { $0.finish($0.endReason) } }
    if state == .open, isFinishing, queue.isEmpty, !isBlackHole { peer.hearFinish() }
  }

  private func travel(_ bytes: [UInt8], to peer: SimulatedStream) {
    peer.inFlight += bytes.count
    _ = reactor.schedule(afterNanoseconds: reactor.network.latencyNanoseconds) { [self] in
      peer.inFlight -= bytes.count
      if let flow { reactor.network.observe?(flow, bytes) }
      peer.arrive(bytes)
    }
  }

  /// The kernel's receive window, in a simulation's terms.
  private var hasRoom: Bool {
    inFlight + undelivered.reduce(0) { $0 + $1.count } < StreamLimits.readSize * 4
  }

  private func arrive(_ bytes: [UInt8]) {
    guard state != .ended else { return }
    undelivered.append(bytes)
    deliver()
  }

  private func deliver() {
    while !isPaused, !undelivered.isEmpty {
      let bytes = undelivered.removeFirst()
      if state == .open { handler?.stream(self, received: bytes.span) }
    }
    if state == .open, !isPaused, undelivered.isEmpty, peerHasClosed, inFlight == 0,
      !peerHasFinished
    {
      peerHasFinished = true
      handler?.streamPeerFinished(self)
    }
    peer?.makeRoom()
  }

  private func makeRoom() {
    later { stream in
      stream.transmit()
      if stream.state == .open, stream.queue.takeDrained() {
        stream.handler?.streamDrained(stream)
      }
    }
  }

  /// The other side sends nothing more: what travels still arrives, then the owner is told.
  private func hearFinish() {
    guard !peerHasClosed else { return }
    peerHasClosed = true
    _ = reactor.schedule(afterNanoseconds: reactor.network.latencyNanoseconds) { [self] in
      deliver()
    }
  }

  /// The other side is gone: nothing that is written from now on arrives anywhere.
  private func hearClose() {
    peer = nil
    queue.removeAll()
    hearFinish()
  }

  private var endReason: StreamEnd { peerHasFinished ? .closedByPeer : .closedHere }

  /// Ends this side and tells the other.
  func finish(_ reason: StreamEnd) {
    guard state != .ended else { return }
    let cutOff = isBlackHole
    state = .ended
    queue.removeAll()
    undelivered = []
    let handler = handler
    self.handler = nil
    let peer = peer
    self.peer = nil
    if !cutOff { peer?.hearClose() }
    handler?.streamEnded(self, reason: reason)
  }

  private func later(_ action: @escaping (SimulatedStream) -> Void) {
    _ = reactor.schedule(afterNanoseconds: 0) { [self] in action(self) }
  }
}
