internal import EphemeralModel

/// How `DepthToSpace` and `SpaceToDepth` count the parts of a channel.
struct BlockRule: Sendable {
  let size: Int
  /// Whether the place within a block is the outer part of the channel's number.
  let isDepthFirst: Bool

  init(_ node: NodeReader) throws(EngineError) {
    size = try node.int("blocksize", 0)
    guard (1...65_536).contains(size) else { throw .topologyInvalid }
    switch String(decoding: try node.string("mode", "DCR"), as: UTF8.self) {
    case "DCR": isDepthFirst = true
    case "CRD": isDepthFirst = false
    default: throw .topologyInvalid
    }
  }
}

/// `DepthToSpace`: channels become blocks of the image.
struct DepthToSpace: Operation {
  private let rule: BlockRule

  init(_ node: NodeReader) throws(EngineError) { rule = try BlockRule(node) }

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.input(0)
    let b = rule.size
    guard x.shape.rank == 4, x.shape[1] % (b * b) == 0 else { throw .shapeMismatch }
    let (channels, height, width) = (x.shape[1] / (b * b), x.shape[2], x.shape[3])
    let plane = height * width
    let (channel, row, column) =
      rule.isDepthFirst
      ? (plane, b * channels * plane, channels * plane) : (b * b * plane, b * plane, plane)
    let copy = try x.rearranged(
      [x.shape[0], channels, height, b, width, b],
      [x.shape[1] * plane, channel, width, row, 1, column], from: 0, call)
    try call.give(copy.reshaped(Shape([x.shape[0], channels, height * b, width * b])))
  }
}

/// `SpaceToDepth`: blocks of the image become channels.
struct SpaceToDepth: Operation {
  private let rule: BlockRule

  init(_ node: NodeReader) throws(EngineError) { rule = try BlockRule(node) }

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.input(0)
    let b = rule.size
    guard x.shape.rank == 4, x.shape[2] % b == 0, x.shape[3] % b == 0 else {
      throw .shapeMismatch
    }
    let (channels, height, width) = (x.shape[1], x.shape[2] / b, x.shape[3] / b)
    let (wide, plane) = (x.shape[3], x.shape[2] * x.shape[3])
    let head = ([x.shape[0]], [channels * plane])
    let body =
      rule.isDepthFirst
      ? ([b, b, channels], [wide, 1, plane]) : ([channels, b, b], [plane, wide, 1])
    let copy = try x.rearranged(
      head.0 + body.0 + [height, width], head.1 + body.1 + [b * wide, b], from: 0, call)
    try call.give(copy.reshaped(Shape([x.shape[0], channels * b * b, height, width])))
  }
}

/// `CenterCropPad`: takes the middle of each axis, or puts zeros around it.
struct CenterCropPad: MovingOperation {
  private let axes: [Int]?

  init(_ node: NodeReader) throws(EngineError) { axes = try node.ints("axes") }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    guard let sizes = try call.integers(1) else { throw .topologyInvalid }
    var chosen: [Int] = []
    for axis in axes ?? Array(0..<x.shape.rank) { chosen.append(try x.shape.axis(axis)) }
    guard sizes.count == chosen.count, Set(chosen).count == chosen.count else {
      throw .shapeMismatch
    }
    var dims = x.shape.dims
    var (from, to) = (dims.map { _ in 0 }, dims.map { _ in 0 })
    var common = dims
    for (axis, size) in zip(chosen, sizes) {
      guard size >= 0, size <= EngineLimits.maximumElements else { throw .shapeMismatch }
      let dim = x.shape[axis]
      if size < dim { from[axis] = (dim - size) / 2 } else { to[axis] = (size - dim) / 2 }
      dims[axis] = size
      common[axis] = min(dim, size)
    }
    let shape = try Shape(dims)
    let out = try call.make(0, x.type, shape).cells(type)
    out.fill(0)
    let part = try Shape(common)
    if part.count == 0 { return }
    let (source, steps, outSteps) = (x.cells(type), x.shape.strides, shape.strides)
    let width = common.last ?? 1
    for row in 0..<(part.count / width) {
      var (rest, read, write) = (row, 0, 0)
      for axis in (0..<max(common.count - 1, 0)).reversed() {
        read += (rest % common[axis] + from[axis]) * steps[axis]
        write += (rest % common[axis] + to[axis]) * outSteps[axis]
        rest /= common[axis]
      }
      out.copy(
        source, from: read + (from.last ?? 0), length: width, at: write + (to.last ?? 0))
    }
  }
}
