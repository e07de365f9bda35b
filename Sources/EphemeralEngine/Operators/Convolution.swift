internal import EphemeralModel

/// `Conv` over one to three spatial axes, with groups: columns of patches, then a matrix product.
struct Convolution: RealOperation {
  private let reader: WindowReader
  private let group: Int
  /// The most elements of unfolded patches at a time.
  private static let patchElements = 1 << 20

  init(_ node: NodeReader) throws(EngineError) {
    reader = try WindowReader(node)
    group = try node.int("group", 1)
    guard group > 0 else { throw .topologyInvalid }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (input, weights) = (try call.input(0).shape, try call.input(1).shape)
    guard (3...5).contains(input.rank), weights.rank == input.rank else { throw .shapeMismatch }
    let (batch, channels, filters) = (input[0], input[1], weights[0])
    guard channels % group == 0, filters % group == 0, weights[1] == channels / group,
      channels > 0
    else { throw .shapeMismatch }
    let window = try reader.window(
      over: Array(input.dims[2...]), kernel: Array(weights.dims[2...]))
    let shape = try Shape([batch, filters] + window.axes.map(\.count))
    let (x, w) = (try call.cells(0, type), try call.cells(1, type))
    var bias: Cells<T>?
    if call.optional(2) != nil { bias = try call.cells(2, type) }
    guard bias == nil || bias?.count == filters else { throw .shapeMismatch }
    let out = try call.cells(output: 0, type, shape)
    let groupChannels = channels / group
    let patch = try Shape([groupChannels, window.kernelCount]).count
    try call.charge(out.count, patch, cost: MatrixProduct.cost(type))
    try call.charge(batch, channels, window.kernelCount, window.count)
    if out.count == 0 { return }

    let (places, groupFilters) = (window.count, filters / group)
    let step = max(min(places, Self.patchElements / max(patch, 1)), 1)
    _ = try Shape([patch, step])
    let columns = try call.scratch(type, patch * step)
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
      for i in 0..<places { target[i] += addend }
    }
  }

  /// Writes the patches under window places `first..<first + count`, one kernel element a row.
  private func unfold<T: Real>(
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
                target.window(at, run).fill(0)
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
  private func copyLine<T: Real>(
    _ source: Cells<T>, _ start: Int, _ axis: Window.Axis, _ k: Int, _ column: Int,
    _ target: Cells<T>
  ) {
    for i in 0..<target.count {
      let x = axis.place(column + i, k)
      target[i] = x >= 0 && x < axis.size ? source[start + x] : 0
    }
  }
}
