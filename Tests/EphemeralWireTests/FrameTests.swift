import EphemeralWire
import Testing

@Suite("Frames")
struct FrameTests {
  private static let all: FrameTypeSet = {
    var set: FrameTypeSet = []
    for type in FrameType.allCases { set.insert(type) }
    return set
  }()

  private func decodeAll(
    _ stream: [UInt8], chunk: Int, allowed: FrameTypeSet = FrameTests.all
  ) throws(WireError) -> [Frame] {
    var decoder = FrameDecoder(allowed: allowed)
    var frames: [Frame] = []
    var start = 0
    while start < stream.count {
      let part = Array(stream[start..<min(start + chunk, stream.count)])
      var position = 0
      while let frame = try decoder.next(from: part.span, at: &position) { frames.append(frame) }
      #expect(position == part.count)
      start += chunk
    }
    try decoder.finish()
    return frames
  }

  @Test("A frame by hand")
  func byHand() {
    #expect(Abort(code: .busy).frame().encoded() == hex("00000002 05 810a"))
    #expect(Frame(type: .sealed, payload: []).encoded() == hex("00000000 04"))
  }

  @Test(
    "Frames come out whole however the bytes go in", arguments: [1, 2, 3, 5, 7, 64, 4096, .max])
  func dripFeed(chunk: Int) throws {
    var random = TestRandom(state: 5)
    var frames: [Frame] = []
    var stream: [UInt8] = []
    for type in FrameType.allCases {
      for size in [0, 1, type.maximumPayloadBytes.isMultiple(of: 2) ? 12 : 13] {
        frames.append(Frame(type: type, payload: random.bytes(size)))
      }
    }
    frames.append(Frame(type: .sealed, payload: random.bytes(20_000)))
    for frame in frames { frame.append(to: &stream) }
    #expect(try decodeAll(stream, chunk: min(chunk, stream.count)) == frames)
  }

  @Test("Every cut inside a frame is noticed at the end of the stream")
  func truncation() throws {
    let stream = Frame(type: .have, payload: [1, 2, 3]).encoded()
    for end in 1..<stream.count {
      let part = Array(stream[..<end])
      #expect(
        failure { () throws(WireError) in try decodeAll(part, chunk: end) } == .frameTruncated)
    }
  }

  @Test("A head is judged before its payload comes: all types, lengths around the bound")
  func heads() {
    for byte in 0...255 as ClosedRange<UInt8> {
      let type = FrameType(rawValue: byte)
      let maximum = type?.maximumPayloadBytes ?? 64
      for length in [0, 1, maximum, maximum + 1, maximum * 2, 0x7fff_ffff, 0xffff_ffff] {
        let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + [byte]
        var decoder = FrameDecoder(allowed: Self.all)
        var position = 0
        let error = failure { () throws(WireError) in
          try decoder.next(from: head.span, at: &position)
        }
        let expected: WireError? =
          type == nil ? .unknownFrameType : (length > maximum ? .frameTooLong : nil)
        #expect(error == expected)
        #expect(decoder.bufferedBytes == 0)
      }
    }
  }

  @Test("A type that this receiver does not take is refused at its head")
  func allowedTypes() {
    for type in FrameType.allCases {
      for set in [.clientFromHost, .hostFromClient, .hostFromEnclave, .enclaveFromHost, []]
        as [FrameTypeSet]
      {
        var decoder = FrameDecoder(allowed: set)
        var position = 0
        let head: [UInt8] = [0, 0, 0, 1, type.rawValue]
        let error = failure { () throws(WireError) in
          try decoder.next(from: head.span, at: &position)
        }
        #expect(error == (set.contains(type) ? nil : .frameTypeNotAllowed))
      }
    }
    // Both ways of every hop are covered, and nothing comes back to its sender.
    #expect(FrameTypeSet.hostFromClient.contains(.putData))
    #expect(!FrameTypeSet.clientFromHost.contains(.putData))
    #expect(FrameTypeSet.enclaveFromHost.contains(.weightChunk))
    #expect(!FrameTypeSet.hostFromEnclave.contains(.weightChunk))
    var set: FrameTypeSet = [.abort, .audit]
    set.remove(.audit)
    #expect(set == [.abort])
  }

  @Test("After an error there is no next frame")
  func sticky() {
    var decoder = FrameDecoder(allowed: [.abort])
    let bad: [UInt8] = [0, 0, 0, 0, 0x99]
    let good = Abort(code: .busy).frame().encoded()
    for bytes in [bad, good, good] {
      var position = 0
      #expect(
        failure { () throws(WireError) in try decoder.next(from: bytes.span, at: &position) }
          == .unknownFrameType)
    }
    #expect(failure { () throws(WireError) in try decoder.finish() } == .unknownFrameType)
  }

  @Test("Held memory follows what came, not what was claimed")
  func memory() throws {
    var decoder = FrameDecoder(allowed: Self.all)
    let claimed = FrameType.putData.maximumPayloadBytes
    let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: claimed >> $0) } + [0x11]
    var position = 0
    #expect(try decoder.next(from: (head + [1, 2, 3]).span, at: &position) == nil)
    #expect(decoder.bufferedBytes == 3)
    #expect(!decoder.isBetweenFrames)
  }

  @Test("Random streams give frames or one error, in any cut")
  func randomStreams() {
    var random = TestRandom(state: 77)
    for _ in 0..<2000 {
      var stream: [UInt8] = []
      for _ in 0..<4 {
        let type = FrameType.allCases[Int(random.next() % UInt64(FrameType.allCases.count))]
        let size = Int(random.next() % UInt64(min(type.maximumPayloadBytes, 40)))
        Frame(type: type, payload: random.bytes(size)).append(to: &stream)
      }
      let flipped = Int(random.next() % UInt64(stream.count))
      stream[flipped] ^= 1 << UInt8(random.next() % 8)
      let whole = Result { () throws(WireError) in try decodeAll(stream, chunk: stream.count) }
      let drip = Result { () throws(WireError) in try decodeAll(stream, chunk: 1) }
      #expect(whole == drip)
    }
  }
}
