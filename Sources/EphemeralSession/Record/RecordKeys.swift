public import EphemeralWire
import FaultPoints

/// The sending direction of the record layer: key, direction, next sequence number.
package struct SendKey<Crypto: SessionCryptography>: ~Copyable {
  let key: Secret<Crypto>
  let sessionID: Crypto.Bytes
  let direction: RecordDirection
  private(set) var sequence: UInt64 = 0

  /// Takes over an exported record key.
  package init(_ key: consuming Secret<Crypto>, sessionID: Crypto.Bytes, direction: RecordDirection)
  {
    self.key = key
    self.sessionID = sessionID
    self.direction = direction
  }

  /// Whether so many more records leave the reserved ones free (Spec/Protocol.md §6.3).
  package func allows(records: UInt64) -> Bool {
    let limit = SessionBounds.recordsPerKey - SessionBounds.reservedRecords
    let (sum, overflowed) = sequence.addingReportingOverflow(records)
    return !overflowed && sum <= limit || planted("reserved-records-used")
  }

  /// Seals a message into as many records as it needs and names each frame.
  package mutating func seal(
    _ content: borrowing Secret<Crypto>, as type: InnerType, phase: Phase,
    padding: MessagePadding = .padme, by crypto: Crypto
  ) throws(ProviderFailure) -> [OutgoingFrame<Crypto.Bytes>] {
    let count = crypto.recordCount(content.material, padding: padding)
    guard sequence < SessionBounds.recordsPerKey, count > 0,
      count <= SessionBounds.recordsPerKey - sequence
    else { throw .fault }
    var frames: [OutgoingFrame<Crypto.Bytes>] = []
    for piece in 0..<count {
      let payload = try crypto.sealRecord(
        content.material, piece: piece, padding: padding,
        head: RecordHead(type: type, phase: phase, isFinal: piece == count - 1),
        key: key.material,
        context: RecordContext(sessionID: sessionID, direction: direction, sequence: sequence))
      if !planted("send-sequence-kept") { sequence += 1 }
      frames.append(OutgoingFrame(type.message, payload))
    }
    return frames
  }

  /// Goes on at a later sequence number; only forks do.
  mutating func resume(at sequence: UInt64) {
    self.sequence = sequence
  }

  /// Seals an Abort.
  mutating func sealAbort(
    _ code: AbortCode, phase: Phase, by crypto: Crypto
  ) throws(ProviderFailure) -> [OutgoingFrame<Crypto.Bytes>] {
    let content = Secret<Crypto>(try crypto.abortContent(code))
    return try seal(content, as: .abort, phase: phase, by: crypto)
  }
}

/// What a receiver needs to open the next record; a handle, not the secret.
package struct RecordOpener<Crypto: SessionCryptography> {
  /// What came out of a Sealed frame.
  package enum Opened {
    case unreadable
    case fault
    case record(InnerType, Piece, Crypto.Material)
  }

  let key: Crypto.Material
  let context: RecordContext<Crypto.Bytes>

  /// What opens the record of a context.
  package init(key: Crypto.Material, context: RecordContext<Crypto.Bytes>) {
    self.key = key
    self.context = context
  }

  /// Opens a record and checks what its type requires of phase and flag
  /// (Spec/Protocol.md §6.2).
  package func open(_ payload: Crypto.Bytes, by crypto: Crypto) -> Opened {
    guard context.sequence < SessionBounds.recordsPerKey else { return .unreadable }
    let record: OpenedRecord<Crypto.Material>
    do {
      record = try crypto.openRecord(payload, key: key, context: context)
    } catch {
      return error == .refused ? .unreadable : .fault
    }
    let head = record.head
    guard
      head.type.phase == nil || head.type.phase == head.phase || planted("record-phase-unchecked"),
      head.isFinal || head.type.spansRecords || planted("record-final-unchecked")
    else {
      Crypto.destroy(record.content)
      return .unreadable
    }
    let piece = Piece(
      isFinal: head.isFinal, contentCount: record.contentCount, paddedCount: record.paddedCount)
    return .record(head.type, piece, record.content)
  }
}

extension InnerType {
  /// The phase that a record of this type must name; `nil` where the sender's phase is free.
  var phase: Phase? {
    switch self {
    case .keyConfirm: .keyExchange
    case .topologyDeliver: .topologyDeliver
    case .assembled: .assemble
    case .inferRequest, .inferResult: .infer
    case .close, .zeroized: .zeroize
    case .abort: nil
    }
  }

  /// Whether the message may be longer than one record.
  var spansRecords: Bool {
    switch self {
    case .topologyDeliver, .inferRequest, .inferResult: true
    case .keyConfirm, .assembled, .close, .zeroized, .abort: false
    }
  }

  /// The message's name.
  public var message: SessionMessage {
    switch self {
    case .keyConfirm: .keyConfirm
    case .topologyDeliver: .topologyDeliver
    case .assembled: .assembled
    case .inferRequest: .inferRequest
    case .inferResult: .inferResult
    case .close: .close
    case .zeroized: .zeroized
    case .abort: .sealedAbort
    }
  }
}
