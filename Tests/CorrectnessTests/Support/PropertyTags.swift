import Testing

/// The fourteen correctness properties, for `swift test` runs of one alone.
extension Tag {
  @Tag static var property1: Self
  @Tag static var property2: Self
  @Tag static var property3: Self
  @Tag static var property4: Self
  @Tag static var property5: Self
  @Tag static var property6: Self
  @Tag static var property7: Self
  @Tag static var property8: Self
  @Tag static var property9: Self
  @Tag static var property10: Self
  @Tag static var property11: Self
  @Tag static var property12: Self
  @Tag static var property13: Self
  @Tag static var property14: Self
}
