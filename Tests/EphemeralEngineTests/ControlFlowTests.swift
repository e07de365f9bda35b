import EphemeralModel
import Testing

@testable import EphemeralEngine

@Suite("Subgraphs")
struct ControlFlowTests {
  private func number(_ value: Double, _ type: ElementType = .int64) -> TestTensor {
    TestTensor(type, [], [value])
  }

  @Test("If runs one branch, which sees the values around it", arguments: [true, false])
  func branch(_ condition: Bool) throws {
    var model = TestModel()
    let (c, x) = (model.input("c", .bool), model.input("x", .float32))
    let (a, b) = (model.subgraphValue(), model.subgraphValue())
    let then = Graph(
      inputs: [], outputs: [GraphValue(id: a, elementType: .float32)], constants: [],
      nodes: [Node(operation: "Neg", sinceVersion: 13, inputs: [x], outputs: [a])])
    let otherwise = Graph(
      inputs: [], outputs: [GraphValue(id: b, elementType: .float32)], constants: [],
      nodes: [Node(operation: "Abs", sinceVersion: 13, inputs: [x], outputs: [b])])
    let y = model.node(
      "If", 16, [c],
      [Attribute("then_branch", .graph(then)), Attribute("else_branch", .graph(otherwise))])
    model.output("y", y[0])
    let result = try model.run([
      ("c", number(condition ? 1 : 0, .bool)), ("x", TestTensor(.float32, [2], [1, -2])),
    ])
    #expect(result[0].values == (condition ? [-1, 2] : [1, 2]))
  }

  /// A loop that adds `x` to its state, gives the state each time, and goes on while it is small.
  private func sumLoop(
    _ model: inout TestModel, _ count: ValueID, _ condition: ValueID, _ x: ValueID,
    _ limit: ValueID
  ) -> [ValueID] {
    let ids = (0..<5).map { _ in model.subgraphValue() }
    let body = Graph(
      inputs: [
        GraphValue(id: ids[0], elementType: .int64), GraphValue(id: ids[1], elementType: .bool),
        GraphValue(id: ids[2], elementType: .float32),
      ],
      outputs: [
        GraphValue(id: ids[4], elementType: .bool), GraphValue(id: ids[3], elementType: .float32),
        GraphValue(id: ids[3], elementType: .float32, shape: [.fixed(1)]),
      ], constants: [],
      nodes: [
        Node(operation: "Add", sinceVersion: 14, inputs: [ids[2], x], outputs: [ids[3]]),
        Node(operation: "Less", sinceVersion: 13, inputs: [ids[3], limit], outputs: [ids[4]]),
      ])
    return model.node(
      "Loop", 16, [count, condition, x], outputs: 2, [Attribute("body", .graph(body))])
  }

  @Test(
    "Loop stops at its count or its condition, whichever comes first",
    arguments: [
      (3.0, true, 100.0, [2.0, 3, 4]), (9, true, 4, [2, 3, 4]), (9, false, 100, []),
      (0, true, 100, []), (-1, true, 100, []),
    ])
  func loop(_ count: Double, _ goesOn: Bool, _ limit: Double, _ steps: [Double]) throws {
    var model = TestModel()
    let (m, c) = (model.input("m", .int64), model.input("c", .bool))
    let (x, l) = (model.input("x", .float32), model.input("l", .float32))
    let results = sumLoop(&model, m, c, x, l)
    model.output("state", results[0])
    model.output("steps", results[1])
    let made = try model.run([
      ("m", number(count)), ("c", number(goesOn ? 1 : 0, .bool)),
      ("x", TestTensor(.float32, [1], [1])), ("l", TestTensor(.float32, [1], [limit])),
    ])
    #expect(made[0].values == [steps.last ?? 1])
    #expect(made[1] == TestTensor(.float32, [steps.count, 1], steps))
  }

  @Test("A loop without end is refused as too much work, and one over too much memory too")
  func bounds() throws {
    var model = TestModel()
    let (x, l) = (model.input("x", .float32), model.input("l", .float32))
    let c = model.input("c", .bool)
    model.output("state", sumLoop(&model, 0, c, x, l)[0])
    let assembled = try model.assembled(limits: EngineLimits(maximumOperations: 1 << 28))
    let endless = TestTensor(.float32, [1], [.infinity])
    #expect(throws: EngineError.workExceeded) {
      try assembled.run([
        ("x", TestTensor(.float32, [1], [1])), ("l", endless), ("c", number(1, .bool)),
      ])
    }
    let small = try model.assembled(budget: 4 << 20)
    let long = TestTensor(.float32, [100_000], [Double](repeating: 1, count: 100_000))
    #expect(throws: EngineError.self) {
      try small.run([("x", long), ("l", endless), ("c", number(1, .bool))])
    }
    #expect(small.arena.peakMappedBytes <= 4 << 20)
  }

  @Test("Scan slices along any axis, from either end, and joins likewise")
  func scan() throws {
    var model = TestModel()
    let (s, x) = (model.input("s", .float32), model.input("x", .float32))
    let (carried, slice) = (model.subgraphValue(), model.subgraphValue())
    let sum = model.subgraphValue()
    let body = Graph(
      inputs: [carried, slice].map { GraphValue(id: $0, elementType: .float32) },
      outputs: [sum, sum].map { GraphValue(id: $0, elementType: .float32) }, constants: [],
      nodes: [Node(operation: "Add", sinceVersion: 14, inputs: [carried, slice], outputs: [sum])])
    let results = model.node(
      "Scan", 16, [s, x], outputs: 2,
      [
        Attribute("body", .graph(body)), Attribute("num_scan_inputs", .int(1)),
        Attribute("scan_input_axes", .ints([1])), Attribute("scan_input_directions", .ints([1])),
        Attribute("scan_output_axes", .ints([-1])),
        Attribute("scan_output_directions", .ints([1])),
      ])
    model.output("state", results[0])
    model.output("sums", results[1])
    let made = try model.run([
      ("s", TestTensor(.float32, [2], [0, 10])),
      ("x", TestTensor(.float32, [2, 3], [1, 2, 3, 4, 5, 6])),
    ])
    // Slices from the last column on: 3 and 6, then 2 and 5, then 1 and 4.
    #expect(made[0].values == [6, 25])
    #expect(made[1] == TestTensor(.float32, [2, 3], [6, 5, 3, 25, 21, 16]))
  }

  @Test("Subgraphs with other inputs or outputs than their node needs are refused")
  func shape() throws {
    // One output less than the node, and a branch with an input.
    for hasInput in [false, true] {
      var model = TestModel()
      let c = model.input("c", .bool)
      var branches: [Attribute] = []
      for name in ["then_branch", "else_branch"] {
        let value = hasInput ? [GraphValue(id: model.subgraphValue())] : []
        let outputs = hasInput ? value : [GraphValue(id: c), GraphValue(id: c)]
        branches.append(
          Attribute(
            name, .graph(Graph(inputs: value, outputs: outputs, constants: [], nodes: []))))
      }
      model.output("y", model.node("If", 16, [c], branches)[0])
      #expect(throws: EngineError.unsupportedOperator) { try model.assembled() }
    }
  }
}
