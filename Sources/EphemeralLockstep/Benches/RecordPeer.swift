import EphemeralCrypto
import EphemeralSession
import EphemeralWire

/// The other end of a record direction: opens what a machine sealed and judges it by the
/// specification.
struct RecordPeer {
  let key: SecretMaterial
  let sessionID: [UInt8]
  let direction: RecordDirection
  private var sequence: UInt64 = 0
  /// The content of the last message that was judged.
  private(set) var content: [UInt8] = []
  private let crypto = LibcryptoCryptography()

  init(key: SecretMaterial, sessionID: [UInt8], direction: RecordDirection) {
    self.key = key
    self.sessionID = sessionID
    self.direction = direction
  }

  /// What differs between frames and the message that they should carry; nil content is not
  /// compared.
  mutating func judge(
    _ frames: [OutgoingFrame<[UInt8]>], _ type: InnerType, _ phase: Phase, _ content: [UInt8]?,
    padding: MessagePadding = .padme
  ) -> [String] {
    var found: [UInt8] = []
    var padded = 0
    for (index, frame) in frames.enumerated() {
      let context = RecordContext(
        sessionID: sessionID, direction: direction, sequence: sequence)
      sequence += 1
      guard let record = try? crypto.openRecord(frame.payload, key: key, context: context) else {
        return ["record \(sequence - 1) of \(direction) does not open"]
      }
      let head = RecordHead(type: type, phase: phase, isFinal: index == frames.count - 1)
      if record.head != head { return ["a record says \(record.head) and not \(head)"] }
      found += record.content.bytes
      padded += Int(record.paddedCount)
    }
    self.content = found
    let size = Self.padded(found.count, padding)
    var complaints: [String] = []
    if padded != size { complaints.append("\(type) has \(padded) bytes and not \(size)") }
    if let content, found != content { complaints.append("\(type) has other content") }
    return complaints
  }

  /// The padded size of a message, from Spec/Protocol.md §6.4.
  static func padded(_ count: Int, _ padding: MessagePadding) -> Int {
    switch padding {
    case .fixed(let size): return Int(size)
    case .powerOfTwo:
      var size = 4096
      while size < count { size *= 2 }
      return size
    case .padme:
      let number = max(count, 64)
      let exponent = Int.bitWidth - 1 - number.leadingZeroBitCount
      let width = Int.bitWidth - exponent.leadingZeroBitCount
      guard exponent > width else { return number }
      let mask = 1 << (exponent - width) - 1
      return (number + mask) & ~mask
    }
  }
}

extension SecretMaterial {
  /// A copy of the content, for comparisons.
  var bytes: [UInt8] { withSpan { span in span.indices.map { span[$0] } } ?? [] }
}

/// Picks pieces of a message that comes in several, so that the receiver's judgement is known.
struct PieceMaker {
  let maximum: UInt64
  private(set) var content: UInt64 = 0
  private(set) var padded: UInt64 = 0
  static let full: UInt64 = 262_144

  init(maximum: UInt64) { self.maximum = maximum }

  private var paddedMaximum: UInt64 { max(2 * maximum, 2 * Self.full) }
  private var isPadding: Bool { content != padded }

  /// A piece that is full and has others behind it.
  mutating func more(_ dice: Dice) throws -> Piece? {
    guard padded + Self.full <= paddedMaximum else { return nil }
    let room = maximum - content
    var count: UInt64 = isPadding ? 0 : min(room, Self.full)
    if try dice(4) == 3 { count = min(count, 5) }
    content += count
    padded += Self.full
    return Piece(isFinal: false, contentCount: count, paddedCount: Self.full)
  }

  /// A last piece within the bounds.
  func last() -> Piece? {
    guard padded + 64 <= paddedMaximum else { return nil }
    let count = isPadding ? 0 : min(3, maximum - content)
    return Piece(isFinal: true, contentCount: count, paddedCount: 64)
  }

  /// A piece beyond the bound.
  func oversize(_ dice: Dice) throws -> Piece? {
    let isFinal = try dice(2) == 0
    let excess = maximum - content + 1
    if !isPadding, excess <= Self.full {
      return Piece(isFinal: isFinal, contentCount: excess, paddedCount: Self.full)
    }
    guard padded + Self.full > paddedMaximum else { return nil }
    return Piece(isFinal: isFinal, contentCount: 0, paddedCount: Self.full)
  }

  /// A piece that breaks the rules of splitting.
  func inconsistent(_ dice: Dice) throws -> Piece {
    switch try dice(isPadding ? 5 : 4) {
    case 0: Piece(isFinal: false, contentCount: isPadding ? 0 : 3, paddedCount: 64)
    case 1: Piece(isFinal: true, contentCount: 0, paddedCount: 0)
    case 2: Piece(isFinal: true, contentCount: 65, paddedCount: 64)
    case 3: Piece(isFinal: true, contentCount: 0, paddedCount: Self.full + 1)
    default: Piece(isFinal: true, contentCount: 1, paddedCount: 64)
    }
  }
}
