import EphemeralModel
import Testing

@testable import EphemeralEngine

@Suite("Products against plain loops")
struct ProductTests {
  /// Sizes around the edges of tiles and blocks, and some at random.
  static let sizes: [[Int]] = [
    [1, 1, 1], [6, 16, 256], [7, 17, 257], [5, 15, 255], [96, 32, 3], [97, 33, 300],
    [37, 2_050, 2],
    [12, 40, 513], [1, 100, 700], [200, 1, 70], [36, 48, 64], [37, 48, 64],
  ]

  @Test("MatMul", arguments: sizes)
  func matMul(_ size: [Int]) throws {
    let (rows, columns, depth) = (size[0], size[1], size[2])
    var random = SplitMix(seed: UInt64(rows * 7 + columns * 3 + depth))
    let a = (0..<rows * depth).map { _ in Double(Float(random.real())) }
    let b = (0..<depth * columns).map { _ in Double(Float(random.real())) }
    var model = TestModel()
    let x = model.input("x", .float32, [.symbol(0), .fixed(depth)])
    let w = model.constant(TestTensor(.float32, [depth, columns], b))
    model.output("y", model.node("MatMul", 13, [x, w])[0])
    let result = try model.run([("x", TestTensor(.float32, [rows, depth], a))])[0]
    #expect(result.shape == [rows, columns])
    let values = result.values
    // Each product is at most 1 in magnitude, each rounding at most half a unit of the sum.
    let tolerance = Double(depth) * Double(depth).squareRoot() * 6e-8 + 1e-7
    for row in 0..<rows {
      for column in 0..<columns {
        var sum = 0.0
        for step in 0..<depth { sum += a[row * depth + step] * b[step * columns + column] }
        let found = values[row * columns + column]
        if abs(found - sum) > tolerance {
          Issue.record("\(size): [\(row), \(column)] is \(found), not \(sum)")
          return
        }
      }
    }
  }

  @Test(
    "A row's result does not depend on how many rows there are", arguments: [1, 6, 36, 37, 130])
  func rowsAreIndependent(_ rows: Int) throws {
    var random = SplitMix(seed: 99)
    let (depth, columns) = (600, 50)
    let a = (0..<130 * depth).map { _ in random.real() }
    let b = (0..<depth * columns).map { _ in random.real() }
    var model = TestModel()
    let x = model.input("x", .float32)
    let w = model.constant(TestTensor(.float32, [depth, columns], b))
    model.output("y", model.node("MatMul", 13, [x, w])[0])
    let assembled = try model.assembled()
    let whole = try assembled.run([("x", TestTensor(.float32, [130, depth], a))])[0]
    let part = try assembled.run([
      ("x", TestTensor(.float32, [rows, depth], Array(a[..<(rows * depth)])))
    ])[0]
    #expect(part.bytes == Array(whole.bytes[..<(rows * columns * 4)]), "results differ in bits")
  }

  @Test("Conv of random shapes", arguments: 1...40)
  func convolution(_ seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    let rank = random.number(1...3)
    let group = random.number(1...3)
    let (channels, filters) = (group * random.number(1...2), group * random.number(1...3))
    let batch = random.number(1...2)
    let kernel = (0..<rank).map { _ in random.number(1...3) }
    let strides = (0..<rank).map { _ in random.number(1...3) }
    let dilations = (0..<rank).map { _ in random.number(1...2) }
    let pads = (0..<2 * rank).map { _ in random.number(0...2) }
    let spatial = (0..<rank).map { (kernel[$0] - 1) * dilations[$0] + 1 + random.number(0...4) }
    let inputShape = [batch, channels] + spatial
    let weightShape = [filters, channels / group] + kernel
    let x = (0..<inputShape.reduce(1, *)).map { _ in Double(Float(random.real())) }
    let w = (0..<weightShape.reduce(1, *)).map { _ in Double(Float(random.real())) }
    let bias = (0..<filters).map { _ in Double(Float(random.real())) }

    var model = TestModel()
    let ids = [
      model.input("x", .float32), model.constant(TestTensor(.float32, weightShape, w)),
      model.constant(TestTensor(.float32, [filters], bias)),
    ]
    let attributes = [
      Attribute("group", .int(Int64(group))), Attribute("pads", .ints(pads.map { Int64($0) })),
      Attribute("strides", .ints(strides.map { Int64($0) })),
      Attribute("dilations", .ints(dilations.map { Int64($0) })),
    ]
    model.output("y", model.node("Conv", 11, ids, attributes)[0])
    let result = try model.run([("x", TestTensor(.float32, inputShape, x))])[0]

    let places = (0..<rank).map { axis -> Int in
      let extent = (kernel[axis] - 1) * dilations[axis] + 1
      return (spatial[axis] + pads[axis] + pads[axis + rank] - extent) / strides[axis] + 1
    }
    #expect(result.shape == [batch, filters] + places, "seed \(seed)")
    let values = result.values
    let filterCount = weightShape[1...].reduce(1, *)
    for at in 0..<values.count {
      let place = Self.unravel(at, [batch, filters] + places)
      let part = place[1] / (filters / group)
      var sum = bias[place[1]]
      for element in 0..<filterCount {
        let inner = Self.unravel(element, Array(weightShape[1...]))
        var source = place[0] * channels + part * (channels / group) + inner[0]
        var isInside = true
        for axis in 0..<rank {
          let step =
            place[2 + axis] * strides[axis] - pads[axis] + inner[1 + axis] * dilations[axis]
          isInside = isInside && step >= 0 && step < spatial[axis]
          source = source * spatial[axis] + step
        }
        if isInside { sum += x[source] * w[place[1] * filterCount + element] }
      }
      #expect(abs(values[at] - sum) < 1e-5, "seed \(seed), element \(at)")
    }
  }

  private static func unravel(_ index: Int, _ shape: [Int]) -> [Int] {
    var (rest, place) = (index, shape)
    for axis in shape.indices.reversed() {
      place[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return place
  }
}
