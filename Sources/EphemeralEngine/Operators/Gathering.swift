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

/// `GatherND`: slices named by tuples of indices, within batches that both tensors share.
struct GatherSlices: MovingOperation {
  private let batchRank: Int

  init(_ node: NodeReader) throws(EngineError) { batchRank = try node.int("batch_dims", 0) }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (x, indices) = (try call.input(0), try call.input(1))
    let tuples = try IndexTuples(indices, into: x.shape, batchRank: batchRank)
    let shape = try Shape(
      Array(indices.shape.dims.dropLast()) + x.shape.dims[(batchRank + tuples.length)...])
    let source = x.cells(type)
    let out = try call.make(0, x.type, shape).cells(type)
    for tuple in 0..<tuples.count {
      let from = try tuples.place(tuple)
      if tuples.sliceCount > 0 {
        out.copy(source, from: from, length: tuples.sliceCount, at: tuple * tuples.sliceCount)
      }
    }
  }
}

/// Tuples of indices, each naming a slice of a tensor.
struct IndexTuples {
  /// How many indices make a tuple, how many tuples there are, and how long a slice is.
  let length: Int
  let count: Int
  let sliceCount: Int
  private let indices: Tensor
  private let dims: [Int]
  private let strides: [Int]
  private let tuplesInBatch: Int
  private let batchStep: Int

  init(_ indices: Tensor, into shape: Shape, batchRank: Int = 0) throws(EngineError) {
    let rank = indices.shape.rank
    guard rank >= 1, batchRank >= 0, batchRank < rank, batchRank <= shape.rank else {
      throw .shapeMismatch
    }
    length = indices.shape[rank - 1]
    guard length <= shape.rank - batchRank,
      indices.shape.dims[..<batchRank] == shape.dims[..<batchRank]
    else { throw .shapeMismatch }
    self.indices = indices
    dims = shape.dims
    strides = shape.strides
    count = indices.shape.product(0..<rank - 1)
    sliceCount = shape.product(batchRank + length..<shape.rank)
    tuplesInBatch = indices.shape.product(batchRank..<rank - 1)
    batchStep = shape.product(batchRank..<shape.rank)
    self.batchRank = batchRank
  }

  private let batchRank: Int

  /// Where the slice of a tuple begins.
  func place(_ tuple: Int) throws(EngineError) -> Int {
    var place = tuplesInBatch > 0 ? tuple / tuplesInBatch * batchStep : 0
    for index in 0..<length {
      let axis = batchRank + index
      place += try indices.place(tuple * length + index, below: dims[axis]) * strides[axis]
    }
    return place
  }
}

extension Tensor {
  /// An element of an index tensor as a place below `limit`; negative ones count from the end.
  func place(_ at: Int, below limit: Int) throws(EngineError) -> Int {
    let value = try integer(at)
    guard value >= -limit, value < limit else { throw .indexOutOfRange }
    return value < 0 ? value + limit : value
  }
}
