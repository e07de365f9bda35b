public import EphemeralCrypto
public import EphemeralModel
public import EphemeralWire

/// A model of two operators, y = x · w + b, with weights of its own: the smallest thing that can
/// be told apart from its neighbours by its answers.
public final class TinyModel: Sendable {
  /// Elements of the only input and output.
  public static let width = 4
  /// What the owner keeps.
  public let key: TopologyKey
  /// The sealed weights, as a file.
  public let blob: [UInt8]
  /// The blob's name in a store.
  public let name: BlobID
  /// The weight w, in all places.
  public let scale: Float
  /// The weight b, in all places.
  public let shift: Float

  /// Seals the two weights into a blob of the given layout and writes the topology.
  ///
  /// - Parameter operation: what stands in the first node; `Mul` in a model that works.
  public init(
    scale: Float, shift: Float, lifetime: LifetimePolicy = .standard, chunkBytes: Int = 64 << 10,
    plaintextBytes: Int = 64 << 10, maximumMessageBytes: Int? = nil, operation: String = "Mul"
  ) throws {
    guard let layout = WeightBlobLayout(plaintextBytes: plaintextBytes, chunkBytes: chunkBytes)
    else { throw TinyModelError.badLayout }
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
    let tensors = [0, 64].compactMap {
      TensorEntry(elementType: .float32, shape: [Self.width], offset: $0)
    }
    let topology = try Topology(
      modelName: "tiny", modelVersion: "1", lifetime: lifetime,
      maximumMessageBytes: maximumMessageBytes,
      operatorSets: [OperatorSet(domain: "", version: 14)], blob: reference,
      tensors: tensors,
      graph: Graph(
        inputs: [GraphValue(id: 1, name: "x", elementType: .float32, shape: shape)],
        outputs: [GraphValue(id: 5, name: "y", elementType: .float32, shape: shape)],
        constants: [GraphConstant(id: 2, tensor: 0), GraphConstant(id: 3, tensor: 1)],
        nodes: [
          Node(operation: operation, sinceVersion: 14, inputs: [1, 2], outputs: [4]),
          Node(operation: "Add", sinceVersion: 14, inputs: [4, 3], outputs: [5]),
        ]))
    key = try TopologyKey(topology: topology, blobKey: secret)
    self.blob = blob
    name = BlobID(reference.blobID)
    self.scale = scale
    self.shift = shift
  }

  /// What the model answers, computed here in the same order.
  public func expected(_ input: [Float]) -> [Float] { input.map { $0 * scale + shift } }

  /// An InferRequest's CBOR.
  public static func request(_ sequence: UInt64, _ input: [Float]) throws -> SecretBytes {
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
  public static func answer(_ response: borrowing SecretBytes) throws -> [Float] {
    try response.withSpan { bytes in
      let body = try InferResponse(decoding: bytes)
      guard let data = body.tensors.first?.data else { throw TinyModelError.noAnswer }
      return stride(from: data.lowerBound, to: data.upperBound, by: 4).map { at in
        Float(
          bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32($1 * 8) })
      }
    }
  }
}

/// Why there is no tiny model, or no answer of one.
public enum TinyModelError: Error {
  /// No blob has the asked layout.
  case badLayout
  /// The response holds no tensor.
  case noAnswer
}
