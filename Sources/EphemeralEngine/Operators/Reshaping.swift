internal import EphemeralModel

/// `Identity`.
struct Identity: Operation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run(_ call: inout Call) throws(EngineError) { try call.give(call.input(0)) }
}

/// `Dropout` at inference: hands its input on; the mask, where asked for, is all true.
struct Dropout: Operation {
  private let version: Int

  init(_ node: NodeReader) throws(EngineError) {
    version = node.version
    node.ignore("ratio", "seed")
  }

  func run(_ call: inout Call) throws(EngineError) {
    if let training = call.optional(2) {
      guard training.type == .bool, training.count == 1 else { throw .shapeMismatch }
      guard training.bytes[0] == 0 else { throw .unsupportedOperator }
    }
    let x = try call.input(0)
    try call.give(x)
    if call.isWanted(1) {
      let type: ElementType = version >= 10 ? .bool : x.type
      guard type == .bool else { throw .unsupportedOperator }
      try call.make(1, type, x.shape).bytes.fill(1)
    }
  }
}

/// `Reshape`; 0 keeps a dimension (unless `allowzero`), −1 stands for what remains.
struct Reshape: Operation {
  private let zeroIsZero: Bool

  init(_ node: NodeReader) throws(EngineError) { zeroIsZero = try node.flag("allowzero") }

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.input(0)
    guard var dims = try call.integers(1) else { throw .topologyInvalid }
    guard dims.count <= EngineLimits.maximumRank else { throw .workExceeded }
    if !zeroIsZero {
      for axis in dims.indices where dims[axis] == 0 {
        guard axis < x.shape.rank else { throw .shapeMismatch }
        dims[axis] = x.shape[axis]
      }
    }
    if let open = dims.firstIndex(of: -1) {
      dims[open] = 1
      let rest = try Shape(dims).count
      guard rest > 0, x.count % rest == 0 else { throw .shapeMismatch }
      dims[open] = x.count / rest
    }
    try call.give(x.reshaped(Shape(dims)))
  }
}

/// `Flatten` to two dimensions around an axis.
struct Flatten: Operation {
  private let axis: Int

  init(_ node: NodeReader) throws(EngineError) { axis = try node.int("axis", 1) }

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.input(0)
    let rank = x.shape.rank
    guard axis >= -rank, axis <= rank else { throw .shapeMismatch }
    let split = axis < 0 ? axis + rank : axis
    try call.give(
      x.reshaped(Shape([x.shape.product(0..<split), x.shape.product(split..<rank)])))
  }
}

/// `Squeeze`: removes dimensions of one; axes are an attribute before version 13.
struct Squeeze: Operation {
  private let axes: [Int]?

  init(_ node: NodeReader) throws(EngineError) {
    axes = node.version < 13 ? try node.ints("axes") : nil
  }

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.input(0)
    var removed = Set<Int>()
    if let axes = try call.integers(1, unless: axes) {
      for axis in axes {
        let axis = try x.shape.axis(axis)
        guard x.shape[axis] == 1, removed.insert(axis).inserted else { throw .shapeMismatch }
      }
    } else {
      removed = Set(x.shape.dims.indices.filter { x.shape[$0] == 1 })
    }
    let kept = x.shape.dims.indices.filter { !removed.contains($0) }.map { x.shape[$0] }
    try call.give(x.reshaped(Shape(kept)))
  }
}

/// `Unsqueeze`: inserts dimensions of one; axes are an attribute before version 13.
struct Unsqueeze: Operation {
  private let axes: [Int]?

  init(_ node: NodeReader) throws(EngineError) {
    axes = node.version < 13 ? try node.ints("axes") : nil
  }

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.input(0)
    guard let axes = try call.integers(1, unless: axes) else { throw .topologyInvalid }
    let rank = x.shape.rank + axes.count
    guard rank <= EngineLimits.maximumRank else { throw .workExceeded }
    var inserted = Set<Int>()
    for axis in axes {
      guard inserted.insert(try x.shape.axis(axis, extra: axes.count)).inserted else {
        throw .shapeMismatch
      }
    }
    var rest = x.shape.dims.makeIterator()
    var dims: [Int] = []
    for axis in 0..<rank { dims.append(inserted.contains(axis) ? 1 : rest.next() ?? 1) }
    try call.give(x.reshaped(Shape(dims)))
  }
}

/// `Shape`: the dimensions as numbers, or a range of them since version 15.
struct ShapeOf: Operation {
  private let start: Int
  private let end: Int?

  init(_ node: NodeReader) throws(EngineError) {
    start = node.version < 15 ? 0 : try node.int("start", 0)
    end = node.version < 15 ? nil : try node.int("end")
  }

  func run(_ call: inout Call) throws(EngineError) {
    let shape = try call.input(0).shape
    let first = Self.clamped(start, shape.rank)
    let last = max(Self.clamped(end ?? shape.rank, shape.rank), first)
    let out = try call.cells(output: 0, Int64.self, Shape([last - first]))
    for axis in first..<last { out[axis - first] = Int64(shape[axis]) }
  }

  /// A place between 0 and `rank`; negative ones count from the end.
  private static func clamped(_ place: Int, _ rank: Int) -> Int {
    place >= rank ? rank : place >= 0 ? place : place <= -rank ? 0 : place + rank
  }
}

/// `Size`: the number of elements.
struct SizeOf: Operation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run(_ call: inout Call) throws(EngineError) {
    let count = try call.input(0).count
    try call.cells(output: 0, Int64.self, .scalar)[0] = Int64(count)
  }
}
