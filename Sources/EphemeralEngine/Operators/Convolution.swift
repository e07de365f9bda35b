internal import EphemeralModel

/// `Conv` over one to three spatial axes, with groups.
struct Convolution: RealOperation {
  private let layer: ConvolutionLayer

  init(_ node: NodeReader) throws(EngineError) { layer = try ConvolutionLayer(node) }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let plan = try layer.plan(call.input(0).shape, call.input(1).shape)
    let (x, w) = (try call.cells(0, type), try call.cells(1, type))
    let bias = call.optional(2) == nil ? nil : try call.cells(2, type)
    let out = try call.cells(output: 0, type, plan.shape)
    try plan.run(x, w, bias, into: out, call: &call)
  }
}

/// What a node says of a convolution.
struct ConvolutionLayer: Sendable {
  private let reader: WindowReader
  private let group: Int

  init(_ node: NodeReader) throws(EngineError) {
    reader = try WindowReader(node)
    group = try node.int("group", 1)
    guard group > 0 else { throw .topologyInvalid }
  }

  /// The convolution of images and kernels of given shapes.
  func plan(_ input: Shape, _ weights: Shape) throws(EngineError) -> ConvolutionPlan {
    guard (3...5).contains(input.rank), weights.rank == input.rank else { throw .shapeMismatch }
    let (batch, channels, filters) = (input[0], input[1], weights[0])
    guard channels % group == 0, filters % group == 0, weights[1] == channels / group,
      channels > 0
    else { throw .shapeMismatch }
    let window = try reader.window(
      over: Array(input.dims[2...]), kernel: Array(weights.dims[2...]))
    return ConvolutionPlan(
      shape: try Shape([batch, filters] + window.axes.map(\.count)), window: window, batch: batch,
      channels: channels, filters: filters, group: group)
  }
}

/// One convolution: columns of patches, then a matrix product, group by group.
struct ConvolutionPlan {
  /// The result's shape.
  let shape: Shape
  fileprivate let window: Window
  fileprivate let batch: Int
  fileprivate let channels: Int
  fileprivate let filters: Int
  fileprivate let group: Int
  /// The most elements of unfolded patches at a time.
  private static let patchElements = 1 << 20

  fileprivate init(
    shape: Shape, window: Window, batch: Int, channels: Int, filters: Int, group: Int
  ) {
    self.shape = shape
    self.window = window
    (self.batch, self.channels, self.filters, self.group) = (batch, channels, filters, group)
  }

  func run<T: Number>(
    _ x: Cells<T>, _ w: Cells<T>, _ bias: Cells<T>?, into out: Cells<T>, call: inout Call
  ) throws(EngineError) {
    guard bias == nil || bias?.count == filters else { throw .shapeMismatch }
    let groupChannels = channels / group
    let patch = try Shape([groupChannels, window.kernelCount]).count
    try call.charge(out.count, patch, cost: MatrixProduct.cost(T.self))
    try call.charge(batch, channels, window.kernelCount, window.count)
    if out.count == 0 { return }

    let (places, groupFilters) = (window.count, filters / group)
    let step = max(min(places, Self.patchElements / max(patch, 1)), 1)
    _ = try Shape([patch, step])
    let columns = try call.scratch(T.self, patch * step)
    for image in 0..<batch {
      for part in 0..<group {
        let channel = (image * channels + part * groupChannels) * window.inputCount
        let source = x.window(channel, groupChannels * window.inputCount)
        let kernel = MatrixView(
          w, start: part * groupFilters * patch, rows: groupFilters, columns: patch,
          rowStep: patch)
        for first in stride(from: 0, to: places, by: step) {
          let count = min(step, places - first)
          unfold(source, groupChannels, window, first, count, into: columns)
          let patches = MatrixView(columns, rows: patch, columns: count, rowStep: count)
          let target = MatrixView(
            out, start: (image * filters + part * groupFilters) * places + first,
            rows: groupFilters, columns: count, rowStep: places)
          var inner = call.nested()
          try MatrixProduct.run(kernel, patches, into: target, call: &inner)
        }
      }
    }
    guard let bias else { return }
    for plane in 0..<batch * filters {
      let target = out.window(plane * places, places)
      let addend = bias[plane % filters]
      for i in 0..<places { target[i] = target[i].plus(addend) }
    }
  }

  /// Writes the patches under window places `first..<first + count`, one kernel element a row.
  private func unfold<T: Number>(
    _ source: Cells<T>, _ channels: Int, _ window: Window, _ first: Int, _ count: Int,
    into columns: Cells<T>
  ) {
    let (depth, height, width) = (window.depth, window.height, window.width)
    var row = 0
    for channel in 0..<channels {
      let base = channel * window.inputCount
      for kd in 0..<depth.kernel {
        for kh in 0..<height.kernel {
          for kw in 0..<width.kernel {
            let target = columns.window(row * count, count)
            row += 1
            var at = 0
            while at < count {
              // The window places of one output row go together.
              let place = first + at
              let column = place % width.count
              let line = place / width.count
              let run = min(width.count - column, count - at)
              let z = depth.place(line / height.count, kd)
              let y = height.place(line % height.count, kh)
              if z >= 0, z < depth.size, y >= 0, y < height.size {
                let start = base + (z * height.size + y) * width.size
                copyLine(source, start, width, kw, column, target.window(at, run))
              } else {
                target.window(at, run).fill(T.none)
              }
              at += run
            }
          }
        }
      }
    }
  }

  /// One output row of one kernel element: elements of an input line, zeros in the padding.
  @inline(__always)
  private func copyLine<T: Number>(
    _ source: Cells<T>, _ start: Int, _ axis: Window.Axis, _ k: Int, _ column: Int,
    _ target: Cells<T>
  ) {
    for i in 0..<target.count {
      let x = axis.place(column + i, k)
      target[i] = x >= 0 && x < axis.size ? source[start + x] : T.none
    }
  }
}
