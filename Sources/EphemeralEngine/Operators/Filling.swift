internal import EphemeralModel

/// `ConstantOfShape`: one value everywhere, zero of f32 where none is given.
struct ConstantOfShape: Operation {
  private let value: Int?

  init(_ node: NodeReader) throws(EngineError) { value = try node.tensor("value") }

  func run(_ call: inout Call) throws(EngineError) {
    guard let dims = try call.integers(0) else { throw .topologyInvalid }
    let shape = try Shape(dims)
    guard let value else { return try call.make(0, .float32, shape).bytes.fill(0) }
    let tensor = try call.weight(value)
    guard tensor.count == 1 else { throw .topologyInvalid }
    let out = try call.make(0, tensor.type, shape)
    switch tensor.type.byteCount {
    case 1: out.cells(UInt8.self).fill(tensor.cells(UInt8.self)[0])
    case 2: out.cells(UInt16.self).fill(tensor.cells(UInt16.self)[0])
    case 4: out.cells(UInt32.self).fill(tensor.cells(UInt32.self)[0])
    default: out.cells(UInt64.self).fill(tensor.cells(UInt64.self)[0])
    }
  }
}

/// `Range`: evenly spaced numbers, the limit excluded.
struct Span1D: Operation {
  init(_ node: NodeReader) throws(EngineError) { node.ignore("stash_type") }

  func run(_ call: inout Call) throws(EngineError) {
    switch try call.input(0).type {
    case .float32: try reals(&call, Float.self)
    case .float64: try reals(&call, Double.self)
    case .float16, .bfloat16:
      try call.inSingle { (inner) throws(EngineError) in try reals(&inner, Float.self) }
    case .int16: try integers(&call, Int16.self)
    case .int32: try integers(&call, Int32.self)
    case .int64: try integers(&call, Int64.self)
    default: throw .unsupportedElementType
    }
  }

  private func scalars<T: Number>(_ call: borrowing Call, _ type: T.Type) throws(EngineError)
    -> (start: T, limit: T, step: T)
  {
    var values: [T] = []
    for index in 0..<3 {
      let cells = try call.cells(index, type)
      guard cells.count == 1 else { throw .shapeMismatch }
      values.append(cells[0])
    }
    return (values[0], values[1], values[2])
  }

  private func reals<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (start, limit, step) = try scalars(call, type)
    let count = ((Double(limit) - Double(start)) / Double(step)).rounded(.up)
    guard step != 0, count.isFinite else { throw .divisionUndefined }
    guard count <= Double(EngineLimits.maximumElements) else { throw .workExceeded }
    let out = try call.cells(output: 0, type, Shape([Int(max(count, 0))]))
    for index in 0..<out.count { out[index] = start + T(index) * step }
  }

  private func integers<T: Number & FixedWidthInteger & SignedInteger>(
    _ call: inout Call, _ type: T.Type
  ) throws(EngineError) {
    let (start, limit, step) = try scalars(call, type)
    guard step != 0 else { throw .divisionUndefined }
    let (span, overflow) = Int64(limit).subtractingReportingOverflow(Int64(start))
    guard !overflow else { throw .workExceeded }
    var count = 0
    if (span > 0) == (step > 0), span != 0 {
      // Magnitudes, so that the least integer does not overflow; then divided rounding up.
      let whole = (span.magnitude - 1) / UInt64(step.magnitude) + 1
      guard whole <= UInt64(EngineLimits.maximumElements) else { throw .workExceeded }
      count = Int(whole)
    }
    let out = try call.cells(output: 0, type, Shape([count]))
    for index in 0..<count { out[index] = start &+ T(truncatingIfNeeded: index) &* step }
  }
}
