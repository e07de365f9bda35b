import EphemeralWire
import Testing

@Suite("Record plaintext")
struct RecordTests {
  private static let piece = RecordHeader.maximumPieceBytes

  private func plaintext(_ header: RecordHeader, _ content: [UInt8], padded: Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0xee, count: RecordHeader.byteCount + padded)
    var span = buffer.mutableSpan
    header.write(content: content.span, into: &span)
    return buffer
  }

  @Test("By hand, both ways")
  func byHand() throws {
    let header = RecordHeader(type: .inferRequest, phase: 5, isFinal: true, contentBytes: 3)
    let bytes = plaintext(header, [7, 8, 9], padded: 5)
    #expect(bytes == hex("04 05 01 00 00000003 070809 0000"))
    let read = try RecordHeader(decoding: bytes.span)
    #expect(read == header)
    #expect(Array(bytes[read.contentRange]) == [7, 8, 9])
  }

  @Test("Every bit of header and padding is judged")
  func flips() throws {
    let header = RecordHeader(type: .close, phase: 6, isFinal: true, contentBytes: 1)
    let bytes = plaintext(header, [0x80], padded: 64)
    for index in bytes.indices where !header.contentRange.contains(index) {
      for value in 0...255 as ClosedRange<UInt8> where value != bytes[index] {
        var changed = bytes
        changed[index] = value
        guard let read = try? RecordHeader(decoding: changed.span) else { continue }
        // What still reads differs, and writes to the same bytes.
        #expect(read != header)
        let content = Array(changed[read.contentRange])
        #expect(plaintext(read, content, padded: 64) == changed)
        #expect(index < RecordHeader.byteCount)
      }
    }
    for end in 0..<9 {
      let cut = Array(bytes[..<end])
      #expect(
        failure { () throws(WireError) in try RecordHeader(decoding: cut.span) } == .invalidRecord)
    }
    let long = bytes + [UInt8](repeating: 0, count: Self.piece)
    #expect(
      failure { () throws(WireError) in try RecordHeader(decoding: long.span) } == .invalidRecord)
  }

  @Test(
    "A message is cut and joined",
    arguments: [
      (0, 64), (1, 64), (64, 64), (100, 4096), (262_144, 262_144), (262_143, 262_144),
      (262_145, 278_528), (1, 1_048_576), (600_000, 786_432), (524_288, 524_288),
      (524_289, 1_048_576),
    ])
  func splitAndJoin(content: Int, padded: Int) throws {
    let split = RecordSplit(contentBytes: content, paddedBytes: padded)
    var sequence = RecordSequence(maximumBytes: padded)
    var covered = 0
    var total = 0
    for index in 0..<split.count {
      let part = split[index]
      #expect(!sequence.isComplete)
      let range = try sequence.accept(
        part.header(type: .inferResult, phase: 5), plaintextBytes: part.plaintextBytes)
      #expect(range == covered..<(covered + part.content.count))
      #expect(part.content.isEmpty || part.content == range)
      covered += part.content.count
      total += part.paddedBytes
    }
    #expect(covered == content)
    #expect(total == padded)
    #expect(sequence.isComplete)
    #expect(sequence.contentBytes == content)
    var small = RecordSequence(maximumBytes: padded - 1)
    let error = failure { () throws(WireError) in
      for index in 0..<split.count {
        let part = split[index]
        _ = try small.accept(
          part.header(type: .inferResult, phase: 5), plaintextBytes: part.plaintextBytes)
      }
    }
    #expect(error == .messageTooLong)
  }

  @Test("A sequence that no splitting makes is refused")
  func badSequences() {
    typealias Part = (type: InnerType, phase: UInt8, final: Bool, content: Int, size: Int)
    func error(_ parts: [Part]) -> WireError? {
      var sequence = RecordSequence(maximumBytes: 10 * Self.piece)
      return failure { () throws(WireError) in
        for part in parts {
          let header = RecordHeader(
            type: part.type, phase: part.phase, isFinal: part.final, contentBytes: part.content)
          _ = try sequence.accept(header, plaintextBytes: 8 + part.size)
        }
      }
    }
    let full: Part = (.topologyDeliver, 3, false, Self.piece, Self.piece)
    let last: Part = (.topologyDeliver, 3, true, 5, 64)
    #expect(error([full, last]) == nil)
    // Another type or phase in the middle.
    #expect(error([full, (.abort, 3, true, 5, 64)]) == .invalidRecordSequence)
    #expect(error([full, (.topologyDeliver, 4, true, 5, 64)]) == .invalidRecordSequence)
    // Something after the last piece.
    #expect(error([last, last]) == .invalidRecordSequence)
    // A short piece that is not the last; an empty last piece that adds nothing.
    #expect(error([(.topologyDeliver, 3, false, 64, 64)]) == .invalidRecordSequence)
    #expect(error([full, (.topologyDeliver, 3, true, 0, 0)]) == .invalidRecordSequence)
    // Content after padding has begun.
    let padded: Part = (.topologyDeliver, 3, false, Self.piece - 1, Self.piece)
    #expect(error([padded, (.topologyDeliver, 3, true, 1, 64)]) == .invalidRecordSequence)
    #expect(error([padded, (.topologyDeliver, 3, true, 0, 64)]) == nil)
    // A header that says more than the record holds, and sizes that no record has.
    #expect(error([(.close, 6, true, 65, 64)]) == .invalidRecordSequence)
    #expect(error([(.close, 6, true, 0, -9)]) == .invalidRecordSequence)
    #expect(error([(.close, 6, true, 0, Int.max - 8)]) == .invalidRecordSequence)
  }
}
