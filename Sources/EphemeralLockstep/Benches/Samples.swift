import EphemeralCrypto
package import EphemeralSession
import EphemeralWire

/// Fixed values from which tests build sessions.
package enum Samples {
  package static let nonce = [UInt8](repeating: 0x11, count: 32)
  package static let sessionID = [UInt8](repeating: 0x22, count: 16)
  package static let blobID = [UInt8](repeating: 0x33, count: 32)
  package static let modelHash = [UInt8](repeating: 0x44, count: 32)
  package static let document = [UInt8](repeating: 0x55, count: 100)
  package static let start = SessionTime(nanoseconds: 1_000, unixSeconds: 1_800_000_000)
  /// After every phase's deadline and before the end of a session's life.
  package static let late = SessionTime(nanoseconds: 1_000_000_000_000, unixSeconds: 1_800_001_000)
  /// After everything.
  package static let over = SessionTime(nanoseconds: 20_000_000_000_000, unixSeconds: 1_800_020_000)
  package static let model = ModelIdentity(name: Array("digits".utf8), version: Array("1".utf8))
  package static let assembled = AssembledFields(
    modelHash: modelHash, weightBytes: 65_536, nanoseconds: 1_000)
  package static let statistics = InferenceStatistics(
    milliseconds: 3, peakMegabytes: 7, exposureNanoseconds: 5)
  package static let tally = WipeTally(
    regions: 3, bytes: 4096, exposureNanoseconds: 6, auditHead: [UInt8](repeating: 0x66, count: 32))

  package static func secret(_ bytes: [UInt8]) throws -> SecretMaterial {
    SecretMaterial(try SecretBytes(copying: bytes.span))
  }

  package static func seed(_ byte: UInt8) throws -> SecretMaterial {
    try secret([UInt8](repeating: byte, count: 32))
  }

  /// The CBOR of a request or response with one float tensor.
  package static func tensors(
    sequence: UInt64, random: UInt8 = 0x77, data: [UInt8] = [0, 0, 128, 63]
  ) throws -> [UInt8] {
    let header = TensorHeader(name: "x", elementType: .float32, shape: [data.count / 4])
    let count = try InferBody.byteCount(sequence: sequence, tensors: [header])
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    let layout = try InferBody.encode(
      sequence: sequence, random: [UInt8](repeating: random, count: 32).span, tensors: [header],
      into: &span)
    for (index, byte) in data.enumerated() {
      span[layout.tensors[0].data.lowerBound + index] = byte
    }
    return bytes
  }

  package static func admission(
    source: TopologyAdmission<[UInt8]>.Source = .host, chunks: UInt64 = 3,
    lifetime: TopologyAdmission<[UInt8]>.Lifetime = .session, inferences: UInt64 = 10
  ) -> TopologyAdmission<[UInt8]> {
    TopologyAdmission(
      blobID: blobID, chunkCount: chunks, source: source, lifetime: lifetime,
      maximumInferences: inferences, maximumSeconds: 3600, model: model)
  }

  package static func chunk(_ index: UInt64) -> ChunkFields<[UInt8]> {
    ChunkFields(
      index: index, header: index == 0 ? [UInt8](repeating: 0x45, count: 32) : [],
      ciphertext: [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 64))
  }
}
