internal import Glibc

/// The circular and hyperbolic functions beside sine, cosine and hyperbolic tangent.
protocol Trigonometric {
  var tangent: Self { get }
  var arcSine: Self { get }
  var arcCosine: Self { get }
  var arcTangent: Self { get }
  var hyperbolicSine: Self { get }
  var hyperbolicCosine: Self { get }
  var areaSine: Self { get }
  var areaCosine: Self { get }
  var areaTangent: Self { get }
}

extension Float: Trigonometric {
  var tangent: Float { tanf(self) }
  var arcSine: Float { asinf(self) }
  var arcCosine: Float { acosf(self) }
  var arcTangent: Float { atanf(self) }
  var hyperbolicSine: Float { sinhf(self) }
  var hyperbolicCosine: Float { coshf(self) }
  var areaSine: Float { asinhf(self) }
  var areaCosine: Float { acoshf(self) }
  var areaTangent: Float { atanhf(self) }
}

extension Double: Trigonometric {
  var tangent: Double { tan(self) }
  var arcSine: Double { asin(self) }
  var arcCosine: Double { acos(self) }
  var arcTangent: Double { atan(self) }
  var hyperbolicSine: Double { sinh(self) }
  var hyperbolicCosine: Double { cosh(self) }
  var areaSine: Double { asinh(self) }
  var areaCosine: Double { acosh(self) }
  var areaTangent: Double { atanh(self) }
}
