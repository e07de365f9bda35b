/// Dimensions of a tensor, outermost first, whose products are known not to overflow.
struct Shape: Equatable, Sendable {
  /// The dimensions; none is negative.
  let dims: [Int]
  /// The number of elements.
  let count: Int
  /// The product of all dimensions with zeros counted as ones: what a loop over rows of nothing
  /// may come to.
  let extent: Int

  /// The shape of a single element.
  static let scalar = Shape(unchecked: [], count: 1)

  private init(unchecked dims: [Int], count: Int) {
    self.dims = dims
    self.count = count
    extent = count
  }

  /// Checks rank, signs and the product of all dimensions (zeros counted as ones, so that every
  /// stride is bounded too).
  init(_ dims: [Int], or error: EngineError = .workExceeded) throws(EngineError) {
    guard dims.count <= EngineLimits.maximumRank else { throw error }
    var product = 1
    var empty = false
    for dim in dims {
      guard dim >= 0 else { throw .shapeMismatch }
      if dim == 0 { empty = true }
      let (next, overflow) = product.multipliedReportingOverflow(by: max(dim, 1))
      guard !overflow, next <= EngineLimits.maximumElements else { throw error }
      product = next
    }
    self.dims = dims
    count = empty ? 0 : product
    extent = product
  }

  /// How many dimensions there are.
  var rank: Int { dims.count }

  /// One dimension.
  subscript(axis: Int) -> Int { dims[axis] }

  /// Row-major strides in elements.
  var strides: [Int] {
    var result = [Int](repeating: 1, count: dims.count)
    var step = 1
    for axis in dims.indices.reversed() {
      result[axis] = step
      step *= max(dims[axis], 1)
    }
    return result
  }

  /// The number of elements of the dimensions in `range`.
  func product(_ range: Range<Int>) -> Int { dims[range].reduce(1, *) }

  /// Turns a possibly negative axis into an index below `rank` (or `extra` more).
  func axis(_ axis: Int, extra: Int = 0) throws(EngineError) -> Int {
    let limit = rank + extra
    guard axis >= -limit, axis < limit else { throw .shapeMismatch }
    return axis < 0 ? axis + limit : axis
  }

  /// The same dimensions with one replaced.
  func replacing(_ axis: Int, with dim: Int) throws(EngineError) -> Shape {
    var changed = dims
    changed[axis] = dim
    return try Shape(changed)
  }

  /// The shape to which both broadcast, numpy's way.
  func broadcast(with other: Shape) throws(EngineError) -> Shape {
    let rank = max(rank, other.rank)
    var result = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let mine = axis - (rank - self.rank)
      let theirs = axis - (rank - other.rank)
      let (a, b) = (mine < 0 ? 1 : dims[mine], theirs < 0 ? 1 : other.dims[theirs])
      guard a == b || a == 1 || b == 1 else { throw .shapeMismatch }
      result[axis] = a == 1 ? b : a
    }
    return try Shape(result)
  }

  /// Strides for reading this shape as if it were `target`: zero where it repeats.
  func strides(broadcastTo target: Shape) -> [Int] {
    let own = strides
    var result = [Int](repeating: 0, count: target.rank)
    for axis in 0..<rank where dims[axis] != 1 {
      result[axis + target.rank - rank] = own[axis]
    }
    return result
  }
}
