import FaultPoints

/// The first eight bytes of a record's plaintext (Spec/Protocol.md, "Records"):
///
///     type u8 | phase u8 | flags u8 (bit 0: final) | 0 | content length u32 BE
///
/// Content and zero padding follow. A message of more than `maximumPieceBytes` padded bytes is cut
/// into pieces, one record each; `RecordSplit` cuts, `RecordSequence` joins.
public struct RecordHeader: Equatable, Sendable {
  /// Bytes of the header.
  public static let byteCount = 8
  /// The most content and padding that one record holds, in bytes.
  public static let maximumPieceBytes = 262_144
  /// Bytes of a record's AES-GCM tag.
  public static let tagBytes = 16
  /// The phases that a record may name, 1 attest to 6 zeroize.
  public static let phases: ClosedRange<UInt8> = 1...6

  /// What the message is.
  public let type: InnerType
  /// The sender's phase, in `phases`.
  public let phase: UInt8
  /// Whether this is the message's last piece.
  public let isFinal: Bool
  /// Content bytes of this piece; what follows them is padding.
  public let contentBytes: Int

  /// A header; content is at most `maximumPieceBytes`.
  public init(type: InnerType, phase: UInt8, isFinal: Bool, contentBytes: Int) {
    precondition(Self.phases.contains(phase))
    precondition(contentBytes >= 0 && contentBytes <= Self.maximumPieceBytes)
    self.type = type
    self.phase = phase
    self.isFinal = isFinal
    self.contentBytes = contentBytes
  }

  /// Where content lies in a record's plaintext.
  public var contentRange: Range<Int> { Self.byteCount..<(Self.byteCount + contentBytes) }

  /// Reads a record's whole plaintext: header, content and padding, which must all be zero.
  public init(decoding plaintext: Span<UInt8>) throws(WireError) {
    guard plaintext.count >= Self.byteCount else { throw .invalidRecord }
    try self.init(
      head: plaintext.extracting(0..<Self.byteCount),
      body: plaintext.extracting(Self.byteCount..<plaintext.count))
  }

  /// Reads a record's plaintext in two parts: its first `byteCount` bytes, and content and padding.
  public init(head: Span<UInt8>, body: Span<UInt8>) throws(WireError) {
    guard head.count == Self.byteCount, body.count <= Self.maximumPieceBytes else {
      throw .invalidRecord
    }
    guard let type = InnerType(rawValue: head[0]), Self.phases.contains(head[1]),
      head[2] <= 1 || planted("record-flags-unchecked"),
      head[3] == 0 || planted("record-reserved-unchecked")
    else { throw .invalidRecord }
    var length = 0
    for index in 4..<8 { length = length << 8 | Int(head[index]) }
    guard length <= body.count else { throw .invalidRecord }
    guard
      Self.isZero(body.extracting(length..<body.count)) || planted("record-padding-unchecked")
    else { throw .invalidRecord }
    self.type = type
    self.phase = head[1]
    self.isFinal = head[2] == 1
    self.contentBytes = length
  }

  /// Whether all bytes are zero; the time tells only how many there are.
  private static func isZero(_ bytes: Span<UInt8>) -> Bool {
    // The pointer does not outlive the closure; without bounds checks the loop takes many at once.
    unsafe bytes.withUnsafeBufferPointer { buffer in
      var sum: UInt8 = 0
      for index in 0..<buffer.count { sum |= unsafe buffer[index] }
      return sum == 0
    }
  }

  /// The header's eight bytes.
  public var encoded: [UInt8] {
    [type.rawValue, phase, isFinal ? 1 : 0, 0]
      + (0..<4).map { UInt8(truncatingIfNeeded: contentBytes >> (24 - 8 * $0)) }
  }

  /// Writes header, content and padding over the whole of `plaintext`.
  ///
  /// `content` must have `contentBytes` bytes, `plaintext` room for it and the header.
  public func write(content: Span<UInt8>, into plaintext: inout MutableSpan<UInt8>) {
    precondition(content.count == contentBytes)
    precondition(plaintext.count >= Self.byteCount + contentBytes)
    precondition(plaintext.count <= Self.byteCount + Self.maximumPieceBytes)
    for (index, byte) in encoded.enumerated() { plaintext[index] = byte }
    for index in 0..<contentBytes { plaintext[Self.byteCount + index] = content[index] }
    for index in (Self.byteCount + contentBytes)..<plaintext.count { plaintext[index] = 0 }
  }
}
