import EphemeralDecompose
import EphemeralModel
import Foundation
import TestSupport
import Testing

/// Bad input: one line that names the file, and nothing left behind.
@Suite("Decomposer failures")
struct FailureTests {
  private func problem(
    _ model: [UInt8], in bench: Workbench? = nil
  ) throws -> DecomposeError.Problem? {
    let bench = try bench ?? Workbench()
    let before = Set(try bench.names()).union(["model.onnx"])
    do throws(any Error) {
      _ = try bench.decompose(model)
      return nil
    } catch {
      let error = try #require(error as? DecomposeError)
      #expect(error.file == bench.folder.appendingPathComponent("model.onnx").path)
      #expect(!error.description.contains("\n"))
      #expect(Set(try bench.names()) == before, "something was left behind")
      return error.problem
    }
  }

  private func simple(
    _ nodes: [[UInt8]], _ initializers: [[UInt8]] = [], opset: Int = 17,
    inputs: [[UInt8]] = [ONNX.value("x")]
  ) -> [UInt8] {
    ONNX.model(
      graph: ONNX.graph(
        nodes: nodes, initializers: initializers, inputs: inputs, outputs: [ONNX.value("y")]),
      opset: opset)
  }

  @Test("A file cut at any byte is refused or read, never worse")
  func truncation() throws {
    let model = ONNX.perceptron()
    let bench = try Workbench()
    for count in 0..<model.count {
      let found = try problem(Array(model[..<count]), in: bench)
      // The graph is the last field, so every cut loses some of it.
      #expect(found != nil)
    }
    guard case .truncated = try problem(Array(model[..<(model.count - 1)]), in: bench) else {
      Issue.record("a cut file is called something else")
      return
    }
    #expect(try problem(model, in: bench) == nil)
  }

  @Test("Flipped bits end in a named error or a topology that keeps the rules")
  func bitFlips() throws {
    let model = ONNX.perceptron()
    let bench = try Workbench()
    var accepted = 0
    for index in model.indices {
      var flipped = model
      flipped[index] ^= 1 << (index % 8)
      let path = try bench.write(flipped)
      do throws(any Error) {
        _ = try Decomposer.decompose(
          model: path, to: bench.folder.appendingPathComponent("out").path)
        _ = try bench.openPair()
        accepted += 1
      } catch {
        #expect(error is DecomposeError)
      }
    }
    #expect(accepted > 0 && accepted < model.count)
  }

  @Test("Every unsupported operator is named at once")
  func unsupported() throws {
    let found = try problem(
      simple([
        ONNX.node("Wibble", ["x"], ["a"], name: "first"),
        ONNX.node("Wibble", ["a"], ["b"], name: "second"),
        ONNX.node("Relu", ["b"], ["c"]),
        ONNX.node("FusedThing", ["c"], ["d"], name: "third", domain: "com.example"),
        ONNX.node("Softmax", ["d"], ["y"], attributes: [ONNX.int("wrong", 1)], name: "fourth"),
      ]))
    guard case .unsupportedOperators(let list)? = found else {
      Issue.record("not refused for its operators")
      return
    }
    #expect(list.map(\.operation) == ["Softmax", "Wibble", "FusedThing"])
    #expect(list.map(\.count) == [1, 2, 1])
    #expect(list[0].reason == .attribute("wrong") && list[1].reason == .unknownOperator)
    #expect(list[1].nodes == ["first", "second"])
    #expect(list[2].domain == "com.example")
    #expect(list[1].description == "Wibble ×2 (no such operator in the engine; first, second)")
  }

  @Test("Element types are followed through the graph")
  func types() throws {
    let cast = ONNX.node("Cast", ["x"], ["b"], attributes: [ONNX.int("to", 9)], name: "cast")
    let found = try problem(simple([cast, ONNX.node("Sqrt", ["b"], ["y"], name: "root")]))
    guard case .unsupportedOperators(let list)? = found else {
      Issue.record("not refused for its types")
      return
    }
    #expect(list.map(\.reason) == [.inputType(0, .bool)])
  }

  @Test("Dropout that trains is refused, whichever way its flag is stored; at rest it is taken")
  func training() throws {
    for isTraining in [true, false] {
      let byte: UInt8 = isTraining ? 1 : 0
      let forms: [[UInt8]] = [
        ONNX.tensor("t", type: 9, shape: []) { $0.field(9, bytes: [byte]) },
        ONNX.tensor("t", type: 9, shape: []) { $0.field(5, int: Int(byte)) },
        ONNX.tensor("t", type: 9, shape: []) { $0.field(5, bytes: [byte]) },
      ]
      for flag in forms {
        let ratio = ONNX.raw("r", [0.5], shape: [])
        let found = try problem(
          simple([ONNX.node("Dropout", ["x", "r", "t"], ["y"])], [ratio, flag]))
        guard isTraining else {
          #expect(found == nil)
          continue
        }
        guard case .unsupportedOperators(let list)? = found else {
          Issue.record("training is not refused")
          continue
        }
        #expect(list.map(\.operation) == ["Dropout"])
      }
    }
  }

  @Test("Functions that call one another without end in sight are refused soon")
  func functionBomb() throws {
    // Eight levels of sixteen calls each: four thousand million calls, and not one node.
    let levels = (0..<8).map { level in
      ProtobufEncoder.message {
        $0.field(1, text: "F\(level)")
        $0.field(4, text: "a")
        $0.field(5, text: "b")
        for _ in 0..<16 where level < 7 {
          $0.field(7, bytes: ONNX.node("F\(level + 1)", ["a"], ["b"], domain: "test"))
        }
        $0.field(10, text: "test")
      }
    }
    let graph = ONNX.graph(
      nodes: [ONNX.node("F0", ["x"], ["y"], domain: "test")], inputs: [ONNX.value("x")],
      outputs: [ONNX.value("y")])
    guard case .tooMany = try problem(ONNX.model(graph: graph, functions: levels)) else {
      Issue.record("not refused for the number of calls")
      return
    }
  }

  @Test("Long names in functions that are called often are refused before they fill the memory")
  func longNames() throws {
    let long = String(repeating: "n", count: 4_000)
    let function = ProtobufEncoder.message {
      $0.field(1, text: "F")
      $0.field(4, text: "a")
      $0.field(5, text: "b")
      $0.field(7, bytes: ONNX.node("Sum", [String](repeating: long, count: 64), ["b"]))
      $0.field(10, text: "test")
    }
    let calls = (0..<2_000).map {
      ONNX.node("F", ["x"], [$0 == 0 ? "y" : "y\($0)"], domain: "test")
    }
    let graph = ONNX.graph(
      nodes: calls, inputs: [ONNX.value("x")], outputs: [ONNX.value("y")])
    guard case .tooMany = try problem(ONNX.model(graph: graph, functions: [function])) else {
      Issue.record("not refused for its names")
      return
    }
  }

  @Test("Operator sets outside the range are refused")
  func operatorSets() throws {
    for version in [0, 6, 29, -1] {
      #expect(
        try problem(ONNX.perceptron(opset: version)) == .operatorSet(domain: "", version: version))
    }
    #expect(try problem(ONNX.perceptron(opset: 28)) == nil)
    #expect(try problem(ONNX.perceptron(opset: 7)) == nil)
  }

  @Test("Graphs that make no sense are refused by name")
  func graphs() throws {
    let relu = ONNX.node("Relu", ["x"], ["y"], name: "r")
    #expect(try problem([]) == .noGraph)
    #expect(try problem(Array("not an ONNX file at all".utf8)) != nil)
    #expect(
      try problem(simple([ONNX.node("Relu", ["z"], ["y"], name: "r")]))
        == .undefinedValue(name: "z", node: "r"))
    #expect(try problem(simple([relu, relu])) == .duplicateName("y"))
    #expect(try problem(simple([relu], inputs: [ONNX.value("x", type: 8)])) == .notATensor("x"))
    let weight = ONNX.raw("w", [1], shape: [1])
    #expect(try problem(simple([relu], [weight, weight])) == .duplicateName("w"))
    let first = ONNX.node("Add", ["x", "b"], ["a"], name: "first")
    let second = ONNX.node("Relu", ["a"], ["b"], name: "second")
    #expect(
      try problem(simple([first, second, ONNX.node("Relu", ["b"], ["y"])]))
        == .cycle(node: "first"))
  }

  @Test("Tensors with too little or too much data are refused by name")
  func tensors() throws {
    func check(_ tensor: [UInt8]) throws -> DecomposeError.Problem? {
      try problem(simple([ONNX.node("Add", ["x", "w"], ["y"])], [tensor]))
    }
    #expect(try check(ONNX.raw("w", [1, 2, 3], shape: [4])) == .tensorData(tensor: "w"))
    #expect(try check(ONNX.raw("w", [1, 2, 3, 4, 5], shape: [4])) == .tensorData(tensor: "w"))
    #expect(try check(ONNX.raw("w", [], shape: [1 << 40, 1 << 40])) == .tensorShape(tensor: "w"))
    #expect(try check(ONNX.raw("w", [], shape: [-1])) == .tensorShape(tensor: "w"))
    #expect(
      try check(ONNX.raw("w", [1], shape: [Int](repeating: 1, count: 9)))
        == .tensorShape(tensor: "w"))
    #expect(
      try check(ONNX.tensor("w", type: 8, shape: [1]) { $0.field(6, text: "text") })
        == .tensorType(tensor: "w", type: 8))
    let few = ONNX.tensor("w", shape: [4]) { encoder in
      for number in [1, 2, 3] as [Float] { encoder.field(4, float: number) }
    }
    #expect(try check(few) == .tensorData(tensor: "w"))
    let wide = ONNX.tensor("w", type: 3, shape: [1]) { $0.field(5, int: 200) }
    #expect(
      try problem(
        simple([ONNX.node("Cast", ["w"], ["y"], attributes: [ONNX.int("to", 1)])], [wide]))
        == .tensorData(tensor: "w"))
  }

  @Test("External data: found, missing, outside the folder, outside the file")
  func externalData() throws {
    func model(_ entries: [String: String]) -> [UInt8] {
      let tensor = ONNX.tensor("w", shape: [4]) { encoder in
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
          encoder.field(13) {
            $0.field(1, text: key)
            $0.field(2, text: value)
          }
        }
        encoder.field(14, int: 1)
      }
      return simple([ONNX.node("Add", ["x", "w"], ["y"])], [tensor])
    }
    let bench = try Workbench()
    _ = try bench.write(ONNX.bytes([0, 1, 2, 3, 4]), as: "weights.bin")
    let location = "weights.bin"
    _ = try bench.decompose(model(["location": location, "offset": "4", "length": "16"]))
    #expect(Array(try bench.openPair().weights[..<16]) == ONNX.bytes([1, 2, 3, 4]))

    let other = try Workbench()
    _ = try other.write(ONNX.bytes([0, 1, 2, 3, 4]), as: "weights.bin")
    #expect(
      try problem(model(["location": "absent.bin"]), in: other)
        == .externalDataMissing(tensor: "w", path: "absent.bin"))
    for path in ["/etc/passwd", "../weights.bin", "a/../../b", "", "a//b", "..", "a\\b"] {
      #expect(
        try problem(model(["location": path]), in: other)
          == .externalPathRefused(tensor: "w", path: path))
    }
    for offset in ["8", "-1", "9223372036854775807", "none"] {
      #expect(
        try problem(model(["location": location, "offset": offset]), in: other)
          == .externalDataOutOfRange(tensor: "w", path: location))
    }
    #expect(
      try problem(model(["location": location, "length": "12"]), in: other)
        == .tensorData(tensor: "w"))
  }

  @Test("Paths that cannot be read or written are named with the system's reason")
  func paths() throws {
    let bench = try Workbench()
    let absent = bench.folder.appendingPathComponent("absent.onnx").path
    let out = bench.folder.appendingPathComponent("out").path
    #expect(throws: DecomposeError(file: absent, problem: .cannotRead("No such file or directory")))
    { try Decomposer.decompose(model: absent, to: out) }
    #expect(throws: DecomposeError(file: "/dev/null", problem: .notAFile)) {
      try Decomposer.decompose(model: "/dev/null", to: out)
    }
    let empty = try #require(throws: DecomposeError.self) {
      try Decomposer.decompose(model: bench.folder.path, to: out)
    }
    #expect(empty.file == bench.folder.path)
    #expect(empty.description.contains("a folder without config.json"))
    let path = try bench.write(ONNX.perceptron())
    let nowhere = bench.folder.appendingPathComponent("no/such/out").path
    #expect(
      throws: DecomposeError(
        file: nowhere + ".ephw", problem: .cannotWrite("No such file or directory"))
    ) { try Decomposer.decompose(model: path, to: nowhere) }
    #expect(try bench.names() == ["model.onnx"])
  }

  @Test("An error leaves the files of an earlier run as they were")
  func earlierFiles() throws {
    let bench = try Workbench()
    _ = try bench.decompose(ONNX.perceptron())
    let blob = try bench.read("out.ephw")
    let key = try bench.read("out.ephk")
    #expect(try problem(simple([ONNX.node("Wibble", ["x"], ["y"])]), in: bench) != nil)
    #expect(try bench.read("out.ephw") == blob)
    #expect(try bench.read("out.ephk") == key)
  }

  @Test("A folder under the key's name is refused before anything is replaced")
  func folderInTheWay() throws {
    let bench = try Workbench()
    _ = try bench.decompose(ONNX.perceptron())
    let blob = try bench.read("out.ephw")
    let key = bench.folder.appendingPathComponent("out.ephk")
    try FileManager.default.removeItem(at: key)
    try FileManager.default.createDirectory(at: key, withIntermediateDirectories: false)
    #expect(throws: DecomposeError(file: key.path, problem: .cannotWrite("Is a directory"))) {
      try bench.decompose(ONNX.perceptron())
    }
    #expect(try bench.read("out.ephw") == blob)
    #expect(try bench.names() == ["model.onnx", "out.ephk", "out.ephw"])
  }

  @Test("A disk that fills up is named, and nothing stays behind")
  func fullDisk() async {
    // A limit on file size stands in for the disk; in a process of its own, since it is for all.
    await #expect(processExitsWith: .success) {
      let bench = try Workbench()
      let path = try bench.write(ONNX.perceptron())
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 32 << 10, rlim_max: 32 << 10)
      // The system reads the structure that it is lent.
      guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
        throw POSIXError(.EPERM)
      }
      let out = bench.folder.appendingPathComponent("out").path
      do throws(DecomposeError) {
        _ = try Decomposer.decompose(model: path, to: out)
        throw DecomposeError(file: path, problem: .noGraph)
      } catch {
        guard error == DecomposeError(file: out + ".ephw", problem: .cannotWrite("File too large"))
        else { throw error }
      }
      guard try bench.names() == ["model.onnx"] else { throw POSIXError(.EEXIST) }
    }
  }
}
