enum Tangent: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.tangent }
}
enum ArcSine: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.arcSine }
}
enum ArcCosine: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.arcCosine }
}
enum ArcTangent: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.arcTangent }
}
enum HyperbolicSine: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.hyperbolicSine }
}
enum HyperbolicCosine: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.hyperbolicCosine }
}
enum AreaSine: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.areaSine }
}
enum AreaCosine: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.areaCosine }
}
enum AreaTangent: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.areaTangent }
}
