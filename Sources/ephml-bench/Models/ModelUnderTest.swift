import EphemeralCrypto
import EphemeralEngine
import EphemeralModel
import EphemeralWire

/// A tensor of a request or a response: its bytes as they go over the wire.
struct PlainTensor {
  let name: String
  let type: ElementType
  let shape: [Int]
  let bytes: [UInt8]

  /// An InferRequest's CBOR.
  static func request(_ tensors: [PlainTensor], sequence: UInt64 = 1) throws -> [UInt8] {
    let headers = tensors.map {
      TensorHeader(name: $0.name, elementType: $0.type, shape: $0.shape)
    }
    let random = [UInt8](repeating: 7, count: InferBody.randomBytes)
    let count = try InferBody.byteCount(sequence: sequence, tensors: headers)
    var bytes = [UInt8](repeating: 0, count: count)
    var output = bytes.mutableSpan
    let body = try InferBody.encode(
      sequence: sequence, random: random.span, tensors: headers, into: &output)
    for (place, tensor) in zip(body.tensors, tensors) {
      bytes.replaceSubrange(place.data, with: tensor.bytes)
    }
    return bytes
  }
}

/// An ONNX file taken the whole way: decomposed into key and blob, assembled, ready to infer.
struct ModelUnderTest {
  /// The assembled model.
  let model: AssembledModel
  /// The inputs that its topology declares, in order.
  let inputs: [GraphValue]

  /// A decomposed model's files are made in `folder`, those of the one before overwritten.
  ///
  /// - Throws: `DecomposeError` where the model is refused, `EngineError` where the engine then
  ///   does not take it.
  init(onnx path: String, folder: String) throws {
    let decomposed = try DecomposedModel(model: path, in: folder)
    model = try decomposed.assembled()
    inputs = decomposed.topology.graph.inputs
  }

  /// Runs one request through the wire's encoding both ways.
  func infer(_ tensors: [PlainTensor]) throws -> [PlainTensor] {
    let request = try PlainTensor.request(tensors)
    return try model.infer(request: request.span).withSpan { bytes in
      try InferBody(decoding: bytes).tensors.map { tensor in
        PlainTensor(
          name: tensor.name(in: bytes), type: tensor.elementType, shape: tensor.shape,
          bytes: Self.copy(bytes.extracting(tensor.data)))
      }
    }
  }

  private static func copy(_ span: Span<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(span.count)
    for index in 0..<span.count { bytes.append(span[index]) }
    return bytes
  }
}
