import CLinux
import Glibc

/// A connected socket as a ``ByteStream``.
final class SocketStream: ByteStream, EventSource {
  private enum State {
    case connecting
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
  private var queue = WriteQueue()
  private var isPaused = false
  private var peerHasFinished = false
  private var isFinishing = false
  private var hasFinished = false
  private var linger: TimerToken?

  var queuedByteCount: Int { queue.byteCount }

  /// A stream over a connection that was accepted.
  init(loop: EventLoop, accepted descriptor: consuming Descriptor) throws(ReactorError) {
    self.loop = loop
    self.descriptor = descriptor.number
    owned = consume descriptor
    state = .open
    number = try loop.add(self, descriptor: self.descriptor, events: interest)
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
    let status = SocketCalls.connect(descriptor, to: address)
    let code = status == 0 ? 0 : errno
    number = try loop.add(self, descriptor: descriptor, events: interest)
    if code != 0, code != EINPROGRESS {
      loop.later { [self] in end(.unreachable) }
    }
  }

  // MARK: For the owner

  func write(_ bytes: [UInt8]) {
    guard state == .open || state == .connecting, !isFinishing else { return }
    let wasEmpty = queue.isEmpty
    queue.append(bytes)
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
    guard state == .open || state == .connecting else { return }
    isFinishing = true
    finishFlushing()
  }

  func close() {
    switch state {
    case .connecting: abort()
    case .open:
      state = .flushing
      linger = loop.schedule(afterNanoseconds: StreamLimits.lingerNanoseconds) { [self] in
        end(.closedHere)
      }
      loop.later { [self] in finishFlushing() }
      updateInterest()
    case .flushing, .lingering, .ended: return
    }
  }

  func abort() {
    guard state != .ended else { return }
    if state == .open || state == .connecting { state = .flushing }
    queue.removeAll()
    loop.later { [self] in end(.closedHere) }
  }

  // MARK: For the loop

  func ready(_ events: UInt32) {
    if state == .connecting {
      guard SocketCalls.takeError(descriptor) == 0 else { return end(.unreachable) }
      guard events & EPOLLOUT.rawValue != 0 else { return }
      state = .open
      updateInterest()
      handler?.streamOpened(self)
      if state == .open { sendQueue() }
      finishFlushing()
      return
    }
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

  private func readOnce() {
    // SAFETY: the call writes at most the buffer's length.
    let count = unsafe loop.readBuffer.withUnsafeMutableBytes { buffer in
      unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
    }
    if count > 0 {
      guard state == .open else { return }
      let bytes = Array(loop.readBuffer[..<count])
      handler?.stream(self, received: bytes.span)
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
      let sent = queue.withFirst { chunk, offset in
        // SAFETY: the call reads the rest of the chunk.
        unsafe chunk.withUnsafeBytes { bytes in
          unsafe send(
            descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset,
            Int32(MSG_NOSIGNAL))
        }
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
    loop.watch(number, descriptor: descriptor, events: interest)
  }

  private func end(_ reason: StreamEnd) {
    guard state != .ended else { return }
    state = .ended
    if let linger { loop.cancel(linger) }
    linger = nil
    loop.remove(number, descriptor: descriptor)
    owned = nil
    queue.removeAll()
    let handler = handler
    self.handler = nil
    handler?.streamEnded(self, reason: reason)
  }
}
