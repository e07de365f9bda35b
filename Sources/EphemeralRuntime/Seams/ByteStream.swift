/// How a stream ended, told to its handler exactly once.
public enum StreamEnd: String, Error, Equatable, Sendable {
  /// The peer closed its side first, or reset the connection.
  case closedByPeer
  /// This side closed it, all queued bytes handed over or the linger time over.
  case closedHere
  /// The connection could not be made.
  case unreachable
  /// More than ``ByteStream/queueMaximum`` bytes waited to be written.
  case queueOverflow
}

/// The bounds of one stream's queue, in bytes (`Spec/Protocol.md`, bounds).
public enum StreamLimits {
  /// Above this many queued bytes a relay stops reading its other side.
  public static let highWater = 1 << 20
  /// At this many queued bytes or fewer a relay reads again.
  public static let lowWater = 256 << 10
  /// A relaying stream with more queued bytes than this is given up: its peer does not read.
  public static let queueMaximum = 8 << 20
  /// The same for a stream that carries its own side's messages, of which the largest is queued
  /// whole: a padded request or result of 64 MiB, its records' overhead, and a margin.
  public static let messageQueueMaximum = 80 << 20
  /// The bytes that a simulated stream delivers at once, at most.
  public static let readSize = 64 << 10
  /// The bytes that one read of a socket takes at most: a record or a chunk of weights whole, with
  /// its head.
  public static let socketReadSize = 320 << 10
  /// How long a closing stream may take to hand over its queue, in nanoseconds.
  public static let lingerNanoseconds: UInt64 = 2_000_000_000
  /// The most bytes that one system call gives to a vsock or unix stream (`Spec/Protocol.md`
  /// §15.4): larger ones stall under some virtual machine monitors.
  public static let vsockWriteMaximum = 32 << 10
  /// How long a unix stream may take from the connection to the end of its handshake, in
  /// nanoseconds (`Spec/Protocol.md` §15.3).
  public static let handshakeNanoseconds: UInt64 = 5_000_000_000

  /// The most bytes that one system call gives to a stream of an address's kind.
  static func writeMaximum(for address: Address) -> Int {
    switch address {
    case .tcp: .max
    case .vsock, .unix: vsockWriteMaximum
    }
  }
}

/// A two-way stream of bytes that never blocks, used from its reactor's thread only.
public protocol ByteStream: AnyObject {
  /// Who is told what happens; held strongly until the stream ends.
  var handler: (any StreamHandler)? { get set }

  /// The bytes accepted by ``write(_:)`` that have not left yet.
  var queuedByteCount: Int { get }

  /// The most bytes that may wait; ``StreamLimits/queueMaximum`` unless set.
  var queueMaximum: Int { get set }

  /// Queues two pieces, one after the other, as one write; a stream may do so without a copy. After
  /// the end of the stream they are dropped.
  func write(_ head: [UInt8], _ body: [UInt8])

  /// Delivers nothing more until ``resumeReading()``.
  func pauseReading()

  /// Delivers bytes again.
  func resumeReading()

  /// Tells the peer, once the queue is empty, that nothing more comes; goes on delivering.
  func finishWriting()

  /// Ends the stream when the queue is empty or the linger time is over; delivers nothing more.
  func close()

  /// Ends the stream now and drops the queue.
  func abort()
}

extension ByteStream {
  /// Queues bytes.
  public func write(_ bytes: [UInt8]) { write([], bytes) }
}

/// What a stream tells its owner. No call comes after ``streamEnded(_:reason:)``.
public protocol StreamHandler: AnyObject {
  /// The connection stands (only for a stream made by ``Reactor/connect(to:)``).
  func streamOpened(_ stream: any ByteStream)

  /// Bytes came in order; they are valid during the call only.
  func stream(_ stream: any ByteStream, received bytes: Span<UInt8>)

  /// The queue fell to ``StreamLimits/lowWater`` after it had been above the high-water mark.
  func streamDrained(_ stream: any ByteStream)

  /// The peer sends nothing more; it may still be reading. The owner closes when it is done.
  func streamPeerFinished(_ stream: any ByteStream)

  /// The stream is over.
  func streamEnded(_ stream: any ByteStream, reason: StreamEnd)
}

/// A place where streams arrive.
public protocol StreamListener: AnyObject {
  /// The address that it really listens at, port 0 resolved.
  var address: Address { get }

  /// Leaves new connections waiting until ``resumeAccepting()``.
  func pauseAccepting()

  /// Takes new connections again.
  func resumeAccepting()

  /// Takes no new connections, for good.
  func close()
}
