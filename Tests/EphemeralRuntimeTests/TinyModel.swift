import EphemeralCrypto
import EphemeralModel
import EphemeralWire
import Testing

/// A model of two operators, y = x · w + b, with weights of its own: the smallest thing that can
/// be told apart from its neighbours by its answers.
final class TinyModel: Sendable {
  static let width = 4
  let key: TopologyKey
  let blob: [UInt8]
  let name: BlobID
  let scale: Float
  let shift: Float

  init(
    scale: Float, shift: Float, lifetime: LifetimePolicy = .standard, chunkBytes: Int = 64 << 10,
    plaintextBytes: Int = 64 << 10
  ) throws {
    let layout = try #require(
      WeightBlobLayout(plaintextBytes: plaintextBytes, chunkBytes: chunkBytes))
    var plain = [UInt8](repeating: 0, count: plaintextBytes)
    for (offset, value) in [(0, scale), (64, shift)] {
      for index in 0..<Self.width {
        for byte in 0..<4 {
          plain[offset + index * 4 + byte] = UInt8(
            truncatingIfNeeded: value.bitPattern >> UInt32(byte * 8))
        }
      }
    }
    let secret = try SecretBytes(randomCount: 32)
    var sealer = try WeightBlobSealer(layout: layout, key: secret)
    var blob = sealer.header
    for index in 0..<layout.chunkCount {
      let range = layout.plaintextRange(ofChunk: index)
      var output = [UInt8](repeating: 0, count: range.count + 16)
      var span = output.mutableSpan
      try sealer.sealNext(plain.span.extracting(range), into: &span)
      blob += output
    }
    let reference = try sealer.finish()
    let shape = [Dimension.fixed(Self.width)]
    let tensors = [0, 64].map {
      TensorEntry(elementType: .float32, shape: [Self.width], offset: $0)
    }
    let topology = try Topology(
      modelName: "tiny", modelVersion: "1", lifetime: lifetime,
      operatorSets: [OperatorSet(domain: "", version: 14)], blob: reference,
      tensors: [try #require(tensors[0]), try #require(tensors[1])],
      graph: Graph(
        inputs: [GraphValue(id: 1, name: "x", elementType: .float32, shape: shape)],
        outputs: [GraphValue(id: 5, name: "y", elementType: .float32, shape: shape)],
        constants: [GraphConstant(id: 2, tensor: 0), GraphConstant(id: 3, tensor: 1)],
        nodes: [
          Node(operation: "Mul", sinceVersion: 14, inputs: [1, 2], outputs: [4]),
          Node(operation: "Add", sinceVersion: 14, inputs: [4, 3], outputs: [5]),
        ]))
    key = try TopologyKey(topology: topology, blobKey: secret)
    self.blob = blob
    name = BlobID(reference.blobID)
    self.scale = scale
    self.shift = shift
  }

  /// What the model answers, computed here in the same order.
  func expected(_ input: [Float]) -> [Float] { input.map { $0 * scale + shift } }

  /// An InferRequest's CBOR.
  static func request(_ sequence: UInt64, _ input: [Float]) throws -> SecretBytes {
    let headers = [TensorHeader(name: "x", elementType: .float32, shape: [input.count])]
    let random = try SecretBytes(randomCount: InferRequest.randomBytes)
    var request = try SecretBytes(
      count: InferRequest.byteCount(sequence: sequence, tensors: headers))
    try request.withMutableSpan { output in
      let body = try random.withSpan {
        try InferRequest.encode(sequence: sequence, random: $0, tensors: headers, into: &output)
      }
      for (index, value) in input.enumerated() {
        for byte in 0..<4 {
          output[body.tensors[0].data.lowerBound + index * 4 + byte] = UInt8(
            truncatingIfNeeded: value.bitPattern >> UInt32(byte * 8))
        }
      }
    }
    return request
  }

  /// The only tensor of a response.
  static func answer(_ response: borrowing SecretBytes) throws -> [Float] {
    try response.withSpan { bytes in
      let body = try InferResponse(decoding: bytes)
      let data = try #require(body.tensors.first).data
      return stride(from: data.lowerBound, to: data.upperBound, by: 4).map { at in
        Float(
          bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32($1 * 8) })
      }
    }
  }
}
