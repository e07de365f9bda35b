/// What a model says of a command before it runs.
public enum Precondition: Equatable, Sendable {
  /// The command fits: the system must carry it out.
  case holds
  /// The command is wrong here: the system must refuse it by throwing, and stay as it was.
  case mustRefuse
  /// The command makes no sense here; it is left out.
  case avoid
}

/// A simple model of a system that is driven by commands.
///
/// A run draws commands one after the other, each fit for the model's state, gives them to a real
/// system and compares. The model never sees a response's value, only a ``Reference`` to it, so that
/// its states follow from the commands alone.
public protocol StatefulModel: Sendable {
  /// What is done to the system; an enum, as a rule.
  associatedtype Command: Sendable
  /// What the model knows.
  associatedtype State: Sendable
  /// The real thing.
  associatedtype System
  /// What the real thing answers.
  associatedtype Response

  /// The state before the first command.
  var initialState: State { get }

  /// A system before the first command.
  func makeSystem() throws -> System

  /// Commands that may come next. They need not all fit: the precondition sorts them out.
  func commands(in state: State) -> Generator<Command>

  /// Whether a command fits; asked for every run of it, also while shrinking.
  func precondition(of command: Command, in state: State) -> Precondition

  /// Carries a command out on the system; throws where the system refuses.
  func run(
    _ command: Command, on system: inout System, responses: Responses<Response>
  ) throws -> Response

  /// Throws where a response is not what the model expects; `state` is the one before.
  func checkResponse(
    _ response: Response, to command: Command, in state: State, responses: Responses<Response>
  ) throws

  /// The state after a command that was carried out; `answer` stands for its response.
  func state(after command: Command, in state: State, answer: Reference) -> State

  /// Throws where model and system disagree; asked at the start and after each command.
  func checkInvariants(_ state: State, _ system: inout System) throws

  /// Whether an error is a proper refusal of a command that must be refused.
  func isRefusal(_ error: any Error, of command: Command, in state: State) -> Bool

  /// The kind of a command, for labels: each run is labelled with the kinds that it carried out,
  /// and with `refused` and the kind for those that were refused.
  func kind(of command: Command) -> String
}

extension StatefulModel {
  /// Every command fits.
  public func precondition(of command: Command, in state: State) -> Precondition { .holds }

  /// Every response will do.
  public func checkResponse(
    _ response: Response, to command: Command, in state: State, responses: Responses<Response>
  ) throws {}

  /// Nothing holds always.
  public func checkInvariants(_ state: State, _ system: inout System) throws {}

  /// Every error is a refusal, save what a property itself throws.
  public func isRefusal(_ error: any Error, of command: Command, in state: State) -> Bool {
    !(error is Violation) && !(error is DrawError)
  }

  /// The command's text up to the first parenthesis: the name of an enum's case.
  public func kind(of command: Command) -> String {
    let text = String(describing: command)
    return String(text.prefix { $0 != "(" })
  }
}

/// A model that knows how an honest run goes on and ends.
public protocol HonestModel: StatefulModel {
  /// What an honest user would do next; nil where the run has come to its proper end.
  func honestCommand(in state: State) -> Command?
}
