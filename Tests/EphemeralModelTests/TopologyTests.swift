import EphemeralModel
import Testing

@Suite("Topology")
struct TopologyTests {
  @Test("A body comes back as it was, and is canonical")
  func roundTrip() throws {
    for lifetime in [LifetimePolicy.perInference, .standard] {
      let topology = try Samples.topology(lifetime: lifetime, maximumMessageBytes: nil)
      let body = topology.encoded()
      let again = try Topology(decoding: body.span)
      #expect(again == topology)
      #expect(again.encoded() == body)
      #expect(again.valueCount == 7)
      #expect(again.nodeCount == 4)
    }
  }

  @Test("A body cut short anywhere is malformed")
  func truncation() throws {
    let body = try Samples.topology().encoded()
    for count in 0..<body.count {
      #expect(throws: TopologyError.self) {
        try Topology(decoding: body.span.extracting(0..<count))
      }
    }
    #expect(throws: TopologyError.malformed) { try Topology(decoding: (body + [0]).span) }
  }

  @Test("A flipped bit is refused, or is another topology that encodes to those very bytes")
  func bitFlips() throws {
    let original = try Samples.topology()
    let body = original.encoded()
    var refused = 0
    for index in body.indices {
      for bit in 0..<8 {
        var flipped = body
        flipped[index] ^= 1 << bit
        guard let other = try? Topology(decoding: flipped.span) else {
          refused += 1
          continue
        }
        #expect(other != original)
        #expect(other.encoded() == flipped)
      }
    }
    #expect(refused > body.count)
  }

  @Test("Attributes' elements are bounded in total, not only one by one")
  func attributeElements() throws {
    let most = ModelBounds.attributeElements
    for value in [
      AttributeValue.ints([Int64](repeating: 1, count: most)),
      .strings([[UInt8]](repeating: [], count: most)),
      .floats([Float](repeating: 1, count: most)),
    ] {
      func topology(attributes count: Int) throws -> Topology {
        let base = Samples.graph()
        let node = Node(
          operation: "Many", sinceVersion: 1, inputs: [], outputs: [],
          attributes: (0..<count).map { Attribute("a\($0)", value) })
        return try Samples.topology(
          graph: Graph(
            inputs: base.inputs, outputs: base.outputs, constants: base.constants,
            nodes: base.nodes + [node]))
      }
      #expect(throws: TopologyError.tooMany) { try topology(attributes: 4) }
      let allowed = try topology(attributes: 3)
      let body = allowed.encoded()
      #expect(try Topology(decoding: body.span) == allowed)
    }
  }

  @Test("Counts that promise more than the bytes hold take no memory")
  func hugeCounts() throws {
    // The head of an array of 2^32 − 1 items in every place of the body.
    let body = try Samples.topology().encoded()
    for index in body.indices {
      let bytes = Array(body[..<index]) + [0x9a, 0xff, 0xff, 0xff, 0xff] + Array(body[index...])
      #expect(throws: TopologyError.self) { try Topology(decoding: bytes.span) }
    }
  }

  @Test("Each rule on values has its error")
  func values() throws {
    func graph(_ nodes: [Node], output: ValueID = 3, constants: [GraphConstant] = []) -> Graph {
      Graph(
        inputs: [GraphValue(id: 1, name: "x", elementType: .float32)],
        outputs: [GraphValue(id: output, name: "y")], constants: constants, nodes: nodes)
    }
    func relu(_ input: Int, _ output: Int) -> Node {
      Node(operation: "Relu", sinceVersion: 14, inputs: [input], outputs: [output])
    }
    let refused: [(Graph, TopologyError)] = [
      (graph([relu(2, 3), relu(1, 2)]), .badValue),
      (graph([relu(1, 2), relu(1, 2)], output: 2), .badValue),
      (graph([relu(1, 3)]), .badValue),
      (graph([relu(1, 2)], output: 9), .badValue),
      (graph([relu(-1, 2)], output: 2), .badValue),
      (graph([relu(1, Int.max)], output: 1), .badValue),
      (graph([], output: 0), .badValue),
      (graph([], output: 1, constants: [GraphConstant(id: 2, tensor: 2)]), .badTensorReference),
      (graph([], output: 1, constants: [GraphConstant(id: 2, tensor: -1)]), .badTensorReference),
      (
        graph([Node(operation: "", sinceVersion: 1, inputs: [1], outputs: [2])], output: 2),
        .badName
      ),
      (
        graph([Node(operation: "R", sinceVersion: 0, inputs: [1], outputs: [2])], output: 2),
        .unsupportedVersion
      ),
      (
        graph(
          [
            Node(
              operation: "R", sinceVersion: 1, inputs: [1], outputs: [2],
              attributes: [Attribute("a", .int(1)), Attribute("a", .int(2))])
          ], output: 2), .badAttribute
      ),
    ]
    for (graph, error) in refused {
      #expect(throws: error) { try Samples.topology(graph: graph) }
    }
    #expect(throws: Never.self) {
      try Samples.topology(graph: graph([relu(1, 2), relu(2, 3)]))
    }
  }

  @Test("A subgraph's values end with it, and subgraphs nest only so deep")
  func scopes() throws {
    func node(_ graph: Graph, _ output: Int) -> Node {
      Node(
        operation: "If", sinceVersion: 13, inputs: [1], outputs: [output],
        attributes: [Attribute("then_branch", .graph(graph))])
    }
    func outer(_ nodes: [Node], _ output: Int) -> Graph {
      Graph(
        inputs: [GraphValue(id: 1, name: "x", elementType: .bool)],
        outputs: [GraphValue(id: output, name: "y")], constants: [], nodes: nodes)
    }
    let inner = Graph(
      inputs: [], outputs: [GraphValue(id: 2)], constants: [],
      nodes: [Node(operation: "Not", sinceVersion: 1, inputs: [1], outputs: [2])])
    #expect(throws: Never.self) { try Samples.topology(graph: outer([node(inner, 3)], 3)) }
    #expect(throws: TopologyError.badValue) {
      try Samples.topology(graph: outer([node(inner, 3)], 2))
    }
    var deep = inner
    for level in 0..<ModelBounds.graphDepth {
      deep = Graph(
        inputs: [], outputs: [GraphValue(id: 3 + level)], constants: [],
        nodes: [node(deep, 3 + level)])
    }
    #expect(throws: TopologyError.tooDeep) {
      try Samples.topology(graph: outer([node(deep, 9)], 9))
    }
  }

  @Test("Tensors lie inside the blob, aligned, apart or on top of each other")
  func tensors() throws {
    let plaintext = 64 << 10
    func check(_ second: TensorEntry) throws {
      _ = try Samples.topology(tensors: [try Samples.tensor(), second])
    }
    #expect(throws: Never.self) { try check(try Samples.tensor(at: 64)) }
    #expect(throws: Never.self) { try check(try Samples.tensor([12], at: 0)) }
    #expect(throws: Never.self) { try check(try Samples.tensor([0, 5], at: 0)) }
    for (shape, offset) in [
      ([4, 3], 32), ([4, 3], -64), ([4, 3], plaintext), ([plaintext], 0), ([4, 2], 0),
      ([4, 3], Int.max - 63),
    ] {
      #expect(throws: TopologyError.badTensorLayout) {
        try check(try Samples.tensor(shape, at: offset))
      }
    }
    #expect(throws: TopologyError.badShape) {
      try check(try Samples.tensor([Int](repeating: 1, count: 9), at: 64))
    }
    #expect(TensorEntry(elementType: .float64, shape: [1 << 40, 1 << 40], offset: 0) == nil)
    #expect(TensorEntry(elementType: .int8, shape: [-1], offset: 0) == nil)
    // Strides of an empty tensor are products too.
    #expect(TensorEntry(elementType: .int8, shape: [0, 1 << 41], offset: 0) == nil)
    #expect(TensorEntry(elementType: .int8, shape: [0, Int.max, Int.max], offset: 0) == nil)
  }

  @Test("The outermost graph has no more inputs or outputs than one message holds")
  func messageTensors() throws {
    func topology(_ count: Int) throws -> Topology {
      let inputs = (1...count).map {
        GraphValue(id: $0, name: "x\($0)", elementType: .float32)
      }
      return try Samples.topology(
        graph: Graph(inputs: inputs, outputs: [inputs[0]], constants: [], nodes: []))
    }
    #expect(throws: Never.self) { try topology(ModelBounds.messageTensors) }
    #expect(throws: TopologyError.tooMany) { try topology(ModelBounds.messageTensors + 1) }
  }

  @Test("Lifetime, message size and names keep their bounds")
  func policy() throws {
    for lifetime in [
      LifetimePolicy.session(maximumInferences: 0, maximumSeconds: 1),
      .session(maximumInferences: 1, maximumSeconds: 0),
      .session(maximumInferences: ModelBounds.inferences + 1, maximumSeconds: 1),
      .session(maximumInferences: 1, maximumSeconds: ModelBounds.sessionSeconds + 1),
    ] {
      #expect(throws: TopologyError.badPolicy) { try Samples.topology(lifetime: lifetime) }
    }
    for bytes in [0, 4_095, ModelBounds.messageBytes + 1] {
      #expect(throws: TopologyError.badPolicy) {
        try Samples.topology(maximumMessageBytes: bytes)
      }
    }
    #expect(throws: TopologyError.badName) {
      try Samples.topology(name: String(repeating: "n", count: 257))
    }
    #expect(throws: TopologyError.tooMany) { try Samples.topology(operatorSets: []) }
    let set = OperatorSet(domain: "", version: 17)
    #expect(throws: TopologyError.badName) { try Samples.topology(operatorSets: [set, set]) }
  }
}
