/// How a small step of a command ended.
public enum StepEnd<Response> {
  /// The command has more steps.
  case goesOn
  /// The step could not be done now, for a lock that another worker holds; it has changed nothing.
  case waits
  /// The command is done.
  case done(Response)
}

/// Commands that several workers run at once, each a row of small steps.
///
/// A step is what nothing can come between: one read, one write, one attempt at a lock. The order of
/// all workers' steps is drawn, so a race is found, repeated and shrunk like any other failure. The
/// same commands as a whole, one after the other, say what answers are right.
public protocol ConcurrentModel: Sendable {
  /// What a worker does.
  associatedtype Command: Sendable
  /// What a command keeps between its steps.
  associatedtype Local
  /// What the workers share.
  associatedtype System
  /// What a command answers.
  associatedtype Response: Equatable
  /// What the commands, taken as a whole, work on.
  associatedtype State

  /// The state before the first command.
  var initialState: State { get }

  /// The shared system before the first command.
  func makeSystem() throws -> System

  /// Commands of a worker.
  var commands: Generator<Command> { get }

  /// What a command keeps before its first step.
  func begin(_ command: Command) -> Local

  /// Does the next small step of a command.
  func step(
    _ command: Command, _ local: inout Local, on system: inout System, worker: Int
  ) throws -> StepEnd<Response>

  /// Does a whole command at once; its response is the right one at this place in the order.
  func apply(_ command: Command, to state: inout State) -> Response

  /// Whether the system at the end is what an order of the commands leaves behind.
  func agrees(_ system: System, with state: State) -> Bool
}

extension ConcurrentModel {
  /// Only the responses count.
  public func agrees(_ system: System, with state: State) -> Bool { true }
}

/// A command that was carried out, with the moments between which it took effect.
public struct ConcurrentOperation<Command, Response> {
  /// Who ran it, counted from 0.
  public let worker: Int
  /// What was done.
  public let command: Command
  /// What it answered.
  public let response: Response
  /// The number of its first step among the steps of all.
  public let begin: Int
  /// The number of its last step.
  public let end: Int
}
