internal import EphemeralModel

/// `Transpose` by a permutation, or to the reversed order of dimensions.
struct Transpose: MovingOperation {
  private let order: [Int]?

  init(_ node: NodeReader) throws(EngineError) { order = try node.ints("perm") }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    let rank = x.shape.rank
    let order = order ?? Array((0..<rank).reversed())
    guard order.sorted() == Array(0..<rank) else { throw .shapeMismatch }
    let shape = try Shape(order.map { x.shape[$0] })
    let out = try call.make(0, x.type, shape).cells(type)
    let strides = x.shape.strides
    StridedCopy(lengths: shape.dims, steps: order.map { strides[$0] })
      .run(from: x.cells(type), start: 0, to: out)
  }
}

/// Reads a tensor in an order given by strides and writes it row-major.
struct StridedCopy {
  private var lengths: [Int] = []
  private var steps: [Int] = []

  /// Dimensions of the result with the source's step for each, outermost first.
  init(lengths: [Int], steps: [Int]) {
    for (length, step) in zip(lengths, steps) where length != 1 {
      // Joined where stepping over the inner dimension is a whole step of the outer one.
      let (whole, overflow) = step.multipliedReportingOverflow(by: length)
      if let last = self.steps.last, !overflow, last == whole {
        self.lengths[self.lengths.count - 1] *= length
        self.steps[self.steps.count - 1] = step
      } else {
        self.lengths.append(length)
        self.steps.append(step)
      }
    }
    if self.lengths.isEmpty { (self.lengths, self.steps) = ([1], [1]) }
  }

  /// Copies; every place that is read is checked to lie inside the source.
  func run<T>(from source: Cells<T>, start: Int, to out: Cells<T>) {
    if out.count == 0 { return }
    let inner = lengths.count - 1
    let (length, step) = (lengths[inner], steps[inner])
    var index = [Int](repeating: 0, count: inner)
    var from = start
    var at = 0
    while true {
      if step == 1 {
        out.copy(source, from: from, length: length, at: at)
      } else {
        for i in 0..<length { out[at + i] = source[from + i * step] }
      }
      at += length
      var axis = inner - 1
      while axis >= 0 {
        index[axis] += 1
        from += steps[axis]
        if index[axis] < lengths[axis] { break }
        from -= steps[axis] * lengths[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}

/// `Expand`: broadcasts to a shape, both ways.
struct Expand: MovingOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    guard let dims = try call.integers(1) else { throw .topologyInvalid }
    let shape = try x.shape.broadcast(with: Shape(dims))
    let out = try call.make(0, x.type, shape).cells(type)
    StridedCopy(lengths: shape.dims, steps: x.shape.strides(broadcastTo: shape))
      .run(from: x.cells(type), start: 0, to: out)
  }
}

/// `Tile`: repeats each dimension.
struct Tile: MovingOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    guard let repeats = try call.integers(1), repeats.count == x.shape.rank else {
      throw .shapeMismatch
    }
    // Seen as repeats × dimension pairs, tiling is a broadcast: the repeats have step zero.
    var dims: [Int] = []
    var (lengths, steps): ([Int], [Int]) = ([], [])
    for ((dim, times), step) in zip(zip(x.shape.dims, repeats), x.shape.strides) {
      guard times >= 0 else { throw .shapeMismatch }
      let (product, overflow) = dim.multipliedReportingOverflow(by: times)
      guard !overflow else { throw .workExceeded }
      dims.append(product)
      lengths += [times, dim]
      steps += [0, step]
    }
    let out = try call.make(0, x.type, Shape(dims)).cells(type)
    StridedCopy(lengths: lengths, steps: steps).run(from: x.cells(type), start: 0, to: out)
  }
}

/// `Slice`: attributes in version 1, inputs and steps since version 10.
struct Slice: MovingOperation {
  private let fixed: (starts: [Int], ends: [Int], axes: [Int]?)?

  init(_ node: NodeReader) throws(EngineError) {
    guard node.version < 10 else {
      fixed = nil
      return
    }
    guard let starts = try node.ints("starts"), let ends = try node.ints("ends") else {
      throw .topologyInvalid
    }
    fixed = (starts, ends, try node.ints("axes"))
  }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    guard let starts = try call.integers(1, unless: fixed?.starts),
      let ends = try call.integers(2, unless: fixed?.ends)
    else { throw .topologyInvalid }
    let given = fixed == nil ? try call.integers(3) : fixed?.axes
    let axes = given ?? Array(starts.indices)
    let pace = fixed == nil ? try call.integers(4) : nil
    let paces = pace ?? axes.map { _ in 1 }
    guard starts.count == ends.count, axes.count == starts.count, paces.count == starts.count
    else { throw .shapeMismatch }
    var (dims, steps, origin) = (x.shape.dims, x.shape.strides, 0)
    var seen = Set<Int>()
    for entry in starts.indices {
      let axis = try x.shape.axis(axes[entry])
      guard seen.insert(axis).inserted, paces[entry] != 0 else { throw .shapeMismatch }
      let (first, count) = Self.range(starts[entry], ends[entry], paces[entry], x.shape[axis])
      origin += first * steps[axis]
      dims[axis] = count
      // With fewer than two elements the step is never taken.
      steps[axis] = count > 1 ? steps[axis] * paces[entry] : 0
    }
    let out = try call.make(0, x.type, Shape(dims)).cells(type)
    StridedCopy(lengths: dims, steps: steps).run(from: x.cells(type), start: origin, to: out)
  }

  /// The first place and the number of places, numpy's way; both within the dimension.
  static func range(_ start: Int, _ end: Int, _ pace: Int, _ dim: Int) -> (first: Int, count: Int) {
    func place(_ value: Int, _ least: Int, _ greatest: Int) -> Int {
      let absolute = value < 0 ? (value < -dim ? -1 : value + dim) : value
      return min(max(absolute, least), greatest)
    }
    if dim == 0 { return (0, 0) }
    if pace > 0 {
      let (first, last) = (place(start, 0, dim), place(end, 0, dim))
      return first < last ? (first, (last - first - 1) / pace + 1) : (0, 0)
    }
    let (first, last) = (place(start, -1, dim - 1), place(end, -1, dim - 1))
    // A pace of Int.min has no positive counterpart; its magnitude exceeds any dimension anyway.
    let stride = pace == Int.min ? Int.max : -pace
    return first > last ? (first, (first - last - 1) / stride + 1) : (0, 0)
  }
}

/// `Trilu`: keeps one triangle of the innermost matrices.
struct Triangle: MovingOperation {
  private let upper: Bool

  init(_ node: NodeReader) throws(EngineError) { upper = try node.flag("upper", true) }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    let rank = x.shape.rank
    guard rank >= 2 else { throw .shapeMismatch }
    let (rows, columns) = (x.shape[rank - 2], x.shape[rank - 1])
    let wanted = try call.optional(1) == nil ? 0 : call.wideInteger(1)
    // Beyond the matrix all diagonals are alike.
    let diagonal = min(max(wanted, -rows - 1), columns + 1)
    let source = x.cells(type)
    let out = try call.make(0, x.type, x.shape).cells(type)
    for at in 0..<out.count {
      let (row, column) = ((at / columns) % rows, at % columns)
      let kept = upper ? column - row >= diagonal : column - row <= diagonal
      out[at] = kept ? source[at] : 0
    }
  }
}

extension Call {
  /// A required tensor of one i32 or i64 as a number.
  func wideInteger(_ index: Int) throws(EngineError) -> Int {
    guard let value = try integer(index) else { throw .topologyInvalid }
    return value
  }
}
