import EphemeralModel
import TestSupport

@testable import EphemeralClient

/// Numbers that a seed determines (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }

  /// A number between -1 and 1.
  mutating func unit() -> Float { Float.random(in: -1...1, using: &self) }
}

/// A model whose weights a seed determines and whose right answers are computed here, in double
/// precision: `x [n, width]`, then `depth` times Gemm and Relu, then `y [n, width]`.
struct Perceptron {
  let width: Int
  let depth: Int
  private let weights: [[Float]]
  private let biases: [[Float]]

  init(seed: UInt64, width: Int, depth: Int) {
    self.width = width
    self.depth = depth
    var generator = SeededGenerator(seed: seed)
    let scale = (6 / Float(width)).squareRoot()
    weights = (0..<depth).map { _ in
      (0..<width * width).map { _ in generator.unit() * scale }
    }
    biases = (0..<depth).map { _ in (0..<width).map { _ in generator.unit() } }
  }

  /// The model as an ONNX file.
  var onnx: [UInt8] {
    var nodes: [[UInt8]] = []
    var initializers: [[UInt8]] = []
    for layer in 0..<depth {
      let input = layer == 0 ? "x" : "h\(layer)"
      nodes.append(ONNX.node("Gemm", [input, "w\(layer)", "b\(layer)"], ["g\(layer)"]))
      nodes.append(ONNX.node("Relu", ["g\(layer)"], [layer == depth - 1 ? "y" : "h\(layer + 1)"]))
      initializers.append(ONNX.raw("w\(layer)", weights[layer], shape: [width, width]))
      initializers.append(ONNX.raw("b\(layer)", biases[layer], shape: [width]))
    }
    return ONNX.model(
      graph: ONNX.graph(
        nodes: nodes, initializers: initializers,
        inputs: [ONNX.value("x", shape: [nil, width])],
        outputs: [ONNX.value("y", shape: [nil, width])]))
  }

  /// An input that a seed determines.
  func input(seed: UInt64, rows: Int = 2) -> TensorValue {
    var generator = SeededGenerator(seed: seed)
    let floats = (0..<rows * width).map { _ in generator.unit() }
    guard let value = TensorValue(floats: floats, shape: [rows, width]) else {
      preconditionFailure("as many numbers as the shape says")
    }
    return value
  }

  /// The right answer to an input.
  func answer(_ input: TensorValue) -> [Double] {
    (input.floats ?? []).chunks(of: width).flatMap { row in
      var values = row.map(Double.init)
      for layer in 0..<depth {
        var next = biases[layer].map(Double.init)
        for (index, value) in values.enumerated() {
          for column in 0..<width {
            next[column] += value * Double(weights[layer][index * width + column])
          }
        }
        values = next.map { max($0, 0) }
      }
      return values
    }
  }
}

extension TensorValue {
  /// Whether this is a right answer, within what single precision loses.
  func isClose(to answer: [Double]) -> Bool {
    guard let floats, floats.count == answer.count else { return false }
    return zip(floats, answer).allSatisfy { abs(Double($0) - $1) <= 1e-4 * max(1, abs($1)) }
  }
}

extension Array {
  /// Consecutive pieces of `count` elements.
  fileprivate func chunks(of count: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: self.count, by: count).map { self[$0..<Swift.min($0 + count, self.count)] }
  }
}
