internal import EphemeralModel

/// One operator with its attributes read, ready to run any number of times.
protocol Operation: Sendable {
  /// Reads the attributes.
  ///
  /// - Throws: `topologyInvalid` or `unsupportedOperator`.
  init(_ node: NodeReader) throws(EngineError)
  /// Makes the outputs from the inputs.
  func run(_ call: inout Call) throws(EngineError)
  /// Outputs that are f32 even where the inputs have half the width.
  static var singleOutputs: Set<Int> { get }
}

extension Operation {
  static var singleOutputs: Set<Int> { [] }
}

/// An operation whose kernel is generic over the first input's number type.
protocol NumberOperation: Operation {
  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError)
}

extension NumberOperation {
  func run(_ call: inout Call) throws(EngineError) { try dispatch(&call) }

  /// Runs the kernel for the first input's element type.
  func dispatch(_ call: inout Call) throws(EngineError) {
    switch try call.input(0).type {
    case .float32: try run(&call, Float.self)
    case .float64: try run(&call, Double.self)
    case .int8: try run(&call, Int8.self)
    case .int16: try run(&call, Int16.self)
    case .int32: try run(&call, Int32.self)
    case .int64: try run(&call, Int64.self)
    case .uint8: try run(&call, UInt8.self)
    case .uint16: try run(&call, UInt16.self)
    case .uint32: try run(&call, UInt32.self)
    case .uint64: try run(&call, UInt64.self)
    case .float16, .bfloat16:
      try call.inSingle(but: Self.singleOutputs) { (inner) throws(EngineError) in
        try run(&inner, Float.self)
      }
    case .bool: throw .unsupportedElementType
    }
  }
}

/// An operation whose kernel is generic over the first input's integer type.
protocol IntegerOperation: Operation {
  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type)
    throws(EngineError)
}

extension IntegerOperation {
  func run(_ call: inout Call) throws(EngineError) {
    switch try call.input(0).type {
    case .int8: try run(&call, Int8.self)
    case .int16: try run(&call, Int16.self)
    case .int32: try run(&call, Int32.self)
    case .int64: try run(&call, Int64.self)
    case .uint8: try run(&call, UInt8.self)
    case .uint16: try run(&call, UInt16.self)
    case .uint32: try run(&call, UInt32.self)
    case .uint64: try run(&call, UInt64.self)
    case .float32, .float64, .float16, .bfloat16, .bool: throw .unsupportedElementType
    }
  }
}

/// An operation whose kernel is generic over the first input's floating-point type.
protocol RealOperation: Operation {
  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError)
}

extension RealOperation {
  func run(_ call: inout Call) throws(EngineError) {
    switch try call.input(0).type {
    case .float32: try run(&call, Float.self)
    case .float64: try run(&call, Double.self)
    case .float16, .bfloat16:
      try call.inSingle(but: Self.singleOutputs) { (inner) throws(EngineError) in
        try run(&inner, Float.self)
      }
    default: throw .unsupportedElementType
    }
  }
}

/// An operation that moves elements without looking at them: one kernel for each width.
protocol MovingOperation: Operation {
  /// The input whose element type decides.
  static var subject: Int { get }
  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type)
    throws(EngineError)
}

extension MovingOperation {
  static var subject: Int { 0 }

  func run(_ call: inout Call) throws(EngineError) { try move(&call) }

  /// Runs the kernel for the width of the subject's elements.
  func move(_ call: inout Call) throws(EngineError) {
    switch try call.input(Self.subject).type.byteCount {
    case 1: try run(&call, UInt8.self)
    case 2: try run(&call, UInt16.self)
    case 4: try run(&call, UInt32.self)
    default: try run(&call, UInt64.self)
    }
  }
}
