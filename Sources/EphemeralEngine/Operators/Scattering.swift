internal import EphemeralModel

/// What becomes of an element and an update that falls on it.
enum ScatterReduction: Sendable {
  case none, add, multiply, maximum, minimum

  init(_ node: NodeReader) throws(EngineError) {
    switch String(decoding: try node.string("reduction", "none"), as: UTF8.self) {
    case "none": self = .none
    case "add": self = .add
    case "mul": self = .multiply
    case "max": self = .maximum
    case "min": self = .minimum
    default: throw .topologyInvalid
    }
  }

  @inline(__always)
  func apply<T: Number>(_ old: T, _ update: T) -> T {
    switch self {
    case .none: update
    case .add: old.plus(update)
    case .multiply: old.times(update)
    case .maximum: old.greater(update)
    case .minimum: old.lesser(update)
    }
  }
}

/// A scatter: moves elements of any type, or combines numbers.
protocol ScatterOperation: NumberOperation, MovingOperation {
  var reduction: ScatterReduction { get }
  func scatter<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError)
}

extension ScatterOperation {
  func run(_ call: inout Call) throws(EngineError) {
    guard try call.input(0).type == call.input(2).type else { throw .unsupportedElementType }
    if case .none = reduction { try move(&call) } else { try dispatch(&call) }
  }
  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    try scatter(&call, type)
  }
  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    try scatter(&call, type)
  }
}

/// `ScatterElements` and its older name `Scatter`: single elements along an axis.
struct ScatterElements: ScatterOperation {
  let reduction: ScatterReduction
  private let axis: Int

  init(_ node: NodeReader) throws(EngineError) {
    axis = try node.int("axis", 0)
    reduction = node.version >= 16 ? try ScatterReduction(node) : .none
  }

  func scatter<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (x, indices, updates) = (try call.input(0), try call.input(1), try call.input(2))
    let (axis, rank) = (try x.shape.axis(axis), x.shape.rank)
    guard indices.shape == updates.shape, indices.shape.rank == rank else { throw .shapeMismatch }
    for other in 0..<rank where other != axis {
      guard indices.shape[other] <= x.shape[other] else { throw .shapeMismatch }
    }
    let strides = x.shape.strides
    let out = try call.make(0, x.type, x.shape).cells(type)
    out.copy(x.cells(type), from: 0, length: out.count, at: 0)
    let values = updates.cells(type)
    try call.charge(values.count)
    for at in 0..<values.count {
      var (rest, to) = (at, try indices.place(at, below: x.shape[axis]) * strides[axis])
      for other in (0..<rank).reversed() {
        if other != axis { to += rest % indices.shape[other] * strides[other] }
        rest /= indices.shape[other]
      }
      out[to] = reduction.apply(out[to], values[at])
    }
  }
}

/// `ScatterND`: whole slices named by tuples of indices.
struct ScatterSlices: ScatterOperation {
  let reduction: ScatterReduction

  init(_ node: NodeReader) throws(EngineError) {
    reduction = node.version >= 16 ? try ScatterReduction(node) : .none
  }

  func scatter<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (x, indices, updates) = (try call.input(0), try call.input(1), try call.input(2))
    let tuples = try IndexTuples(indices, into: x.shape)
    let dims = Array(indices.shape.dims.dropLast()) + x.shape.dims[tuples.length...]
    guard updates.shape.dims == dims else { throw .shapeMismatch }
    let out = try call.make(0, x.type, x.shape).cells(type)
    out.copy(x.cells(type), from: 0, length: out.count, at: 0)
    let values = updates.cells(type)
    try call.charge(values.count)
    try call.charge(tuples.count)
    for tuple in 0..<tuples.count {
      let to = try tuples.place(tuple)
      for i in 0..<tuples.sliceCount {
        out[to + i] = reduction.apply(out[to + i], values[tuple * tuples.sliceCount + i])
      }
    }
  }
}

/// `TensorScatter`: writes an update into a cache along the sequence axis, per batch.
struct CacheUpdate: MovingOperation {
  private let axis: Int
  private let isCircular: Bool

  init(_ node: NodeReader) throws(EngineError) {
    axis = try node.int("axis", -2)
    switch String(decoding: try node.string("mode", "linear"), as: UTF8.self) {
    case "linear": isCircular = false
    case "circular": isCircular = true
    default: throw .topologyInvalid
    }
  }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (cache, update) = (try call.input(0), try call.input(1))
    let axis = try cache.shape.axis(axis)
    guard axis > 0, update.type == cache.type, update.shape.rank == cache.shape.rank,
      try update.shape.replacing(axis, with: 1) == cache.shape.replacing(axis, with: 1)
    else { throw .shapeMismatch }
    let starts = try call.integers(2)
    let batches = cache.shape[0]
    guard starts == nil || starts?.count == batches else { throw .shapeMismatch }
    let (limit, length) = (cache.shape[axis], update.shape[axis])
    guard length <= limit else { throw .shapeMismatch }
    let inner = cache.shape.product(axis + 1..<cache.shape.rank)
    let middle = cache.shape.product(1..<axis)
    let source = update.cells(type)
    let out = try call.make(0, cache.type, cache.shape).cells(type)
    out.copy(cache.cells(type), from: 0, length: out.count, at: 0)
    try call.charge(source.count)
    if source.count == 0 { return }
    for row in 0..<batches * middle {
      let start = starts?[row / middle] ?? 0
      guard start >= 0, start < max(limit, 1), isCircular || start <= limit - length else {
        throw .indexOutOfRange
      }
      for step in 0..<length {
        out.copy(
          source, from: (row * length + step) * inner, length: inner,
          at: (row * limit + (start + step) % limit) * inner)
      }
    }
  }
}
