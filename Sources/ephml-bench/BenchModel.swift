import EphemeralCrypto
import EphemeralDecompose
import EphemeralEngine
import EphemeralModel
import EphemeralWire
import Foundation

/// An ONNX file decomposed, assembled and ready to be timed, and a request for it.
struct BenchModel {
  /// The assembled model.
  let model: AssembledModel
  /// The inputs that its topology declares, in order.
  let inputs: [GraphValue]

  /// Bytes that a timed model may take.
  private static let arenaBytes = 8 << 30

  /// Decomposes `path` beside files of its own in the temporary folder, which it removes.
  init(onnx path: String, pool: ComputePool) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let made = try Decomposer.decompose(model: path, to: folder.path + "/model")
    let key = try TopologyKey(
      decoding: [UInt8](try Data(contentsOf: URL(fileURLWithPath: made.topologyPath))).span)
    inputs = key.topology.graph.inputs
    let assembler = try ModelAssembler(
      key: key, arena: SecretArena(budget: Self.arenaBytes), pool: pool)
    let blob = try FileHandle(forReadingFrom: URL(fileURLWithPath: made.blobPath))
    defer { try? blob.close() }
    let layout = key.topology.blob.layout
    let header = [UInt8](try blob.read(upToCount: WeightBlobLayout.headerBytes) ?? Data())
    for index in 0..<layout.chunkCount {
      let chunk = [UInt8](
        try blob.read(upToCount: layout.fileRange(ofChunk: index).count) ?? Data())
      try assembler.receive(
        index: index, header: index == 0 ? header : [], ciphertext: chunk)
    }
    model = try assembler.finish()
  }

  /// The one float input of an image model: its name and shape, open dimensions as 1.
  var image: (name: String, shape: [Int])? {
    guard inputs.count == 1, inputs[0].elementType == .float32, let shape = inputs[0].shape else {
      return nil
    }
    let dims = shape.map { dimension in
      if case .fixed(let size) = dimension { return size }
      return 1
    }
    return (inputs[0].name, dims)
  }

  /// A request: token ids of one text so long, or an image of noise where `tokens` is nil.
  func request(tokens: Int?) throws -> [UInt8] {
    var state: UInt64 = 7
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    var tensors: [(TensorHeader, [UInt8])] = []
    for input in inputs {
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
          (TensorHeader(name: input.name, elementType: .int64, shape: [1, tokens]), bytes))
      } else {
        guard let image else { throw UnknownInput(name: input.name) }
        for _ in 0..<image.shape.reduce(1, *) {
          let value = Float(Double(next()) / Double(1 << 30) - 1)
          for byte in 0..<4 {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * byte)))
          }
        }
        tensors.append(
          (TensorHeader(name: input.name, elementType: .float32, shape: image.shape), bytes))
      }
    }
    let headers = tensors.map(\.0)
    var bytes = [UInt8](repeating: 0, count: try InferBody.byteCount(sequence: 1, tensors: headers))
    let random = [UInt8](repeating: 7, count: InferBody.randomBytes)
    var output = bytes.mutableSpan
    let body = try InferBody.encode(
      sequence: 1, random: random.span, tensors: headers, into: &output)
    for (place, tensor) in zip(body.tensors, tensors) {
      bytes.replaceSubrange(place.data, with: tensor.1)
    }
    return bytes
  }

  /// An input that the benchmark does not know how to fill.
  struct UnknownInput: Error, CustomStringConvertible {
    let name: String
    var description: String { "the input '\(name)' is neither tokens nor one image" }
  }
}
