/// The response of an earlier command, by name: a command that needs it holds the reference.
///
/// A model sees references only, the system gets what they stand for. So a command keeps its meaning
/// while shrinking leaves out others, and the report shows where a value came from.
public struct Reference: Hashable, Sendable, CustomStringConvertible {
  /// The command's number in the run, counted from 1.
  public let step: Int

  /// The response of a step.
  public init(step: Int) { self.step = step }

  /// `#3` for the third command's response.
  public var description: String { "#\(step)" }
}

/// The responses of a run so far.
public struct Responses<Response> {
  private var responses: [Response?] = []

  /// No responses yet.
  public init() {}

  /// How many commands have run, refused ones included.
  public var count: Int { responses.count }

  /// The response that a reference stands for; throws where that command was refused or never ran.
  public func value(of reference: Reference) throws(Violation) -> Response {
    guard reference.step >= 1, reference.step <= responses.count,
      let response = responses[reference.step - 1]
    else {
      throw Violation(message: "\(reference) stands for no response", distinction: "reference")
    }
    return response
  }

  /// Adds the response of the next command; nil where it was refused.
  mutating func append(_ response: Response?) { responses.append(response) }
}

extension Generator where Value == Reference {
  /// One of the references that a model holds, in the order in which they were made.
  ///
  /// Counted from the newest, so that leaving out what came before changes nothing; shrinks towards
  /// the newest.
  public static func reference(among references: [Reference]) -> Generator<Reference> {
    .element(of: references.reversed())
  }
}
