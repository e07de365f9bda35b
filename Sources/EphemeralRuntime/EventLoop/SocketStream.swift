import CLinux
import Glibc

/// A connected socket as a ``ByteStream``.
final class SocketStream: ByteStream, EventSource {
  private enum State {
    case connecting
    /// Connected to a unix socket, whose peer has not yet reached the port behind it.
    case handshaking
    case open
    /// The queue leaves, then the write side closes.
    case flushing
    /// Everything has left; the peer's last bytes are read and dropped, because a close with
    /// unread bytes would reset the connection and could destroy what was just sent.
    case lingering
    case ended
  }

  var handler: (any StreamHandler)?
  var queueMaximum = StreamLimits.queueMaximum
  private let loop: EventLoop
  /// Given up as soon as the stream ends, whoever still holds the stream.
  private var owned: Descriptor?
  private let descriptor: Int32
  private var state: State
  private var number: UInt64 = 0
  /// What the loop watches for now.
  private var watched: UInt32 = 0
  private var queue = WriteQueue()
  private var isPaused = false
  private var peerHasFinished = false
  private var isFinishing = false
  private var hasFinished = false
  /// The deadline of the handshake; later that of the linger time.
  private var timer: TimerToken?
  /// Of a unix address that is connected to.
  private var handshake: HybridHandshake?
  private let writeMaximum: Int
  /// How long a connection waits for a place in the queue of a unix socket, in nanoseconds.
  private static let retryNanoseconds: UInt64 = 10_000_000

  var queuedByteCount: Int { queue.byteCount }

  /// A stream over a connection that was accepted at `address`.
  init(
    loop: EventLoop, accepted descriptor: consuming Descriptor, at address: Address
  ) throws(ReactorError) {
    self.loop = loop
    writeMaximum = StreamLimits.writeMaximum(for: address)
    self.descriptor = descriptor.number
    owned = consume descriptor
    state = .open
    watched = interest
    number = try loop.add(self, descriptor: self.descriptor, events: watched)
  }

  /// A stream over a connection that begins now.
  init(loop: EventLoop, connectingTo address: Address) throws(ReactorError) {
    guard let socket = SocketCalls.open(for: address) else {
      switch errno {
      case EAFNOSUPPORT, EPROTONOSUPPORT: throw .addressUnavailable
      default: throw .outOfResources
      }
    }
    self.loop = loop
    descriptor = socket.number
    owned = consume socket
    state = .connecting
    writeMaximum = StreamLimits.writeMaximum(for: address)
    if case .unix(_, let port) = address {
      handshake = HybridHandshake(port: port)
      timer = loop.schedule(afterNanoseconds: loop.handshakeNanoseconds) { [self] in
        end(.unreachable)
      }
    }
    begin(address)
  }

  private func begin(_ address: Address) {
    guard state == .connecting else { return }
    let code = SocketCalls.connect(descriptor, to: address) == 0 ? 0 : errno
    switch code {
    case 0, EINPROGRESS:
      do throws(ReactorError) {
        watched = interest
        number = try loop.add(self, descriptor: descriptor, events: watched)
      } catch {
        loop.later { [self] in end(.unreachable) }
      }
    case EAGAIN where handshake != nil:
      // A unix socket whose queue is full does not tell when there is room; the deadline stands.
      _ = loop.schedule(afterNanoseconds: SocketStream.retryNanoseconds) { [self] in
        begin(address)
      }
    default: loop.later { [self] in end(.unreachable) }
    }
  }

  // MARK: For the owner

  func write(_ head: [UInt8], _ body: [UInt8]) {
    guard isBeginning || state == .open, !isFinishing else { return }
    let wasEmpty = queue.isEmpty
    queue.append(head)
    queue.append(body)
    if state == .open, wasEmpty { sendQueue() }
    if queue.byteCount > queueMaximum {
      loop.later { [self] in end(.queueOverflow) }
    }
  }

  func pauseReading() {
    isPaused = true
    updateInterest()
  }

  func resumeReading() {
    isPaused = false
    updateInterest()
  }

  func finishWriting() {
    guard isBeginning || state == .open else { return }
    isFinishing = true
    finishFlushing()
  }

  func close() {
    switch state {
    case .connecting, .handshaking: abort()
    case .open:
      state = .flushing
      timer = loop.schedule(afterNanoseconds: StreamLimits.lingerNanoseconds) { [self] in
        end(.closedHere)
      }
      loop.later { [self] in finishFlushing() }
      updateInterest()
    case .flushing, .lingering, .ended: return
    }
  }

  func abort() {
    guard state != .ended else { return }
    if isBeginning || state == .open { state = .flushing }
    queue.removeAll()
    loop.later { [self] in end(.closedHere) }
  }

  // MARK: For the loop

  func ready(_ events: UInt32) {
    if state == .connecting {
      guard SocketCalls.takeError(descriptor) == 0 else { return end(.unreachable) }
      guard events & EPOLLOUT.rawValue != 0 else { return }
      guard handshake != nil else { return open() }
      state = .handshaking
    }
    if state == .handshaking { return shakeHands() }
    if events & EPOLLOUT.rawValue != 0, state == .open || state == .flushing {
      sendQueue()
      if state == .open, queue.takeDrained() { handler?.streamDrained(self) }
      finishFlushing()
    }
    let readable = events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0
    if readable, !peerHasFinished, state == .lingering || !isPaused {
      readOnce()
    } else if events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
      // Reported even when nothing is watched: without an end here the loop would spin.
      end(endReason)
    }
  }

  private func shakeHands() {
    switch handshake?.advance(descriptor) {
    case nil, .accepted: open()
    case .unfinished: updateInterest()
    case .refused: end(.unreachable)
    }
  }

  private func open() {
    stopTimer()
    handshake = nil
    state = .open
    updateInterest()
    handler?.streamOpened(self)
    if state == .open { sendQueue() }
    finishFlushing()
  }

  private func readOnce() {
    // SAFETY: the call writes at most the buffer's length.
    let count = unsafe loop.readBuffer.withUnsafeMutableBytes { buffer in
      unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
    }
    if count > 0 {
      guard state == .open else { return }
      // A reference, no copy: nobody writes to the buffer before this is over.
      let buffer = loop.readBuffer
      handler?.stream(self, received: buffer.span.extracting(first: count))
    } else if count == 0 {
      peerHasFinished = true
      if state == .lingering { return end(.closedHere) }
      updateInterest()
      if state == .open { handler?.streamPeerFinished(self) }
    } else if errno != EAGAIN, errno != EINTR {
      end(endReason)
    }
  }

  private func sendQueue() {
    while !queue.isEmpty {
      let sent = queue.withFront { first, offset, second in
        SocketCalls.send(descriptor, first, from: offset, second, maximum: writeMaximum)
      }
      guard let sent, sent >= 0 else {
        if errno == EINTR { continue }
        if errno != EAGAIN {
          // The peer is gone. What it sent before is still read; the end comes from there.
          queue.removeAll()
          if state != .open || isPaused || peerHasFinished {
            loop.later { [self] in end(endReason) }
          }
        }
        break
      }
      queue.consume(sent)
    }
    updateInterest()
  }

  /// Closes the write side when that was asked for and everything has left.
  private func finishFlushing() {
    guard queue.isEmpty, state == .flushing || (state == .open && isFinishing) else { return }
    if !hasFinished {
      hasFinished = true
      _ = shutdown(descriptor, Int32(SHUT_WR))
    }
    guard state == .flushing else { return }
    if peerHasFinished { return end(.closedByPeer) }
    state = .lingering
    updateInterest()
  }

  private var endReason: StreamEnd {
    state == .open || peerHasFinished ? .closedByPeer : .closedHere
  }

  private var interest: UInt32 {
    var events: UInt32 = 0
    switch state {
    case .connecting: events = EPOLLOUT.rawValue
    case .handshaking:
      events = handshake?.isAsking == true ? EPOLLOUT.rawValue : EPOLLIN.rawValue
    case .open, .flushing:
      if !queue.isEmpty { events |= EPOLLOUT.rawValue }
      if state == .open, !isPaused, !peerHasFinished {
        events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue
      }
    case .lingering: events = EPOLLIN.rawValue | EPOLLRDHUP.rawValue
    case .ended: break
    }
    return events
  }

  private func updateInterest() {
    guard state != .ended, number != 0 else { return }
    let interest = interest
    guard interest != watched else { return }
    watched = interest
    loop.watch(number, descriptor: descriptor, events: interest)
  }

  private var isBeginning: Bool { state == .connecting || state == .handshaking }

  private func stopTimer() {
    if let timer { loop.cancel(timer) }
    timer = nil
  }

  private func end(_ reason: StreamEnd) {
    guard state != .ended else { return }
    state = .ended
    stopTimer()
    loop.remove(number, descriptor: descriptor)
    owned = nil
    queue.removeAll()
    let handler = handler
    self.handler = nil
    handler?.streamEnded(self, reason: reason)
  }
}
