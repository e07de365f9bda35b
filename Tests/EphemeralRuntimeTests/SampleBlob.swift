import EphemeralCrypto
import EphemeralWire

/// A file with a weight blob's form; a store never opens the chunks.
struct SampleBlob {
  let bytes: [UInt8]
  let name: BlobID

  /// The smallest plaintext in the smallest chunks: 16 of 4 KiB.
  init(seed: UInt8 = 1) {
    let (chunkCount, chunkBytes) = (16, 4096)
    var bytes: [UInt8] = Array("EPHW".utf8) + [0, 1, 0, 0]
    for number in [chunkBytes, chunkCount] {
      for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
    bytes += [UInt8](repeating: 0, count: 16)
    let body = chunkCount * (chunkBytes + 16)
    var state = UInt32(seed)
    for _ in 0..<body {
      state = state &* 1_664_525 &+ 1_013_904_223
      bytes.append(UInt8(truncatingIfNeeded: state >> 24))
    }
    self.bytes = bytes
    name = BlobID(SHA256.hash(bytes))
  }
}
