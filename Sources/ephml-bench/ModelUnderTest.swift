import EphemeralCrypto
import EphemeralDecompose
import EphemeralEngine
import EphemeralModel
import EphemeralWire
import Foundation

/// A tensor of a request or a response: its bytes as they go over the wire.
struct PlainTensor {
  let name: String
  let type: ElementType
  let shape: [Int]
  let bytes: [UInt8]
}

/// An ONNX file taken the whole way: decomposed into key and blob, assembled, ready to infer.
struct ModelUnderTest {
  /// The assembled model.
  let model: AssembledModel
  /// The inputs that its topology declares, in order.
  let inputs: [GraphValue]

  /// Bytes that a model under test may take.
  static let arenaBytes = 8 << 30

  /// A decomposed model's files are made in `folder` and removed again.
  ///
  /// - Throws: `DecomposeError` where the model is refused, `EngineError` where the engine then
  ///   does not take it.
  init(onnx path: String, folder: String) throws {
    let stem = folder + "/model"
    let made = try Decomposer.decompose(model: path, to: stem)
    defer {
      try? FileManager.default.removeItem(atPath: made.topologyPath)
      try? FileManager.default.removeItem(atPath: made.blobPath)
    }
    let keyBytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: made.topologyPath)))
    let key = try TopologyKey(decoding: keyBytes.span)
    inputs = key.topology.graph.inputs
    let assembler = try ModelAssembler(key: key, arena: SecretArena(budget: Self.arenaBytes))
    let blob = try FileHandle(forReadingFrom: URL(fileURLWithPath: made.blobPath))
    defer { try? blob.close() }
    let layout = key.topology.blob.layout
    let header = [UInt8](try blob.read(upToCount: WeightBlobLayout.headerBytes) ?? Data())
    for index in 0..<layout.chunkCount {
      let chunk = [UInt8](
        try blob.read(upToCount: layout.fileRange(ofChunk: index).count) ?? Data())
      try assembler.receive(index: index, header: index == 0 ? header : [], ciphertext: chunk)
    }
    model = try assembler.finish()
  }

  /// Runs one request through the wire's encoding both ways.
  func infer(_ tensors: [PlainTensor]) throws -> [PlainTensor] {
    let request = try Self.request(tensors)
    return try model.infer(request: request.span).withSpan { bytes in
      try InferBody(decoding: bytes).tensors.map { tensor in
        PlainTensor(
          name: tensor.name(in: bytes), type: tensor.elementType, shape: tensor.shape,
          bytes: Self.copy(bytes.extracting(tensor.data)))
      }
    }
  }

  /// An InferRequest's CBOR.
  private static func request(_ tensors: [PlainTensor]) throws -> [UInt8] {
    let headers = tensors.map {
      TensorHeader(name: $0.name, elementType: $0.type, shape: $0.shape)
    }
    let random = [UInt8](repeating: 7, count: InferBody.randomBytes)
    var bytes = [UInt8](repeating: 0, count: try InferBody.byteCount(sequence: 1, tensors: headers))
    var output = bytes.mutableSpan
    let body = try InferBody.encode(
      sequence: 1, random: random.span, tensors: headers, into: &output)
    for (place, tensor) in zip(body.tensors, tensors) {
      bytes.replaceSubrange(place.data, with: tensor.bytes)
    }
    return bytes
  }

  private static func copy(_ span: Span<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(span.count)
    for index in 0..<span.count { bytes.append(span[index]) }
    return bytes
  }
}
