import EphemeralModel
import TestSupport

@testable import EphemeralClient

/// Something to look for in an enclave's memory.
struct PlantedCanary {
  let name: String
  let bytes: [UInt8]

  /// A line of `--scan-memory`: the canary under a fresh random mask.
  var maskedLine: String {
    let mask = bytes.map { _ in UInt8.random(in: .min ... .max) }
    return "\(name) \(Self.hex(mask)) \(Self.hex(zip(mask, bytes).map { $0 ^ $1 }))\n"
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

/// A model that holds something known in each place where a secret may lie: its names, an attribute,
/// two constants, both inputs, an intermediate value, an output.
///
/// `r = mean(table[ids])`, `z = x * scale`, `p` a part of `x`, `q = Σ x · xᵀ`, whose intermediate
/// value grows with the square of the rows, and last `y = (x + shift) · w`, so that the sum is there
/// until the end.
struct PlantedModel {
  static let width = 64
  static let idsPerRow = 8
  private static let tableRows = 512
  /// Where in a row of `width` numbers the canaries are, never at its beginning.
  private static let part = 16..<32
  /// The sizes of an attribute.
  private static let sizes = [3, 5, 13, 7, 11, 9, 6, 10]

  let inputName: String
  /// Whether a node is in it that only the interpreter runs.
  let isInterpreted: Bool
  private let table: [Float]
  private let shift: [Float]
  private let scale: [Float]
  private let product: [Float]
  private let row: [Float]
  private let ids: [Int64]

  init(seed: UInt64, isInterpreted: Bool) {
    var generator = SeededGenerator(seed: seed)
    func floats(_ count: Int) -> [Float] { (0..<count).map { _ in generator.unit() } }
    self.isInterpreted = isInterpreted
    inputName = "input-" + String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
    table = floats(Self.tableRows * Self.width)
    shift = floats(Self.width)
    scale = floats(Self.width)
    product = floats(Self.width * Self.width)
    row = floats(Self.width)
    // Rows of the chunk that the planted row is in: others are not opened for one inference.
    ids = (0..<Self.idsPerRow).map { _ in Int64.random(in: 128..<256, using: &generator) }
  }

  /// What is planted, but for the blob's key.
  var canaries: [PlantedCanary] {
    let row = row
    return [
      PlantedCanary(name: "name", bytes: Array(inputName.utf8)),
      PlantedCanary(name: "attribute", bytes: Self.bytes(Self.sizes.map(Int64.init(_:)))),
      // No request names a row below 128.
      PlantedCanary(name: "table", bytes: floats(Self.part.map { table[100 * Self.width + $0] })),
      PlantedCanary(name: "constant", bytes: floats(Self.part.map { shift[$0] })),
      PlantedCanary(name: "input", bytes: floats(Self.part.map { row[$0] })),
      PlantedCanary(name: "ids", bytes: Self.bytes(ids)),
      PlantedCanary(name: "activation", bytes: floats(Self.part.map { row[$0] + shift[$0] })),
      PlantedCanary(name: "output", bytes: floats(Self.part.map { row[$0] * scale[$0] })),
    ]
  }

  private func floats(_ numbers: [Float]) -> [UInt8] { ONNX.bytes(numbers) }

  private static func bytes(_ numbers: [Int64]) -> [UInt8] {
    numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
  }

  /// The inputs of a request of so many rows, all alike.
  func inputs(rows: Int) throws -> [NamedTensor] {
    let floats = (0..<rows).flatMap { _ in row }
    let numbers = (0..<rows).flatMap { _ in Self.bytes(ids) }
    guard let x = TensorValue(floats: floats, shape: [rows, Self.width]),
      let ids = TensorValue(
        elementType: .int64, shape: [rows, Self.idsPerRow], bytes: numbers)
    else { throw PlantedModelError.shape }
    return [NamedTensor(name: inputName, value: x), NamedTensor(name: "ids", value: ids)]
  }

  /// The model as an ONNX file.
  var onnx: [UInt8] {
    let width = Self.width
    var nodes = [
      ONNX.node("Gather", ["table", "ids"], ["e"]),
      ONNX.node(
        "ReduceMean", ["e"], ["r"],
        attributes: [ONNX.ints("axes", [1]), ONNX.int("keepdims", 0)]),
      ONNX.node("Mul", [inputName, "scale"], ["z"]),
      ONNX.node(
        "Split", [inputName], Self.sizes.indices.map { $0 == 0 ? "p" : "p\($0)" },
        attributes: [ONNX.int("axis", 1), ONNX.ints("split", Self.sizes)]),
      ONNX.node(
        "Transpose", [inputName], ["t"], attributes: [ONNX.ints("perm", [1, 0])]),
      ONNX.node("MatMul", [inputName, "t"], ["g"]),
      ONNX.node("ReduceSum", ["g"], ["q"], attributes: [ONNX.int("keepdims", 0)]),
    ]
    if isInterpreted { nodes.append(ONNX.node("Sin", ["r"], ["s"])) }
    nodes += [
      ONNX.node("Add", [inputName, "shift"], ["h"]),
      ONNX.node("MatMul", ["h", "w"], ["y"]),
    ]
    var outputs = [
      ONNX.value("y", shape: [nil, width]), ONNX.value("z", shape: [nil, width]),
      ONNX.value("p", shape: [nil, Self.sizes[0]]), ONNX.value("q", shape: []),
      ONNX.value("r", shape: [nil, width]),
    ]
    if isInterpreted { outputs.append(ONNX.value("s", shape: [nil, width])) }
    return ONNX.model(
      graph: ONNX.graph(
        nodes: nodes,
        initializers: [
          ONNX.raw("table", table, shape: [Self.tableRows, width]),
          ONNX.raw("shift", shift, shape: [width]), ONNX.raw("scale", scale, shape: [width]),
          ONNX.raw("w", product, shape: [width, width]),
        ],
        inputs: [
          ONNX.value(inputName, shape: [nil, width]),
          ONNX.value("ids", type: 7, shape: [nil, Self.idsPerRow]),
        ],
        outputs: outputs), opset: 11)
  }
}

enum PlantedModelError: Error {
  case shape
}
