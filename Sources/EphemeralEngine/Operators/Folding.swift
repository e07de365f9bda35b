internal import EphemeralModel

extension Window {
  /// Adds columns of patches to the image that they came from: the reverse of unfolding.
  ///
  /// - Parameters:
  ///   - columns: a row for each kernel element of each channel, `count` window places each.
  ///   - first: the first window place of the columns.
  func fold<T: Number>(
    _ columns: Cells<T>, channels: Int, first: Int, count: Int, onto image: Cells<T>
  ) {
    var row = 0
    for channel in 0..<channels {
      let base = channel * inputCount
      for kd in 0..<depth.kernel {
        for kh in 0..<height.kernel {
          for kw in 0..<width.kernel {
            let source = columns.window(row * count, count)
            row += 1
            for at in 0..<count {
              let place = first + at
              let line = place / width.count
              let z = depth.place(line / height.count, kd)
              let y = height.place(line % height.count, kh)
              let x = width.place(place % width.count, kw)
              guard z >= 0, z < depth.size, y >= 0, y < height.size, x >= 0, x < width.size
              else { continue }
              let target = base + (z * height.size + y) * width.size + x
              image[target] = image[target].plus(source[at])
            }
          }
        }
      }
    }
  }
}

/// `Col2Im`: adds columns of patches up to an image of one to three dimensions.
struct ColumnsToImage: NumberOperation {
  private let strides: [Int]?
  private let dilations: [Int]?
  private let pads: [Int]?

  init(_ node: NodeReader) throws(EngineError) {
    strides = try node.ints("strides")
    dilations = try node.ints("dilations")
    pads = try node.ints("pads")
  }

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    guard let image = try call.integers(1), let block = try call.integers(2), shape.rank == 3,
      (1...3).contains(image.count), block.count == image.count
    else { throw .shapeMismatch }
    let reader = WindowReader(strides: strides, dilations: dilations, pads: pads)
    for size in image where size < 0 || size > EngineLimits.maximumElements {
      throw .shapeMismatch
    }
    let window = try reader.window(over: image, kernel: block)
    guard shape[1] % window.kernelCount == 0, shape[2] == window.count else {
      throw .shapeMismatch
    }
    let channels = shape[1] / window.kernelCount
    let columns = try call.cells(0, type)
    let out = try call.cells(output: 0, type, Shape([shape[0], channels] + image))
    out.fill(T.none)
    try call.charge(columns.count)
    if out.count == 0 || columns.count == 0 { return }
    let (size, patch) = (channels * window.inputCount, shape[1] * shape[2])
    for item in 0..<shape[0] {
      try call.checkpoint()
      window.fold(
        columns.window(item * patch, patch), channels: channels, first: 0, count: window.count,
        onto: out.window(item * size, size))
    }
  }
}

/// `ConvTranspose` over one to three spatial axes: a product, then patches added up.
struct TransposedConvolution: RealOperation {
  private let strides: [Int]?
  private let dilations: [Int]?
  private let pads: [Int]?
  private let kernel: [Int]?
  private let outputPads: [Int]?
  private let outputShape: [Int]?
  private let autoPad: WindowReader.AutoPad
  private let group: Int
  /// The most elements of columns at a time.
  private static let columnElements = 1 << 20
  /// The most that any extent, step or pad may be.
  private static let bound = 1 << 16

  init(_ node: NodeReader) throws(EngineError) {
    strides = try node.ints("strides")
    dilations = try node.ints("dilations")
    pads = try node.ints("pads")
    kernel = try node.ints("kernel_shape")
    outputPads = try node.ints("output_padding")
    outputShape = try node.ints("output_shape")
    autoPad = try WindowReader.AutoPad(node)
    group = try node.int("group", 1)
    guard group > 0 else { throw .topologyInvalid }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (input, weights) = (try call.input(0).shape, try call.input(1).shape)
    guard (3...5).contains(input.rank), weights.rank == input.rank, input[1] == weights[0],
      input[1] % group == 0, input[1] > 0
    else { throw .shapeMismatch }
    let window = try window(Array(input.dims[2...]), Array(weights.dims[2...]))
    let groupFilters = weights[1]
    let shape = try Shape([input[0], group * groupFilters] + window.axes.map(\.size))
    let (x, w) = (try call.cells(0, type), try call.cells(1, type))
    let bias = call.optional(2) == nil ? nil : try call.cells(2, type)
    guard bias == nil || bias?.count == shape[1] else { throw .shapeMismatch }
    let out = try call.cells(output: 0, type, shape)
    let (size, places) = (window.inputCount, window.count)
    for plane in 0..<input[0] * shape[1] {
      out.window(plane * size, size).fill(bias?[plane % shape[1]] ?? 0)
    }
    let rows = try Shape([groupFilters, window.kernelCount]).count
    let channels = input[1] / group
    try call.charge(input[0] * places, rows, input[1], cost: MatrixProduct.cost(type))
    try call.charge(input[0] * places, rows, group)
    if out.count == 0 || places == 0 || rows == 0 { return }
    let step = max(min(places, Self.columnElements / rows), 1)
    let columns = try call.scratch(type, try Shape([rows, step]).count)
    for image in 0..<input[0] {
      for part in 0..<group {
        let kernels = MatrixView(
          w, start: part * channels * rows, rows: channels, columns: rows, rowStep: rows)
        let target = out.window(
          (image * group + part) * groupFilters * size, groupFilters * size)
        for first in stride(from: 0, to: places, by: step) {
          let count = min(step, places - first)
          let source = MatrixView(
            x, start: (image * input[1] + part * channels) * places + first, rows: channels,
            columns: count, rowStep: places)
          let product = MatrixView(columns, rows: rows, columns: count, rowStep: count)
          var inner = call.nested()
          try MatrixProduct.run(kernels.transposed, source, into: product, call: &inner)
          window.fold(columns, channels: groupFilters, first: first, count: count, onto: target)
        }
      }
    }
  }

  /// The window that slides over the result, one place for each place of the input.
  private func window(_ input: [Int], _ kernels: [Int]) throws(EngineError) -> Window {
    guard kernel == nil || kernel == kernels else { throw .shapeMismatch }
    let rank = input.count
    let ones = [Int](repeating: 1, count: rank)
    let zeros = [Int](repeating: 0, count: rank)
    let (strides, dilations) = (strides ?? ones, dilations ?? ones)
    let (pads, extra) = (pads ?? zeros + zeros, outputPads ?? zeros)
    guard strides.count == rank, dilations.count == rank, pads.count == 2 * rank,
      extra.count == rank, outputShape == nil || outputShape?.count == rank
    else { throw .shapeMismatch }
    var axes: [Window.Axis] = []
    for at in 0..<rank {
      guard (1...Self.bound).contains(kernels[at]), (1...Self.bound).contains(strides[at]),
        (1...Self.bound).contains(dilations[at]), (0...Self.bound).contains(pads[at]),
        (0...Self.bound).contains(pads[at + rank]), (0...Self.bound).contains(extra[at]),
        input[at] <= EngineLimits.maximumElements
      else { throw .shapeMismatch }
      let whole =
        strides[at] * max(input[at] - 1, 0) + extra[at] + (kernels[at] - 1) * dilations[at] + 1
      var (size, head) = (whole - pads[at] - pads[at + rank], pads[at])
      let isSame = autoPad == .sameUpper || autoPad == .sameLower
      if autoPad == .valid { (size, head) = (whole, 0) }
      if outputShape != nil || isSame {
        size = outputShape?[at] ?? input[at] * strides[at]
        let total = max(whole - size, 0)
        head = autoPad == .sameUpper ? total / 2 : total - total / 2
      }
      _ = try Shape([size])
      axes.append(
        Window.Axis(
          size: size, kernel: kernels[at], stride: strides[at], dilation: dilations[at],
          head: head, tail: 0, count: input[at]))
    }
    return Window(axes: axes)
  }
}
