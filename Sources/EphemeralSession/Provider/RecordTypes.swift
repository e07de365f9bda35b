public import EphemeralWire

/// Who speaks in a record (Spec/Protocol.md §6.1).
public enum RecordDirection: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  case clientToEnclave = 0
  case enclaveToClient = 1
}

/// How a message is padded before it is split (Spec/Protocol.md §6.4).
public enum MessagePadding: Equatable, Hashable, Sendable {
  /// Padmé, at least 64 bytes.
  case padme
  /// The next power of two, at least 4096 bytes.
  case powerOfTwo
  /// Exactly this many bytes: the topology's declared maximum.
  case fixed(UInt64)
}

/// What the additional data of one record binds.
public struct RecordContext<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// The session identifier, 16 bytes.
  public var sessionID: Bytes
  /// Who speaks.
  public var direction: RecordDirection
  /// The sequence number.
  public var sequence: UInt64

  /// Groups the fields.
  package init(sessionID: Bytes, direction: RecordDirection, sequence: UInt64) {
    self.sessionID = sessionID
    self.direction = direction
    self.sequence = sequence
  }
}

/// What one record says about itself, inside the seal.
public struct RecordHead: Equatable, Hashable, Sendable {
  /// What the message is.
  public var type: InnerType
  /// The sender's phase.
  public var phase: Phase
  /// Whether it is the last piece of its message.
  public var isFinal: Bool

  /// Groups the fields.
  public init(type: InnerType, phase: Phase, isFinal: Bool) {
    self.type = type
    self.phase = phase
    self.isFinal = isFinal
  }
}

/// One opened record.
public struct OpenedRecord<Material> {
  /// What the record says about itself.
  public var head: RecordHead
  /// Content bytes in this piece.
  public var contentCount: UInt64
  /// Content and padding bytes in this piece.
  public var paddedCount: UInt64
  /// The content; whoever receives the record owns it and must destroy it.
  public var content: Material

  /// Groups the parts.
  public init(head: RecordHead, contentCount: UInt64, paddedCount: UInt64, content: Material) {
    self.head = head
    self.contentCount = contentCount
    self.paddedCount = paddedCount
    self.content = content
  }
}
