internal import EphemeralModel

/// `Gather`: whole slices along an axis, by index.
struct Gather: MovingOperation {
  private let axis: Int

  init(_ node: NodeReader) throws(EngineError) { axis = try node.int("axis", 0) }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (x, indices) = (try call.input(0), try call.input(1))
    let axis = try x.shape.axis(axis)
    let dims = x.shape.dims
    let shape = try Shape(Array(dims[..<axis]) + indices.shape.dims + Array(dims[(axis + 1)...]))
    let inner = x.shape.product(axis + 1..<x.shape.rank)
    let outer = x.shape.product(0..<axis)
    let source = x.cells(type)
    let out = try call.make(0, x.type, shape).cells(type)
    // Indices are checked even where the result is empty.
    for at in 0..<indices.count {
      let from = try indices.place(at, below: dims[axis])
      if out.count == 0 { continue }
      for row in 0..<outer {
        out.copy(
          source, from: (row * dims[axis] + from) * inner, length: inner,
          at: (row * indices.count + at) * inner)
      }
    }
  }
}

/// `GatherElements`: single elements along an axis, by index.
struct GatherElements: MovingOperation {
  private let axis: Int

  init(_ node: NodeReader) throws(EngineError) { axis = try node.int("axis", 0) }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (x, indices) = (try call.input(0), try call.input(1))
    let axis = try x.shape.axis(axis)
    let rank = x.shape.rank
    guard indices.shape.rank == rank else { throw .shapeMismatch }
    for other in 0..<rank where other != axis {
      guard indices.shape[other] <= x.shape[other] else { throw .shapeMismatch }
    }
    let strides = x.shape.strides
    let source = x.cells(type)
    let out = try call.make(0, x.type, indices.shape).cells(type)
    for at in 0..<out.count {
      var (rest, from) = (at, try indices.place(at, below: x.shape[axis]) * strides[axis])
      for other in (0..<rank).reversed() {
        if other != axis { from += rest % indices.shape[other] * strides[other] }
        rest /= indices.shape[other]
      }
      out[at] = source[from]
    }
  }
}

extension Tensor {
  /// An element of an index tensor as a place below `limit`; negative ones count from the end.
  fileprivate func place(_ at: Int, below limit: Int) throws(EngineError) -> Int {
    let value = try integer(at)
    guard value >= -limit, value < limit else { throw .indexOutOfRange }
    return value < 0 ? value + limit : value
  }
}
