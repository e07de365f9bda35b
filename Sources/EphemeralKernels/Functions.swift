internal import KernelInterface

/// Vector forms of elementary functions; the bounds on their errors are tested.
enum VectorMath {
  private typealias Bits = SIMD16<Int32>

  @inline(__always)
  private static func bits(_ value: Sixteen) -> Bits {
    // Both are sixteen times 32 bits.
    unsafe unsafeBitCast(value, to: Bits.self)
  }

  @inline(__always)
  private static func number(_ bits: Bits) -> Sixteen {
    // Both are sixteen times 32 bits.
    unsafe unsafeBitCast(bits, to: Sixteen.self)
  }

  /// The greater of two; a NaN in `a` stays, one in `b` is lost.
  @inline(__always)
  static func maximum(_ a: Sixteen, _ b: Sixteen) -> Sixteen { a.replacing(with: b, where: a .< b) }

  /// The lesser of two; a NaN in `a` stays, one in `b` is lost.
  @inline(__always)
  static func minimum(_ a: Sixteen, _ b: Sixteen) -> Sixteen { a.replacing(with: b, where: a .> b) }

  @inline(__always)
  private static func fused(_ a: Sixteen, _ b: Sixteen, _ c: Sixteen) -> Sixteen {
    c.addingProduct(a, b)
  }

  @inline(__always)
  private static func fused(_ a: Sixteen, _ b: Sixteen, _ c: Float) -> Sixteen {
    Sixteen(repeating: c).addingProduct(a, b)
  }

  /// eˣ within 2 units in the last place; 0 below −87.33, at most e^88.37 above.
  @inline(__always)
  static func exp(_ x: Sixteen) -> Sixteen {
    expBelow(minimum(x, Sixteen(repeating: 88.37)))
  }

  /// The same for x of at most 88.37.
  @inline(__always)
  static func expBelow(_ x: Sixteen) -> Sixteen {
    // Adding 1.5 · 2²³ rounds to an integer, which the low bits then hold.
    let shift = Sixteen(repeating: 12_582_912)
    let shifted = fused(x, Sixteen(repeating: 1.442_695_04), shift)
    let n = shifted - shift
    var r = fused(n, Sixteen(repeating: -0.693_145_75), x)
    r = fused(n, Sixteen(repeating: -1.428_606_8e-6), r)
    var p = Sixteen(repeating: 1.987_569_1e-4)
    p = fused(p, r, 1.398_199_9e-3)
    p = fused(p, r, 8.333_452e-3)
    p = fused(p, r, 4.166_579_6e-2)
    p = fused(p, r, 1.666_666_5e-1)
    p = fused(p, r, 0.5)
    let result = fused(p, r * r, r) + 1
    let power = bits(shifted) &<< 23
    let scaled = number(bits(result) &+ power)
    // Far below, the integer does not fit and the rest means nothing.
    return scaled.replacing(with: 0, where: x .< Sixteen(repeating: -87.33))
  }

  /// Two values that are worked out side by side: a chain of steps leaves the units idle, two less.
  typealias Two = (Sixteen, Sixteen)

  @inline(__always)
  private static func fused(_ a: Two, _ b: Two, _ c: Float) -> Two {
    (fused(a.0, b.0, c), fused(a.1, b.1, c))
  }

  /// The error function, within 4e-7 absolutely.
  @inline(__always)
  static func erf(_ x: Sixteen) -> Sixteen { erf((x, x)).0 }

  /// The error function of two.
  @inline(__always)
  private static func erf(_ x: Two) -> Two {
    let (low, high) = (Sixteen(repeating: -4), Sixteen(repeating: 4))
    let t = (maximum(minimum(x.0, high), low), maximum(minimum(x.1, high), low))
    let s = (t.0 * t.0, t.1 * t.1)
    let first = Sixteen(repeating: -2.726_142_258_013_06e-10)
    var p = fused((first, first), s, 2.770_681_424_959_02e-08)
    let last = Sixteen(repeating: -1.456_607_184_649_96e-05)
    var q = fused((last, last), s, -2.133_740_552_789_05e-04)
    p = fused(p, s, -2.101_024_020_825_08e-06)
    q = fused(q, s, -1.682_826_974_382_03e-03)
    p = fused(p, s, -5.692_506_394_623_46e-05)
    q = fused(q, s, -7.373_329_167_204_68e-03)
    p = fused(p, s, -7.349_906_303_268_55e-04)
    q = fused(q, s, -1.426_473_905_141_89e-02)
    p = fused(p, s, -2.954_599_808_540_25e-03)
    p = fused(p, s, -1.609_603_332_624_15e-02)
    return (t.0 * p.0 / q.0, t.1 * p.1 / q.1)
  }

  /// The hyperbolic tangent, within 5e-7 absolutely.
  @inline(__always)
  static func tanh(_ x: Sixteen) -> Sixteen {
    let t = maximum(minimum(x, Sixteen(repeating: 7.905_311)), Sixteen(repeating: -7.905_311))
    let s = t * t
    var p = Sixteen(repeating: -2.760_768_477_423_55e-16)
    p = fused(p, s, 2.000_187_904_824_77e-13)
    p = fused(p, s, -8.604_671_522_137_35e-11)
    p = fused(p, s, 5.122_297_090_371_14e-08)
    p = fused(p, s, 1.485_722_357_179_79e-05)
    p = fused(p, s, 6.372_619_288_754_36e-04)
    p = fused(p, s, 4.893_524_558_917_86e-03)
    var q = Sixteen(repeating: 1.198_258_394_667_02e-06)
    q = fused(q, s, 1.185_347_056_866_54e-04)
    q = fused(q, s, 2.268_434_632_439_00e-03)
    q = fused(q, s, 4.893_525_185_543_85e-03)
    return t * p / q
  }

  @inline(__always)
  static func sigmoid(_ x: Sixteen) -> Sixteen {
    let one = Sixteen(repeating: 1)
    return one / (one + exp(-x))
  }

  @inline(__always)
  static func gelu(_ x: Sixteen) -> Sixteen { gelu((x, x)).0 }

  @inline(__always)
  static func gelu(_ x: Two) -> Two {
    let half = (x.0 * 0.5, x.1 * 0.5)
    let e = erf((x.0 * 0.707_106_77, x.1 * 0.707_106_77))
    return (fused(half.0, e.0, half.0), fused(half.1, e.1, half.1))
  }

  @inline(__always)
  static func geluTanh(_ x: Sixteen) -> Sixteen {
    let half = x * 0.5
    let inner = fused(x * x * x, Sixteen(repeating: 0.044_715), x) * 0.797_884_56
    return fused(half, tanh(inner), half)
  }

  /// The sum of sixteen, always in the same order.
  @inline(__always)
  static func sum(_ x: Sixteen) -> Float {
    let eight = x.lowHalf + x.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }

  /// The greatest of sixteen.
  @inline(__always)
  static func greatest(_ x: Sixteen) -> Float {
    let (a, b) = (x.lowHalf, x.highHalf)
    let eight = a.replacing(with: b, where: a .< b)
    let (c, d) = (eight.lowHalf, eight.highHalf)
    let four = c.replacing(with: d, where: c .< d)
    return max(max(four.x, four.y), max(four.z, four.w))
  }
}

extension Function {
  /// Lends `body` the vector form, chosen once for a whole loop.
  @inline(__always)
  func apply(_ x: Sixteen) -> Sixteen {
    switch kind {
    case .identity: return x
    case .relu: return VectorMath.maximum(x, .zero)
    case .leakyRelu: return x.replacing(with: x * alpha, where: x .< .zero)
    case .clip:
      let low = VectorMath.maximum(x, Sixteen(repeating: alpha))
      return VectorMath.minimum(low, Sixteen(repeating: beta))
    case .gelu: return VectorMath.gelu(x)
    case .geluTanh: return VectorMath.geluTanh(x)
    case .sigmoid: return VectorMath.sigmoid(x)
    case .swish: return x * VectorMath.sigmoid(x * alpha)
    case .hardSwish:
      let gate = Sixteen(repeating: 0.5).addingProduct(x, Sixteen(repeating: 1 / 6))
      return x * VectorMath.minimum(VectorMath.maximum(gate, .zero), Sixteen(repeating: 1))
    case .hardSigmoid:
      let gate = Sixteen(repeating: beta).addingProduct(x, Sixteen(repeating: alpha))
      return VectorMath.minimum(VectorMath.maximum(gate, .zero), Sixteen(repeating: 1))
    case .tanh: return VectorMath.tanh(x)
    case .erf: return VectorMath.erf(x)
    case .exponential: return VectorMath.exp(x)
    case .squareRoot: return x.squareRoot()
    case .reciprocal: return 1 / x
    case .negation: return -x
    case .magnitude: return x.replacing(with: -x, where: x .< .zero)
    case .linear: return x * alpha + beta
    case .square: return x * x
    case .quotientOf: return alpha / x
    }
  }
}
