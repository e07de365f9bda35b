import EphemeralClient
import EphemeralCrypto
import EphemeralDecompose
import EphemeralEngine
import EphemeralModel
import EphemeralWire
import Foundation

/// A model decomposed into a folder: its key, its blob, and requests for it.
final class DecomposedModel {
  /// The path of the weight blob.
  let blobPath: String
  /// Bytes of the weights before padding.
  let weightBytes: Int
  let topology: Topology
  private let keyBytes: [UInt8]
  /// Holds the files where nobody named a folder for them.
  private let folder: TemporaryFolder?

  /// Bytes that a model may take when it is assembled here.
  static let arenaBytes = 8 << 30

  init(
    model path: String, lifetime: LifetimePolicy = .standard, pooling: PoolingChoice = .none,
    in place: String? = nil
  ) throws {
    let stem: String
    if let place {
      folder = nil
      stem = place + "/model"
    } else {
      let own = try TemporaryFolder()
      folder = own
      stem = own.file("model")
    }
    var options = DecomposeOptions()
    options.lifetime = lifetime
    options.pooling = pooling
    let made = try Decomposer.decompose(model: path, to: stem, options: options)
    blobPath = made.blobPath
    weightBytes = made.weightBytes
    keyBytes = try FileAccess.read(made.topologyPath, maximum: ModelBounds.topologyKeyBytes)
    topology = made.topology
  }

  /// The topology key, read anew.
  func key() throws -> TopologyKey {
    let bytes = keyBytes
    return try TopologyKey(decoding: bytes.span)
  }

  /// The blob's chunks, the header in front of the first.
  func chunks() throws -> (header: [UInt8], chunks: [[UInt8]]) {
    let blob = try FileHandle(forReadingFrom: URL(fileURLWithPath: blobPath))
    defer { try? blob.close() }
    let layout = topology.blob.layout
    let header = [UInt8](try blob.read(upToCount: WeightBlobLayout.headerBytes) ?? Data())
    let chunks = try (0..<layout.chunkCount).map { index in
      [UInt8](try blob.read(upToCount: layout.fileRange(ofChunk: index).count) ?? Data())
    }
    return (header, chunks)
  }

  /// The model, assembled in this process.
  func assembled(
    pool: ComputePool = .shared, from parts: (header: [UInt8], chunks: [[UInt8]])? = nil
  ) throws -> AssembledModel {
    let (header, chunks) = try parts ?? self.chunks()
    let assembler = try ModelAssembler(
      key: key(), arena: SecretArena(budget: Self.arenaBytes), pool: pool)
    for (index, chunk) in chunks.enumerated() {
      try assembler.receive(
        index: index, header: index == 0 ? header : [], ciphertext: chunk)
    }
    return try assembler.finish()
  }

  // MARK: Requests

  /// The one float input of an image model: its name and shape, open dimensions as 1.
  var image: (name: String, shape: [Int])? {
    let inputs = topology.graph.inputs
    guard inputs.count == 1, inputs[0].elementType == .float32, let shape = inputs[0].shape else {
      return nil
    }
    let dims = shape.map { dimension in
      if case .fixed(let size) = dimension { return size }
      return 1
    }
    return (inputs[0].name, dims)
  }

  /// The lengths that requests can have: those of the text, or none of an image.
  func lengths(_ tokens: [Int]) -> [Int?] { image == nil ? tokens : [nil] }

  /// An InferRequest: token ids of one text so long, or numbers of the one input where `tokens` is
  /// nil.
  func request(tokens: Int?, sequence: UInt64 = 1) throws -> [UInt8] {
    var state: UInt64 = 7
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    var tensors: [PlainTensor] = []
    for input in topology.graph.inputs {
      var bytes: [UInt8] = []
      if let tokens, input.elementType == .int64 {
        for _ in 0..<tokens {
          let value: Int64
          switch input.name {
          case "attention_mask": value = 1
          case "token_type_ids": value = 0
          default: value = 1_000 + Int64(next() % 19_000)
          }
          for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
        }
        tensors.append(
          PlainTensor(name: input.name, type: .int64, shape: [1, tokens], bytes: bytes))
      } else {
        guard let image else { throw UnknownInput(name: input.name) }
        for _ in 0..<image.shape.reduce(1, *) {
          let value = Float(Double(next()) / Double(1 << 30) - 1)
          for byte in 0..<4 {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * byte)))
          }
        }
        tensors.append(
          PlainTensor(name: input.name, type: .float32, shape: image.shape, bytes: bytes))
      }
    }
    return try PlainTensor.request(tensors, sequence: sequence)
  }

  /// An input that the benchmark does not know how to fill.
  struct UnknownInput: Error, CustomStringConvertible {
    let name: String
    var description: String { "the input '\(name)' is neither tokens nor one image" }
  }
}
