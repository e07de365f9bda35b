import EphemeralCrypto
import EphemeralModel

/// Small topologies for the tests.
enum Samples {
  static let layout = WeightBlobLayout(weightBytes: 1_000)

  static func blob() throws -> BlobReference {
    guard let layout else { throw TopologyError.badBlob }
    return BlobReference(
      blobID: [UInt8](repeating: 0xb1, count: 32), layout: layout,
      weightsDigest: [UInt8](repeating: 0xd1, count: 32))
  }

  static func tensor(
    _ shape: [Int] = [4, 3], at offset: Int = 0, type: ElementType = .float32
  ) throws -> TensorEntry {
    guard let entry = TensorEntry(elementType: type, shape: shape, offset: offset) else {
      throw TopologyError.badShape
    }
    return entry
  }

  /// x → MatMul(x, w) → Relu → y, and a node with every kind of attribute.
  static func graph() -> Graph {
    let inner = Graph(
      inputs: [GraphValue(id: 6)], outputs: [GraphValue(id: 7)], constants: [],
      nodes: [Node(operation: "Add", sinceVersion: 14, inputs: [6, 1], outputs: [7])])
    return Graph(
      inputs: [
        GraphValue(
          id: 1, name: "pixels", elementType: .float32, shape: [.symbol(0), .fixed(4), .unknown])
      ],
      outputs: [GraphValue(id: 4, name: "scores", elementType: .float32)],
      constants: [GraphConstant(id: 2, tensor: 0)],
      nodes: [
        Node(operation: "MatMul", sinceVersion: 13, inputs: [1, 2], outputs: [3]),
        Node(operation: "Relu", sinceVersion: 14, inputs: [3], outputs: [4]),
        Node(
          operation: "Everything", domain: "test", sinceVersion: 1, inputs: [4, 0, 2],
          outputs: [5, 0],
          attributes: [
            Attribute("i", .int(-7)), Attribute("f", .float(-0.0)), Attribute("n", .float(.nan)),
            Attribute("s", .string(Array("text".utf8))), Attribute("t", .tensor(1)),
            Attribute("is", .ints([Int64.min, 0, Int64.max])), Attribute("fs", .floats([1.5, 2])),
            Attribute("ss", .strings([[], [0xff]])), Attribute("g", .graph(inner)),
          ]),
      ])
  }

  static func topology(
    graph: Graph = Samples.graph(), tensors: [TensorEntry]? = nil,
    lifetime: LifetimePolicy = .standard, maximumMessageBytes: Int? = 65_536,
    operatorSets: [OperatorSet] = [OperatorSet(domain: "", version: 17)], name: String = "sample"
  ) throws -> Topology {
    try Topology(
      modelName: name, modelVersion: "1", lifetime: lifetime,
      maximumMessageBytes: maximumMessageBytes, operatorSets: operatorSets, blob: try blob(),
      tensors: try tensors ?? [tensor(), tensor([2], at: 64, type: .int64)], graph: graph)
  }

  static func key(_ byte: UInt8 = 0x4b) throws -> SecretBytes {
    try SecretBytes(copying: [UInt8](repeating: byte, count: 32).span)
  }
}
