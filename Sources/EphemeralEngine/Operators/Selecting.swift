internal import EphemeralModel

/// `Compress`: the slices along an axis, or the elements, whose condition is true.
struct Compress: MovingOperation {
  private let axis: Int?

  init(_ node: NodeReader) throws(EngineError) { axis = try node.int("axis") }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    let condition = try call.truths(1)
    guard try call.input(1).shape.rank == 1 else { throw .shapeMismatch }
    let shape = axis == nil ? try Shape([x.count]) : x.shape
    let axis = try shape.axis(axis ?? 0)
    let length = shape[axis]
    var chosen = 0
    for index in 0..<condition.count where condition[index] != 0 {
      guard index < length else { throw .indexOutOfRange }
      chosen += 1
    }
    let inner = shape.product(axis + 1..<shape.rank)
    let out = try call.make(0, x.type, shape.replacing(axis, with: chosen)).cells(type)
    try call.charge(condition.count)
    if out.count == 0 { return }
    let source = x.cells(type)
    var at = 0
    for row in 0..<shape.product(0..<axis) {
      for index in 0..<condition.count where condition[index] != 0 {
        out.copy(source, from: (row * length + index) * inner, length: inner, at: at)
        at += inner
      }
    }
  }
}

/// `NonZero`: the coordinates of the elements that are not zero, one column for each.
struct NonZero: Operation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.input(0)
    switch x.type {
    case .float32: try find(&call, x) { (value: Float) in value != 0 }
    case .float64: try find(&call, x) { (value: Double) in value != 0 }
    // The sign of a zero of half width is no part of its value.
    case .float16, .bfloat16: try find(&call, x) { (bits: UInt16) in bits & 0x7fff != 0 }
    case .bool, .int8, .uint8: try find(&call, x) { (value: UInt8) in value != 0 }
    case .int16, .uint16: try find(&call, x) { (value: UInt16) in value != 0 }
    case .int32, .uint32: try find(&call, x) { (value: UInt32) in value != 0 }
    case .int64, .uint64: try find(&call, x) { (value: UInt64) in value != 0 }
    }
  }

  private func find<T: BitwiseCopyable>(
    _ call: inout Call, _ x: Tensor, _ isSet: (T) -> Bool
  ) throws(EngineError) {
    let source = x.cells(T.self)
    try call.charge(source.count)
    var count = 0
    for at in 0..<source.count where isSet(source[at]) { count += 1 }
    // A scalar counts as one dimension of one element.
    let dims = x.shape.rank == 0 ? [1] : x.shape.dims
    let out = try call.cells(output: 0, Int64.self, Shape([dims.count, count]))
    var column = 0
    for at in 0..<source.count where isSet(source[at]) {
      var rest = at
      for axis in dims.indices.reversed() {
        out[axis * count + column] = Int64(rest % dims[axis])
        rest /= dims[axis]
      }
      column += 1
    }
  }
}

/// `ReverseSequence`: reverses the first elements along time, as many as each batch entry says.
struct ReverseSequence: MovingOperation {
  private let batchAxis: Int
  private let timeAxis: Int

  init(_ node: NodeReader) throws(EngineError) {
    batchAxis = try node.int("batch_axis", 1)
    timeAxis = try node.int("time_axis", 0)
  }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    guard Set([batchAxis, timeAxis]) == [0, 1], x.shape.rank >= 2,
      let lengths = try call.wideIntegers(1),
      lengths.count == x.shape[batchAxis]
    else { throw .shapeMismatch }
    for index in 0..<lengths.count {
      guard lengths[index] >= 0, lengths[index] <= Int64(x.shape[timeAxis]) else {
        throw .indexOutOfRange
      }
    }
    let inner = x.shape.product(2..<x.shape.rank)
    let source = x.cells(type)
    let out = try call.make(0, x.type, x.shape).cells(type)
    if out.count == 0 { return }
    let strides = x.shape.strides
    for batch in 0..<x.shape[batchAxis] {
      let length = Int(lengths[batch])
      for time in 0..<x.shape[timeAxis] {
        let from = time < length ? length - 1 - time : time
        out.copy(
          source, from: batch * strides[batchAxis] + from * strides[timeAxis], length: inner,
          at: batch * strides[batchAxis] + time * strides[timeAxis])
      }
    }
  }
}

/// `OneHot`: two values, the second where the index along a new axis is the element's.
struct OneHot: MovingOperation {
  static let subject = 2
  private let axis: Int
  private let wraps: Bool

  init(_ node: NodeReader) throws(EngineError) {
    axis = try node.int("axis", -1)
    // Before version 11 a negative index is out of range like any other.
    wraps = node.version >= 11
  }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (given, stated, values) = (try call.input(0), try call.input(1), try call.input(2))
    let indices = try call.converted(given, to: .int64)
    let depths = try call.converted(stated, to: .int64)
    guard depths.count == 1, values.count == 2 else { throw .shapeMismatch }
    let depth = try depths.integer(0)
    guard depth >= 0 else { throw .shapeMismatch }
    let axis = try indices.shape.axis(axis, extra: 1)
    var dims = indices.shape.dims
    dims.insert(depth, at: axis)
    let shape = try Shape(dims)
    let pair = values.cells(type)
    let out = try call.make(0, values.type, shape).cells(type)
    out.fill(pair[0])
    if out.count == 0 { return }
    let inner = shape.product(axis + 1..<shape.rank)
    let places = indices.cells(Int64.self)
    try call.charge(places.count)
    for at in 0..<places.count {
      var index = places[at]
      if wraps, index < 0 { index &+= Int64(depth) }
      guard index >= 0, index < Int64(depth) else { continue }
      out[(at / inner * depth + Int(index)) * inner + at % inner] = pair[1]
    }
  }
}

/// `EyeLike`: ones on a diagonal of a matrix of another's shape.
struct EyeLike: Operation {
  private let diagonal: Int
  private let target: ElementType?

  init(_ node: NodeReader) throws(EngineError) {
    diagonal = try node.int("k", 0)
    target = try node.elementType("dtype")
  }

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.input(0)
    guard x.shape.rank == 2 else { throw .shapeMismatch }
    let ones = try call.scratchTensor(.uint8, x.shape)
    let cells = ones.cells(UInt8.self)
    cells.fill(0)
    let (rows, columns) = (x.shape[0], x.shape[1])
    let shift = min(max(diagonal, -rows - 1), columns + 1)
    for row in 0..<rows where row + shift >= 0 && row + shift < columns {
      cells[row * columns + row + shift] = 1
    }
    let result = try call.make(0, target ?? x.type, x.shape)
    Conversion.run(ones, into: result)
  }
}

extension Call {
  /// A tensor of one dimension of i64, for lists as long as a dimension.
  func wideIntegers(_ index: Int) throws(EngineError) -> Cells<Int64>? {
    guard let tensor = optional(index) else { return nil }
    guard tensor.type == .int64 else { throw .unsupportedElementType }
    guard tensor.shape.rank == 1 else { throw .shapeMismatch }
    return tensor.cells(Int64.self)
  }
}
