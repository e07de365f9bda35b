internal import EphemeralModel

/// Activations with parameters, one meaning each.
enum Activation: Sendable {
  case leakyRelu(slope: Float)
  case elu(alpha: Float)
  case selu(alpha: Float, gamma: Float)
  case celu(alpha: Float)
  case hardSigmoid(alpha: Float, beta: Float)
  case thresholdedRelu(alpha: Float)
  case swish(alpha: Float)
  case geluExact
  case geluTanh

  @inline(__always)
  func apply<T: Real>(_ x: T) -> T {
    switch self {
    case .leakyRelu(let slope): return x < 0 ? x * T(slope) : x
    case .elu(let alpha): return x < 0 ? T(alpha) * (x.exponential - 1) : x
    case .selu(let alpha, let gamma):
      return T(gamma) * (x > 0 ? x : T(alpha) * x.exponential - T(alpha))
    case .celu(let alpha):
      return max(x, 0) + min(T(alpha) * ((x / T(alpha)).exponential - 1), 0)
    case .hardSigmoid(let alpha, let beta):
      return min(max(T(alpha) * x + T(beta), 0), 1)
    case .thresholdedRelu(let alpha): return x > T(alpha) ? x : 0
    case .swish(let alpha): return x * Logistic.apply(T(alpha) * x)
    case .geluExact: return x * 0.5 * (1 + (x * 0.7071067811865476).errorFunction)
    case .geluTanh:
      let inner = 0.7978845608028654 * (x + 0.044715 * x * x * x)
      return 0.5 * x * (1 + inner.hyperbolicTangent)
    }
  }
}

/// Reads one activation's parameters.
protocol ActivationReader: Sendable {
  static func read(_ node: NodeReader) throws(EngineError) -> Activation
}

enum LeakyRelu: ActivationReader {
  static func read(_ node: NodeReader) throws(EngineError) -> Activation {
    .leakyRelu(slope: try node.float("alpha", 0.01))
  }
}
enum Elu: ActivationReader {
  static func read(_ node: NodeReader) throws(EngineError) -> Activation {
    .elu(alpha: try node.float("alpha", 1))
  }
}
enum Selu: ActivationReader {
  static func read(_ node: NodeReader) throws(EngineError) -> Activation {
    .selu(
      alpha: try node.float("alpha", 1.67326319217681884765625),
      gamma: try node.float("gamma", 1.05070102214813232421875))
  }
}
enum Celu: ActivationReader {
  static func read(_ node: NodeReader) throws(EngineError) -> Activation {
    .celu(alpha: try node.float("alpha", 1))
  }
}
enum HardSigmoid: ActivationReader {
  static func read(_ node: NodeReader) throws(EngineError) -> Activation {
    .hardSigmoid(alpha: try node.float("alpha", 0.2), beta: try node.float("beta", 0.5))
  }
}
enum ThresholdedRelu: ActivationReader {
  static func read(_ node: NodeReader) throws(EngineError) -> Activation {
    .thresholdedRelu(alpha: try node.float("alpha", 1))
  }
}
enum Swish: ActivationReader {
  static func read(_ node: NodeReader) throws(EngineError) -> Activation {
    .swish(alpha: try node.float("alpha", 1))
  }
}
enum Gelu: ActivationReader {
  static func read(_ node: NodeReader) throws(EngineError) -> Activation {
    switch String(decoding: try node.string("approximate", "none"), as: UTF8.self) {
    case "none": .geluExact
    case "tanh": .geluTanh
    default: throw .topologyInvalid
    }
  }
}

/// An activation on each floating-point element.
struct ActivationMap<Reader: ActivationReader>: RealOperation {
  private let activation: Activation

  init(_ node: NodeReader) throws(EngineError) { activation = try Reader.read(node) }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, try call.input(0).shape)
    let activation = activation
    transform(x, into: out) { activation.apply($0) }
  }
}

/// `SwiGLU`: the Swish of one tensor times another of the same shape.
struct GatedLinear: RealOperation {
  private let activation: Activation

  init(_ node: NodeReader) throws(EngineError) { activation = try Swish.read(node) }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    guard try call.input(0).shape == call.input(1).shape else { throw .shapeMismatch }
    let activation = activation
    try call.combine(type) { activation.apply($0) * $1 }
  }
}

/// `Shrink`: moves elements beyond a threshold toward zero, and makes all others zero.
struct Shrink: NumberOperation {
  private let bias: Double
  private let threshold: Double

  init(_ node: NodeReader) throws(EngineError) {
    bias = Double(try node.float("bias", 0))
    threshold = Double(try node.float("lambd", 0.5))
  }

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, try call.input(0).shape)
    transform(x, into: out) { value in
      let real = value.real
      if real < -threshold { return T(clamping: real + bias) }
      return real > threshold ? T(clamping: real - bias) : T.none
    }
  }
}

/// `Clip`: bounds are attributes before version 11 and scalar inputs since.
struct Clip: NumberOperation {
  private let least: Float?
  private let greatest: Float?

  init(_ node: NodeReader) throws(EngineError) {
    guard node.version < 11 else {
      (least, greatest) = (nil, nil)
      return
    }
    least = try node.float("min", -Float.greatestFiniteMagnitude)
    greatest = try node.float("max", Float.greatestFiniteMagnitude)
  }

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let low = try bound(call, 1, least, type) ?? T.least
    let high = try bound(call, 2, greatest, type) ?? T.greatest
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, try call.input(0).shape)
    transform(x, into: out) { value in
      let raised = value < low ? low : value
      return raised > high ? high : raised
    }
  }

  private func bound<T: Number>(
    _ call: borrowing Call, _ index: Int, _ attribute: Float?, _ type: T.Type
  ) throws(EngineError) -> T? {
    if let attribute { return T(clamping: Double(attribute)) }
    guard let tensor = call.optional(index) else { return nil }
    guard tensor.count == 1, tensor.type == T.elementType else { throw .shapeMismatch }
    return tensor.cells(type)[0]
  }
}
