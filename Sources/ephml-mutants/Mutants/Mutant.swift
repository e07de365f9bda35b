/// A product that is wrong in one way.
struct Mutant: Sendable {
  /// Where a mutant comes from.
  enum Kind: String, Sendable, CaseIterable {
    /// Written by hand, at one place of the product.
    case fault
    /// One cell of a table, as the interpreter reads it.
    case table
    /// One row's transition, at a machine's dispatch.
    case step
    /// A part of the harness itself.
    case harness
  }

  let id: String
  /// What is wrong, in a sentence.
  let statement: String
  /// The part of the specification that is broken.
  let section: String
}
