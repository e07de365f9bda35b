import EphemeralDecompose
import EphemeralModel
import TestSupport
import Testing

@Suite("Normalisation")
struct NormalisationTests {
  private func decompose(_ model: [UInt8]) throws -> (topology: Topology, weights: [UInt8]) {
    let bench = try Workbench()
    _ = try bench.decompose(model)
    return try bench.openPair()
  }

  private func simple(_ nodes: [[UInt8]], _ initializers: [[UInt8]] = []) -> [UInt8] {
    ONNX.model(
      graph: ONNX.graph(
        nodes: nodes, initializers: initializers, inputs: [ONNX.value("x")],
        outputs: [ONNX.value("y")]))
  }

  @Test("Constant nodes of every kind move to the blob")
  func constants() throws {
    let kinds: [(attribute: [UInt8], type: ElementType, shape: [Int], bytes: [UInt8])] = [
      (
        ONNX.attribute("value", kind: 4) { $0.field(5, bytes: ONNX.raw("", [1, 2], shape: [2])) },
        .float32, [2], ONNX.bytes([1, 2])
      ),
      (
        ONNX.attribute("value_float", kind: 1) { $0.field(2, float: 3) }, .float32, [],
        ONNX.bytes([3])
      ),
      (
        ONNX.attribute("value_floats", kind: 6) {
          $0.field(7, float: 4)
          $0.field(7, float: 5)
        }, .float32, [2], ONNX.bytes([4, 5])
      ),
      (ONNX.int("value_int", -2), .int64, [], [0xfe] + [UInt8](repeating: 0xff, count: 7)),
      (
        ONNX.attribute("value_ints", kind: 7) { $0.field(8, bytes: [1, 2]) }, .int64, [2],
        [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
      ),
    ]
    for kind in kinds {
      let (topology, weights) = try decompose(
        simple([
          ONNX.node("Constant", [], ["c"], attributes: [kind.attribute]),
          ONNX.node("Cast", ["c"], ["d"], attributes: [ONNX.int("to", 1)]),
          ONNX.node("Add", ["x", "d"], ["y"]),
        ]))
      #expect(topology.graph.nodes.map(\.operation) == ["Cast", "Add"])
      #expect(topology.tensors.map(\.elementType) == [kind.type])
      #expect(topology.tensors.map(\.shape) == [kind.shape])
      #expect(Workbench.values(topology, weights, 0) == kind.bytes)
    }
  }

  @Test("Typed data of every field is read, packed and not")
  func typedData() throws {
    let bits: [(type: Int, field: UInt64, values: [Int], bytes: [UInt8])] = [
      (6, 5, [-1, 2], [0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0]), (3, 5, [-128, 127], [0x80, 0x7f]),
      (2, 5, [255, 0], [0xff, 0]), (9, 5, [1, 0], [1, 0]),
      (
        7, 7, [-2, 3],
        [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 3, 0, 0, 0, 0, 0, 0, 0]
      ),
    ]
    for (type, field, values, bytes) in bits {
      for isPacked in [true, false] {
        let tensor = ONNX.tensor("w", type: type, shape: [2]) { encoder in
          if isPacked {
            encoder.field(field) { inner in
              for value in values { inner.varint(UInt64(bitPattern: Int64(value))) }
            }
          } else {
            for value in values { encoder.field(field, int: value) }
          }
        }
        let (topology, weights) = try decompose(
          simple([ONNX.node("Cast", ["w"], ["y"], attributes: [ONNX.int("to", 1)])], [tensor]))
        #expect(Workbench.values(topology, weights, 0) == bytes, "type \(type)")
      }
    }
    let floats = ONNX.tensor("w", shape: [2]) { $0.field(4, bytes: ONNX.bytes([1.5, -2])) }
    let (topology, weights) = try decompose(
      simple([ONNX.node("Add", ["x", "w"], ["y"])], [floats]))
    #expect(Workbench.values(topology, weights, 0) == ONNX.bytes([1.5, -2]))
  }

  @Test("Nodes are put in order; what no output needs is dropped")
  func order() throws {
    let (topology, _) = try decompose(
      simple(
        [
          ONNX.node("Relu", ["b"], ["y"]), ONNX.node("Sqrt", ["a"], ["b"]),
          ONNX.node("Add", ["x", "w"], ["a"]), ONNX.node("Wibble", ["a"], ["nobody"]),
          ONNX.node("Add", ["x", "v"], ["unused"]),
        ],
        [ONNX.raw("w", [1], shape: [1]), ONNX.raw("v", [2], shape: [1])]))
    #expect(topology.graph.nodes.map(\.operation) == ["Add", "Sqrt", "Relu"])
    #expect(topology.tensors.count == 1)
    #expect(topology.valueCount == 5)
  }

  @Test("Absent optional inputs are 0, unwanted outputs too")
  func optional() throws {
    let (topology, _) = try decompose(
      simple(
        [
          ONNX.node("Clip", ["x", "", "high"], ["c"]),
          ONNX.node("Clip", ["c", "", ""], ["d"]),
          ONNX.node("Dropout", ["d"], ["y", "mask"]),
        ], [ONNX.raw("high", [1], shape: [])]))
    #expect(topology.graph.nodes[0].inputs == [1, 0, 2])
    #expect(topology.graph.nodes[1].inputs.count == 1)
    #expect(topology.graph.nodes[2].outputs.last == 0)
  }

  @Test("The model's own functions are expanded, attributes handed over")
  func functions() throws {
    let scaled = ProtobufEncoder.message {
      $0.field(1, text: "Leaky")
      $0.field(4, text: "value")
      $0.field(5, text: "result")
      $0.field(6, text: "slope")
      $0.field(
        7,
        bytes: ONNX.node(
          "LeakyRelu", ["value"], ["inner"],
          attributes: [
            ProtobufEncoder.message {
              $0.field(1, text: "alpha")
              $0.field(20, int: 1)
              $0.field(21, text: "slope")
            }
          ]))
      $0.field(7, bytes: ONNX.node("Relu", ["inner"], ["result"]))
      $0.field(9) { $0.field(2, int: 13) }
      $0.field(10, text: "test")
    }
    let call = { (from: String, to: String, slope: Float) in
      ONNX.node(
        "Leaky", [from], [to],
        attributes: [ONNX.attribute("slope", kind: 1) { $0.field(2, float: slope) }],
        domain: "test")
    }
    let graph = ONNX.graph(
      nodes: [call("x", "h", 0.25), call("h", "y", 0.5)], inputs: [ONNX.value("x")],
      outputs: [ONNX.value("y")])
    let (topology, _) = try decompose(ONNX.model(graph: graph, functions: [scaled]))
    let nodes = topology.graph.nodes
    #expect(nodes.map(\.operation) == ["LeakyRelu", "Relu", "LeakyRelu", "Relu"])
    // The function's own operator set decides, not the model's.
    #expect(nodes.map(\.sinceVersion) == [6, 13, 6, 13])
    #expect(nodes.compactMap { $0.float("alpha") } == [0.25, 0.5])
    #expect(nodes[2].inputs == nodes[1].outputs)
  }

  @Test("A function that calls itself is refused")
  func recursion() throws {
    let endless = ProtobufEncoder.message {
      $0.field(1, text: "Loop")
      $0.field(4, text: "a")
      $0.field(5, text: "b")
      $0.field(7, bytes: ONNX.node("Loop", ["a"], ["b"], domain: "test"))
      $0.field(10, text: "test")
    }
    let graph = ONNX.graph(
      nodes: [ONNX.node("Loop", ["x"], ["y"], domain: "test")], inputs: [ONNX.value("x")],
      outputs: [ONNX.value("y")])
    #expect(throws: DecomposeError.self) {
      _ = try decompose(ONNX.model(graph: graph, functions: [endless]))
    }
  }
}
