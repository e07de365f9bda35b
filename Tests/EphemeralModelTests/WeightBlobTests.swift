import EphemeralCrypto
import EphemeralModel
import Testing

@Suite("Weight blob")
struct WeightBlobTests {
  /// A sealed blob, chunk by chunk.
  private struct Sealed {
    var header: [UInt8]
    var chunks: [[UInt8]]
    let reference: BlobReference
    let plaintext: [UInt8]
  }

  private func seal(_ plaintextBytes: Int, chunkBytes: Int) throws -> Sealed {
    let layout = try #require(
      WeightBlobLayout(plaintextBytes: plaintextBytes, chunkBytes: chunkBytes))
    // Structured, not random: the noise has to come from the cipher.
    let plaintext = (0..<plaintextBytes).map { UInt8(truncatingIfNeeded: $0 / 64) }
    var sealer = try WeightBlobSealer(layout: layout, key: Samples.key())
    let header = sealer.header
    var chunks: [[UInt8]] = []
    for index in 0..<layout.chunkCount {
      let range = layout.plaintextRange(ofChunk: index)
      var output = [UInt8](repeating: 0, count: range.count + 16)
      var span = output.mutableSpan
      try sealer.sealNext(plaintext.span.extracting(range), into: &span)
      chunks.append(output)
    }
    return Sealed(
      header: header, chunks: chunks, reference: try sealer.finish(), plaintext: plaintext)
  }

  private func open(_ blob: Sealed, key: UInt8 = 0x4b) throws -> [UInt8] {
    var opener = try WeightBlobOpener(reference: blob.reference, key: Samples.key(key))
    try opener.receive(header: blob.header.span)
    var plaintext: [UInt8] = []
    for (index, chunk) in blob.chunks.enumerated() {
      var output = [UInt8](repeating: 0xee, count: max(0, chunk.count - 16))
      var span = output.mutableSpan
      try opener.open(index: index, sealed: chunk, into: &span)
      plaintext += output
    }
    try opener.finish()
    return plaintext
  }

  @Test("What is sealed comes back", arguments: [65_536, 69_632, 131_072])
  func roundTrip(bytes: Int) throws {
    let blob = try seal(bytes, chunkBytes: 16_384)
    #expect(try open(blob) == blob.plaintext)
    let file = blob.header + blob.chunks.flatMap { $0 }
    #expect(file.count == blob.reference.layout.fileBytes)
    #expect(blob.reference.blobID == SHA256.hash(file))
    #expect(blob.reference.weightsDigest == SHA256.hash(blob.plaintext))
    for index in blob.chunks.indices {
      #expect(Array(file[blob.reference.layout.fileRange(ofChunk: index)]) == blob.chunks[index])
    }
  }

  @Test("The header is refused with any bit changed")
  func header() throws {
    let blob = try seal(65_536, chunkBytes: 65_536)
    for index in 0..<32 {
      for bit in 0..<8 {
        var changed = blob
        changed.header[index] ^= 1 << bit
        #expect(throws: WeightBlobError.headerMismatch) { try open(changed) }
      }
    }
    for count in 0..<32 {
      var changed = blob
      changed.header = Array(blob.header[..<count])
      #expect(throws: WeightBlobError.headerMismatch) { try open(changed) }
    }
  }

  @Test("A changed, exchanged, missing or longer chunk is refused")
  func chunks() throws {
    let blob = try seal(65_536, chunkBytes: 16_384)
    for step in 0..<64 {
      var changed = blob
      let index = step % 4
      let at = (step * 2_654_435_761) % changed.chunks[index].count
      changed.chunks[index][at] ^= 1 << (step % 8)
      #expect(throws: WeightBlobError.authenticationFailed) { try open(changed) }
    }
    var swapped = blob
    swapped.chunks.swapAt(0, 1)
    #expect(throws: WeightBlobError.authenticationFailed) { try open(swapped) }
    var short = blob
    short.chunks.removeLast()
    #expect(throws: WeightBlobError.incomplete) { try open(short) }
    var long = blob
    long.chunks.append(blob.chunks[3])
    #expect(throws: WeightBlobError.outOfOrder) { try open(long) }
    var cut = blob
    cut.chunks[2].removeLast()
    #expect(throws: WeightBlobError.wrongLength) { try open(cut) }
    #expect(throws: WeightBlobError.authenticationFailed) { try open(blob, key: 1) }
  }

  @Test("The final flag belongs to the last chunk alone")
  func finalFlag() throws {
    // The first chunk of a one-chunk blob carries the flag: it cannot begin a longer one, although
    // key, nonce, index and length are the same. Only the header differs besides, so both are
    // tried: the same header can never occur with another count.
    let one = try seal(65_536, chunkBytes: 65_536)
    var two = try seal(131_072, chunkBytes: 65_536)
    two.chunks[0] = one.chunks[0]
    #expect(throws: WeightBlobError.authenticationFailed) { try open(two) }
  }

  @Test("After an error nothing more is opened")
  func poisoned() throws {
    let blob = try seal(65_536, chunkBytes: 16_384)
    var opener = try WeightBlobOpener(reference: blob.reference, key: Samples.key())
    try opener.receive(header: blob.header.span)
    var output = [UInt8](repeating: 0, count: 16_384)
    var failures: [WeightBlobError] = []
    for (index, chunk) in [(1, blob.chunks[1]), (0, blob.chunks[0])] {
      var span = output.mutableSpan
      do { try opener.open(index: index, sealed: chunk, into: &span) } catch {
        failures.append(error)
      }
    }
    #expect(failures == [.outOfOrder, .outOfOrder])
    #expect(output.allSatisfy { $0 == 0 })
    let isComplete = opener.isComplete
    #expect(!isComplete)
  }

  @Test("A blob with another name or other weights is refused at the end")
  func identity() throws {
    let blob = try seal(65_536, chunkBytes: 65_536)
    let other = [UInt8](repeating: 9, count: 32)
    let renamed = Sealed(
      header: blob.header, chunks: blob.chunks,
      reference: BlobReference(
        blobID: other, layout: blob.reference.layout, weightsDigest: blob.reference.weightsDigest),
      plaintext: [])
    #expect(throws: WeightBlobError.blobMismatch) { try open(renamed) }
    let reweighed = Sealed(
      header: blob.header, chunks: blob.chunks,
      reference: BlobReference(
        blobID: blob.reference.blobID, layout: blob.reference.layout, weightsDigest: other),
      plaintext: [])
    #expect(throws: WeightBlobError.weightsMismatch) { try open(reweighed) }
  }

  @Test("Chunks look like noise")
  func noise() throws {
    let blob = try seal(1 << 20, chunkBytes: 65_536)
    let bytes = blob.chunks.flatMap { $0 }
    let chi = Self.chiSquare(bytes)
    // 255 degrees of freedom: mean 255, deviation 22.6; six deviations are one in a thousand
    // million. The key is fixed, so this never varies.
    #expect((120...391).contains(chi), "chi-square \(chi)")
    #expect(Self.chiSquare(blob.plaintext + blob.plaintext[0..<7]) < 120)
    #expect(Self.repeatedBlocks(bytes) == 0)
    #expect(Self.repeatedBlocks(blob.plaintext) > 0)
  }

  private static func chiSquare(_ bytes: [UInt8]) -> Double {
    var counts = [Double](repeating: 0, count: 256)
    for byte in bytes { counts[Int(byte)] += 1 }
    let expected = Double(bytes.count) / 256
    return counts.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
  }

  /// How often a 16-byte block occurs again.
  private static func repeatedBlocks(_ bytes: [UInt8]) -> Int {
    var seen: Set<[UInt8]> = []
    var repeated = 0
    for start in stride(from: 0, through: bytes.count - 16, by: 16)
    where !seen.insert(Array(bytes[start..<(start + 16)])).inserted {
      repeated += 1
    }
    return repeated
  }

  @Test("Layouts follow the padding rule and nothing else")
  func layouts() throws {
    let tiny = try #require(WeightBlobLayout(weightBytes: 0))
    #expect(tiny.plaintextBytes == 65_536 && tiny.chunkBytes == 65_536 && tiny.chunkCount == 1)
    let large = try #require(WeightBlobLayout(weightBytes: 90_000_000))
    #expect(large.chunkBytes == 262_144)
    #expect(large.plaintextBytes >= 90_000_000 && large.plaintextBytes <= 100_800_000)
    let ranges = (0..<large.chunkCount).map { large.plaintextRange(ofChunk: $0) }
    #expect(ranges.first?.lowerBound == 0 && ranges.last?.upperBound == large.plaintextBytes)
    #expect(ranges.dropLast().allSatisfy { $0.count == large.chunkBytes })
    #expect(WeightBlobLayout(weightBytes: -1) == nil)
    #expect(WeightBlobLayout(weightBytes: .max) == nil)
    #expect(WeightBlobLayout(plaintextBytes: 65_537, chunkBytes: 65_536) == nil)
    #expect(WeightBlobLayout(plaintextBytes: 65_536, chunkBytes: 65_535) == nil)
    #expect(WeightBlobLayout(plaintextBytes: 65_536, chunkBytes: 2_048) == nil)
    #expect(WeightBlobLayout(plaintextBytes: 4_096, chunkBytes: 4_096) == nil)
  }
}
