/// How a padded message is cut into records (Spec/Protocol.md, "Records").
///
/// Every piece but the last has `RecordHeader.maximumPieceBytes` of content and padding; content
/// comes first, so only zero padding follows the first piece that is not full of it.
public struct RecordSplit: Equatable, Sendable {
  /// One record's share of the message.
  public struct Piece: Equatable, Sendable {
    /// Which bytes of the message's content it holds; may be empty.
    public let content: Range<Int>
    /// Content and padding together.
    public let paddedBytes: Int
    /// Whether it is the last.
    public let isFinal: Bool

    /// Bytes of the record's plaintext, header included.
    public var plaintextBytes: Int { RecordHeader.byteCount + paddedBytes }

    /// The piece's header.
    public func header(type: InnerType, phase: UInt8) -> RecordHeader {
      RecordHeader(type: type, phase: phase, isFinal: isFinal, contentBytes: content.count)
    }
  }

  /// Content bytes of the message.
  public let contentBytes: Int
  /// Content and padding of the message.
  public let paddedBytes: Int

  /// A split of `contentBytes` padded to `paddedBytes`.
  public init(contentBytes: Int, paddedBytes: Int) {
    precondition(contentBytes >= 0 && contentBytes <= paddedBytes)
    precondition(paddedBytes <= Padding.maximumBytes)
    self.contentBytes = contentBytes
    self.paddedBytes = paddedBytes
  }

  /// The number of records, at least one.
  public var count: Int {
    let size = RecordHeader.maximumPieceBytes
    return max(1, (paddedBytes + size - 1) / size)
  }

  /// Piece `index`, `0 ..< count`.
  public subscript(index: Int) -> Piece {
    precondition(index >= 0 && index < count)
    let start = index * RecordHeader.maximumPieceBytes
    let end = min(paddedBytes, start + RecordHeader.maximumPieceBytes)
    return Piece(
      content: min(start, contentBytes)..<min(end, contentBytes),
      paddedBytes: end - start, isFinal: index == count - 1)
  }
}

/// Judges the records of one message as they arrive: the reverse of `RecordSplit`.
///
/// Holds counts only. The caller owns the message's buffer and copies each piece's content to the
/// range that `accept` returns, which never passes `maximumBytes`.
public struct RecordSequence: Equatable, Sendable {
  /// The most padded bytes that the message may have.
  public let maximumBytes: Int
  /// The message's type; nil before its first record.
  public private(set) var type: InnerType?
  /// Content bytes so far.
  public private(set) var contentBytes = 0
  /// Content and padding so far.
  public private(set) var paddedBytes = 0
  /// Whether the last piece has come.
  public private(set) var isComplete = false
  private var phase: UInt8 = 0

  /// A sequence for a message of at most `maximumBytes` padded bytes.
  public init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

  /// Takes a record's header, and says where its content belongs in the message.
  ///
  /// - Parameters:
  ///   - header: as read from the record's plaintext.
  ///   - plaintextBytes: the record's whole plaintext, header included.
  public mutating func accept(
    _ header: RecordHeader, plaintextBytes: Int
  ) throws(WireError) -> Range<Int> {
    let (piece, underflow) = plaintextBytes.subtractingReportingOverflow(RecordHeader.byteCount)
    guard !underflow, !isComplete, header.contentBytes <= piece,
      piece <= RecordHeader.maximumPieceBytes
    else { throw .invalidRecordSequence }
    if let type {
      guard header.type == type, header.phase == phase else { throw .invalidRecordSequence }
    }
    // Only the last piece may be short, and it holds something: one message, one splitting.
    guard header.isFinal || piece == RecordHeader.maximumPieceBytes,
      piece > 0 || paddedBytes == 0
    else { throw .invalidRecordSequence }
    // Once padding has begun there is no more content.
    guard contentBytes == paddedBytes || header.contentBytes == 0 else {
      throw .invalidRecordSequence
    }
    let (total, overflow) = paddedBytes.addingReportingOverflow(piece)
    guard !overflow, total <= maximumBytes else { throw .messageTooLong }
    let range = contentBytes..<(contentBytes + header.contentBytes)
    type = header.type
    phase = header.phase
    contentBytes = range.upperBound
    paddedBytes = total
    isComplete = header.isFinal
    return range
  }
}
