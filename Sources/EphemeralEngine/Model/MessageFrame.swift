internal import EphemeralModel
internal import EphemeralWire

/// What messages with tensors of the same names, types and shapes have in common: everything but the
/// sequence at their head, the random bytes and the data.
///
/// A request framed as one before it needs no reading, and its response is framed as the one then.
/// The bytes lie in the arena, because names are secret.
struct MessageFrame: Sendable {
  /// The bytes between the gaps, one part behind the other.
  private let block: ArenaBlock
  /// The random bytes and the data of each tensor, counted from behind the sequence.
  let gaps: [Range<Int>]
  /// Bytes from behind the sequence to the message's end.
  let byteCount: Int

  /// Where the sequence of a message ends, or nil where it does not begin as one does.
  static func headCount(of message: Span<UInt8>) -> Int? {
    var reader = CBORReader()
    do throws(CBORError) {
      try reader.array(in: message, exactly: 3)
      _ = try reader.unsigned(in: message)
    } catch { return nil }
    return reader.position
  }

  /// The frame of a message that has been read or written; nil where the arena has no room for it.
  init?(of message: Span<UInt8>, arena: SecretArena) {
    guard let head = Self.headCount(of: message) else { return nil }
    do {
      let body = try InferBody(decoding: message)
      gaps = ([body.random] + body.tensors.map(\.data)).map {
        $0.lowerBound - head..<$0.upperBound - head
      }
      byteCount = message.count - head
      block = try arena.allocate(byteCount - gaps.reduce(0) { $0 + $1.count })
    } catch { return nil }
    let own = bytes
    var next = 0
    for index in 0...gaps.count {
      for at in part(index) {
        own[next] = message[head + at]
        next += 1
      }
    }
  }

  private var bytes: Cells<UInt8> {
    unsafe Cells(
      base: block.base.assumingMemoryBound(to: UInt8.self), count: block.byteCount)
  }

  /// What lies before the gap at `index`, or behind the last.
  private func part(_ index: Int) -> Range<Int> {
    let start = index == 0 ? 0 : gaps[index - 1].upperBound
    return start..<(index < gaps.count ? gaps[index].lowerBound : byteCount)
  }

  /// Whether a message whose sequence ends at `head` is framed like this.
  func matches(_ message: Span<UInt8>, behind head: Int) -> Bool {
    guard message.count - head == byteCount else { return false }
    let own = bytes
    var next = 0
    for index in 0...gaps.count {
      for at in part(index) {
        if own[next] != message[head + at] { return false }
        next += 1
      }
    }
    return true
  }

  /// Writes the frame behind `head` bytes of a message; the gaps stay as they are.
  func write(to message: inout MutableSpan<UInt8>, behind head: Int) {
    precondition(message.count - head == byteCount)
    let own = bytes
    var next = 0
    for index in 0...gaps.count {
      for at in part(index) {
        message[head + at] = own[next]
        next += 1
      }
    }
  }
}

/// A request that was answered, and what the next one framed like it takes from it.
struct AnsweredRequest: Sendable {
  let request: MessageFrame
  let response: MessageFrame
  /// The model's inputs, in its order, with their places counted from behind the sequence.
  let inputs: [RequestReader.Input]

  /// Nil where the arena has no room to remember it.
  init?(
    _ request: Span<UInt8>, _ inputs: [RequestReader.Input], response: Span<UInt8>,
    arena: SecretArena
  ) {
    guard let head = MessageFrame.headCount(of: request),
      let framed = MessageFrame(of: request, arena: arena),
      let answer = MessageFrame(of: response, arena: arena)
    else { return nil }
    self.request = framed
    self.response = answer
    self.inputs = inputs.map { $0.moved(by: -head) }
  }
}
