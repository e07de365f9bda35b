import EphemeralWire

@testable import EphemeralRuntime
import EphemeralSimulation

/// A hostile wire: listens where one side connects, connects to where it wanted to go, passes
/// frames on, and does to some of them what it was told.
final class FaultyLink {
  let hop: Hop
  fileprivate let reactor: SimulatedReactor
  /// Where the wire leads to.
  let target: Address
  private(set) var address: Address
  /// What to do to the frames of one connection, by their place.
  private var faults: [FrameSpot: Fault] = [:]
  private var faultedConnection = 0
  private var connectionCount = 0
  /// Told each frame before anything happens to it.
  var observe: (FrameSpot, Frame) -> Void = { _, _ in }
  /// Makes another frame of one on the armed connection, before faults meet it.
  var replaceAt: (FrameSpot, Frame) -> Frame = { $1 }
  /// The same where the place does not matter.
  var replace: (Frame) -> Frame = { $0 }
  /// The faults that really met a frame, and the frame that they met.
  private(set) var struck: [(spot: FrameSpot, fault: Fault, type: FrameType)] = []

  init(hop: Hop, reactor: SimulatedReactor, target: Address) throws {
    self.hop = hop
    self.reactor = reactor
    self.target = target
    address = target
    let listener = try reactor.listen(at: .tcp(.loopback, port: 0)) { [unowned self] in
      accept($0)
    }
    address = listener.address
  }

  /// Lets `faults` meet the next connection, and no other.
  func arm(_ faults: [FrameSpot: Fault]) {
    self.faults = faults
    faultedConnection = connectionCount
    struck = []
  }

  private func accept(_ near: any ByteStream) {
    let number = connectionCount
    connectionCount += 1
    guard let far = try? reactor.connect(to: target) else { return near.abort() }
    let forward = LinkDirection(link: self, number: number, isForward: true, output: far)
    let back = LinkDirection(link: self, number: number, isForward: false, output: near)
    forward.opposite = back
    back.opposite = forward
    near.handler = forward
    far.handler = back
  }

  /// What a frame of a connection is replaced by.
  func replacement(_ spot: FrameSpot, of connection: Int, _ frame: Frame) -> Frame {
    connection == faultedConnection ? replace(replaceAt(spot, frame)) : frame
  }

  /// The fault of a frame, from now on counted as struck.
  func strike(_ spot: FrameSpot, of connection: Int, _ frame: Frame) -> Fault? {
    guard connection == faultedConnection else { return nil }
    observe(spot, frame)
    guard let fault = faults[spot] else { return nil }
    struck.append((spot, fault, frame.type))
    return fault
  }
}

/// One direction of a relayed connection: reads from one stream, writes to the other.
final class LinkDirection: StreamHandler {
  /// Pieces that one frame is split into at most: beyond them a case only takes longer.
  private static let maximumPieces = 2048

  private let link: FaultyLink
  private let reactor: SimulatedReactor
  private let number: Int
  private let isForward: Bool
  private let output: any ByteStream
  /// The other direction of the same connection; both let go of each other at the end.
  var opposite: LinkDirection?
  private var decoder = FrameDecoder(allowed: FaultyLink.everything)
  private var frameCount = 0
  private var held: [UInt8]?
  private var pending = 0
  private var freeAt: UInt64 = 0
  private var hasFinished = false
  private(set) var isSilent = false
  private var isOver = false

  init(
    link: FaultyLink, number: Int, isForward: Bool, output: any ByteStream
  ) {
    self.link = link
    self.number = number
    reactor = link.reactor
    self.isForward = isForward
    self.output = output
  }

  // MARK: Frames

  /// Sends a frame, or what its fault makes of it; where an earlier fault led to a shorter frame
  /// than a plan expected, positions wrap around.
  private func pass(_ arrived: Frame) {
    let spot = FrameSpot(hop: link.hop, isForward: isForward, index: frameCount)
    frameCount += 1
    let frame = link.replacement(spot, of: number, arrived)
    var bytes = frame.encoded()
    switch link.strike(spot, of: number, frame) {
    case nil: send(bytes)
    case .flip(let byte, let bit):
      bytes[byte % bytes.count] ^= 1 << UInt8(bit)
      send(bytes)
    case .shorten(let count):
      send(Frame.shortened(bytes, to: count % max(frame.payload.count, 1)))
    case .lose(let count): send(Array(bytes.prefix(count % bytes.count)))
    case .cut(let count):
      send(Array(bytes.prefix(count % bytes.count)))
      return hangUp()
    case .drop: return
    case .duplicate:
      send(bytes)
      send(bytes)
    case .reorder:
      if held == nil {
        held = bytes
        return
      }
      send(bytes)
    case .delay(let milliseconds):
      freeAt = max(freeAt, reactor.nowNanoseconds) + UInt64(milliseconds) * 1_000_000
      send(bytes)
    case .split(let count):
      send(bytes, pieceBytes: max(count, bytes.count / Self.maximumPieces))
    case .silence: return silence()
    case .abort(let code):
      send(Frame(type: .abort, payload: [0x81] + cbor(code)).encoded())
      send(bytes)
    }
    releaseHeld()
  }

  private func cbor(_ code: UInt8) -> [UInt8] { code < 24 ? [code] : [0x18, code] }

  private func releaseHeld() {
    guard let bytes = held else { return }
    held = nil
    send(bytes)
  }

  private func send(_ bytes: [UInt8], pieceBytes: Int = .max) {
    guard pieceBytes < bytes.count else { return submit { $0.write(bytes) } }
    for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
      let piece = Array(bytes[start..<min(start + pieceBytes, bytes.count)])
      freeAt = max(freeAt, reactor.nowNanoseconds) + 1000
      submit { $0.write(piece) }
    }
  }

  /// Does something to the output, in order, when the wire is free.
  private func submit(_ action: @escaping (any ByteStream) -> Void) {
    guard !isSilent else { return }
    if pending == 0, freeAt <= reactor.nowNanoseconds { return action(output) }
    pending += 1
    _ = reactor.schedule(atNanoseconds: freeAt) { [self] in
      pending -= 1
      if !isSilent { action(output) }
    }
  }

  private func hangUp() {
    submit { $0.close() }
    opposite?.submit { $0.close() }
    end()
    opposite?.end()
  }

  private func silence() {
    isSilent = true
    opposite?.isSilent = true
  }

  private func end() { isOver = true }

  // MARK: From the stream

  func streamOpened(_ stream: any ByteStream) {}

  func stream(_ stream: any ByteStream, received bytes: Span<UInt8>) {
    var position = 0
    while !isSilent, !isOver, let frame = try? decoder.next(from: bytes, at: &position) {
      pass(frame)
    }
  }

  func streamDrained(_ stream: any ByteStream) {}

  func streamPeerFinished(_ stream: any ByteStream) {
    if isSilent { return stream.close() }
    guard !hasFinished else { return }
    hasFinished = true
    releaseHeld()
    if opposite?.hasFinished ?? true { return hangUp() }
    submit { $0.finishWriting() }
  }

  func streamEnded(_ stream: any ByteStream, reason: StreamEnd) {
    releaseHeld()
    submit { $0.close() }
    opposite = nil
  }
}

extension FaultyLink {
  static let everything: FrameTypeSet = {
    var all: FrameTypeSet = []
    for type in FrameType.allCases { all.insert(type) }
    return all
  }()
}

extension Frame {
  /// A frame's bytes with the payload cut to `count` bytes and the length in the head corrected.
  static func shortened(_ bytes: [UInt8], to count: Int) -> [UInt8] {
    guard headBytes + count < bytes.count else { return bytes }
    var short = Array(bytes.prefix(headBytes + count))
    for (index, shift) in [24, 16, 8, 0].enumerated() {
      short[index] = UInt8(truncatingIfNeeded: count >> shift)
    }
    return short
  }
}
