import EphemeralCrypto
import EphemeralEngine
import EphemeralModel
import EphemeralWire
import Testing

/// A model made in a test: a graph, its constants, and the sealed blob that belongs to them.
struct TestModel {
  var inputs: [GraphValue] = []
  var outputs: [GraphValue] = []
  var nodes: [Node] = []
  var lifetime = LifetimePolicy.standard
  private(set) var tensors: [TestTensor] = []
  private(set) var constants: [GraphConstant] = []
  private var nextID = 1

  /// A new input.
  mutating func input(_ name: String, _ type: ElementType, _ shape: [Dimension]? = nil) -> ValueID {
    let id = fresh()
    inputs.append(GraphValue(id: id, name: name, elementType: type, shape: shape))
    return id
  }

  /// A new value from the blob.
  mutating func constant(_ tensor: TestTensor) -> ValueID {
    let id = fresh()
    constants.append(GraphConstant(id: id, tensor: table(tensor)))
    return id
  }

  /// A new value of the tensor that another constant is.
  mutating func constant(sharing other: ValueID) -> ValueID {
    let id = fresh()
    let tensor = constants.first { $0.id == other }?.tensor ?? 0
    constants.append(GraphConstant(id: id, tensor: tensor))
    return id
  }

  /// A new tensor of the blob, for an attribute.
  mutating func table(_ tensor: TestTensor) -> Int {
    tensors.append(tensor)
    return tensors.count - 1
  }

  /// A new node with new outputs.
  @discardableResult
  mutating func node(
    _ operation: String, _ version: Int, _ inputs: [ValueID], outputs count: Int = 1,
    _ attributes: [Attribute] = []
  ) -> [ValueID] {
    let outputs = (0..<count).map { _ in fresh() }
    nodes.append(
      Node(
        operation: operation, sinceVersion: version, inputs: inputs, outputs: outputs,
        attributes: attributes))
    return outputs
  }

  /// Declares an output.
  mutating func output(_ name: String, _ id: ValueID) {
    outputs.append(GraphValue(id: id, name: name))
  }

  /// A new id for a value of a subgraph.
  mutating func subgraphValue() -> ValueID { fresh() }

  private mutating func fresh() -> ValueID {
    defer { nextID += 1 }
    return nextID
  }

  /// The blob and the key that opens it.
  struct Sealed: ~Copyable {
    let key: TopologyKey
    let header: [UInt8]
    let chunks: [[UInt8]]
  }

  /// Seals the constants and joins them with the graph.
  func sealed() throws -> Sealed {
    var plaintext: [UInt8] = []
    var entries: [TensorEntry] = []
    for tensor in tensors {
      plaintext += [UInt8](repeating: 0, count: (64 - plaintext.count % 64) % 64)
      let entry = TensorEntry(
        elementType: tensor.type, shape: tensor.shape, offset: plaintext.count)
      entries.append(try entry.orThrow())
      plaintext += tensor.bytes
    }
    let layout = try WeightBlobLayout(weightBytes: plaintext.count).orThrow()
    plaintext += [UInt8](repeating: 0, count: layout.plaintextBytes - plaintext.count)
    let key = try SecretBytes(randomCount: 32)
    var sealer = try WeightBlobSealer(layout: layout, key: key)
    let header = sealer.header
    var chunks: [[UInt8]] = []
    for index in 0..<layout.chunkCount {
      let range = layout.plaintextRange(ofChunk: index)
      var chunk = [UInt8](repeating: 0, count: range.count + WeightBlobLayout.tagBytes)
      var output = chunk.mutableSpan
      try sealer.sealNext(plaintext.span.extracting(range), into: &output)
      chunks.append(chunk)
    }
    let topology = try Topology(
      modelName: "test", modelVersion: "1", lifetime: lifetime,
      operatorSets: [OperatorSet(domain: "", version: 17)], blob: sealer.finish(),
      tensors: entries,
      graph: Graph(inputs: inputs, outputs: outputs, constants: constants, nodes: nodes))
    return Sealed(
      key: try TopologyKey(topology: topology, blobKey: key), header: header, chunks: chunks)
  }

  /// The same model with another lifetime.
  func with(_ lifetime: LifetimePolicy) -> TestModel {
    var other = self
    other.lifetime = lifetime
    return other
  }

  /// Assembles the model.
  func assembled(
    budget: Int = 64 << 20, limits: EngineLimits = EngineLimits()
  ) throws -> AssembledModel {
    let sealed = try sealed()
    let assembler = try ModelAssembler(
      key: sealed.key, arena: SecretArena(budget: budget), limits: limits)
    for index in sealed.chunks.indices { try assembler.take(sealed, index) }
    return try assembler.finish()
  }

  /// Assembles the model and runs it once.
  func run(
    _ inputs: [(String, TestTensor)], budget: Int = 64 << 20,
    limits: EngineLimits = EngineLimits()
  ) throws -> [TestTensor] {
    try assembled(budget: budget, limits: limits).run(inputs)
  }
}

extension Optional {
  struct Missing: Error {}
  func orThrow() throws -> Wrapped {
    guard let self else { throw Missing() }
    return self
  }
}

extension ModelAssembler {
  /// Receives one chunk of a sealed model.
  func take(_ sealed: borrowing TestModel.Sealed, _ index: Int) throws {
    let header = index == 0 ? sealed.header : []
    try receive(index: index, header: header, ciphertext: sealed.chunks[index])
  }
}

extension AssembledModel {
  /// Runs the model on tensors, through the wire's encoding both ways.
  func run(_ inputs: [(String, TestTensor)], sequence: UInt64 = 1) throws -> [TestTensor] {
    let request = try Self.request(inputs, sequence: sequence)
    return try infer(request: request.span).withSpan { bytes in
      let body = try InferBody(decoding: bytes)
      #expect(body.sequence == sequence)
      #expect(body.random.map { bytes[$0] } == Self.random)
      return body.tensors.map { tensor in
        return TestTensor(
          type: tensor.elementType, shape: tensor.shape, bytes: tensor.data.map { bytes[$0] })
      }
    }
  }

  static let random = (0..<32).map { UInt8($0 * 7) }

  /// An InferRequest's CBOR.
  static func request(_ inputs: [(String, TestTensor)], sequence: UInt64 = 1) throws -> [UInt8] {
    let headers = inputs.map {
      TensorHeader(name: $0.0, elementType: $0.1.type, shape: $0.1.shape)
    }
    let count = try InferBody.byteCount(sequence: sequence, tensors: headers)
    var bytes = [UInt8](repeating: 0, count: count)
    var output = bytes.mutableSpan
    let body = try InferBody.encode(
      sequence: sequence, random: random.span, tensors: headers, into: &output)
    for (place, tensor) in zip(body.tensors, inputs) {
      for (at, byte) in zip(place.data, tensor.1.bytes) { output[at] = byte }
    }
    return bytes
  }
}
