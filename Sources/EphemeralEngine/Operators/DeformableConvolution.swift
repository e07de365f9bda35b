internal import EphemeralModel

/// `DeformConv` in two dimensions: a convolution whose sampling places are moved by offsets.
struct DeformableConvolution: RealOperation {
  private let reader: WindowReader
  private let group: Int
  private let offsetGroup: Int
  /// The most elements of sampled patches at a time.
  private static let patchElements = 1 << 20

  init(_ node: NodeReader) throws(EngineError) {
    reader = try WindowReader(node)
    group = try node.int("group", 1)
    offsetGroup = try node.int("offset_group", 1)
    guard group > 0, offsetGroup > 0 else { throw .topologyInvalid }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (input, weights) = (try call.input(0).shape, try call.input(1).shape)
    guard input.rank == 4, weights.rank == 4, input[1] % group == 0, weights[0] % group == 0,
      weights[1] == input[1] / group, input[1] % offsetGroup == 0, input[1] > 0
    else { throw .shapeMismatch }
    let window = try reader.window(over: Array(input.dims[2...]), kernel: Array(weights.dims[2...]))
    let sizes = window.axes.map(\.count)
    let (taps, places) = (window.kernelCount, window.count)
    guard
      try call.input(2).shape.dims == [input[0], offsetGroup * taps * 2] + sizes,
      try call.optional(4).map({ (mask) throws(EngineError) in
        mask.shape.dims == [input[0], offsetGroup * taps] + sizes
      }) ?? true
    else { throw .shapeMismatch }
    let (x, w, offsets) =
      (try call.cells(0, type), try call.cells(1, type), try call.cells(2, type))
    let bias = call.optional(3) == nil ? nil : try call.cells(3, type)
    let mask = call.optional(4) == nil ? nil : try call.cells(4, type)
    guard bias == nil || bias?.count == weights[0] else { throw .shapeMismatch }
    let out = try call.cells(output: 0, type, Shape([input[0], weights[0]] + sizes))
    let (channels, filters) = (input[1] / group, weights[0] / group)
    let patch = try Shape([channels, taps]).count
    try call.charge(out.count, patch, cost: MatrixProduct.cost(type))
    try call.charge(input[0] * input[1], 4, taps, places)
    if out.count == 0 || patch == 0 { return out.fill(0) }
    let step = max(min(places, Self.patchElements / patch), 1)
    let columns = try call.scratch(type, try Shape([patch, step]).count)
    for image in 0..<input[0] {
      for part in 0..<group {
        for first in stride(from: 0, to: places, by: step) {
          let count = min(step, places - first)
          for row in 0..<patch {
            try call.checkpoint()
            let (channel, tap) = (part * channels + row / taps, row % taps)
            let owner = channel / (input[1] / offsetGroup)
            let plane = x.window(
              (image * input[1] + channel) * window.inputCount, window.inputCount)
            let entry = (image * offsetGroup + owner) * taps + tap
            for at in 0..<count {
              let place = first + at
              let y = Double(window.height.place(place / sizes[1], tap / window.width.kernel))
              let x = Double(window.width.place(place % sizes[1], tap % window.width.kernel))
              let value = Self.sample(
                plane, window, y + offsets[2 * entry * places + place].real,
                x + offsets[(2 * entry + 1) * places + place].real)
              let weight = mask?[entry * places + place].real ?? 1
              columns[row * count + at] = T(clamping: value * weight)
            }
          }
          let kernel = MatrixView(
            w, start: part * filters * patch, rows: filters, columns: patch, rowStep: patch)
          let target = MatrixView(
            out, start: (image * weights[0] + part * filters) * places + first, rows: filters,
            columns: count, rowStep: places)
          var inner = call.nested()
          try MatrixProduct.run(
            kernel, MatrixView(columns, rows: patch, columns: count, rowStep: count),
            into: target, call: &inner)
        }
      }
    }
    guard let bias else { return }
    for plane in 0..<input[0] * weights[0] {
      let target = out.window(plane * places, places)
      for i in 0..<places { target[i] += bias[plane % weights[0]] }
    }
  }

  /// The bilinear value at a place; elements off the image are zero.
  private static func sample<T: Real>(
    _ plane: Cells<T>, _ window: Window, _ y: Double, _ x: Double
  ) -> Double {
    let (height, width) = (window.height.size, window.width.size)
    guard y > -1, y < Double(height), x > -1, x < Double(width) else { return 0 }
    let (top, left) = (y.rounded(.down), x.rounded(.down))
    var sum = 0.0
    for (dy, wy) in [(0, 1 - (y - top)), (1, y - top)] {
      for (dx, wx) in [(0, 1 - (x - left)), (1, x - left)] {
        let (row, column) = (Int(Int64(clamping: top)) + dy, Int(Int64(clamping: left)) + dx)
        guard row >= 0, row < height, column >= 0, column < width, wy * wx != 0 else { continue }
        sum += wy * wx * plane[row * width + column].real
      }
    }
    return sum
  }
}
