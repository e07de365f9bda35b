import PropertyTesting
import Testing

/// A known bug with its one minimal case, which the harness must come to from every seed.
///
/// Many are from the literature on shrinking, above all the collection at
/// github.com/jlink/shrinking-challenge. `Peers/planted_bugs.py` holds the same bugs for Hypothesis.
struct PlantedBug: Sendable, CustomTestStringConvertible {
  /// What kind of bug it is.
  enum Kind: String, CaseIterable, Sendable {
    case integerEdge, listOrder, nestedStructure, bytes, dependentDraws, stateMachine, schedule
  }

  let name: String
  let kind: Kind
  /// The report's lines for the minimal case.
  let minimal: [String]
  let property: @Sendable (inout TestCase) throws -> Void

  init(
    _ name: String, _ kind: Kind, _ minimal: [String],
    _ property: @escaping @Sendable (inout TestCase) throws -> Void
  ) {
    self.name = name
    self.kind = kind
    self.minimal = minimal
    self.property = property
  }

  var testDescription: String { name }

  static let all = integerEdges + lists + nested + bytes + dependent + machines + schedules
}
