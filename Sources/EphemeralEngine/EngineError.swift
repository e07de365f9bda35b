public import EphemeralWire

/// Why the engine refused a model or a request: a closed list of static meanings.
///
/// Nothing that a peer sent is ever part of an error. Each case has one wire code
/// (`Spec/Protocol.md`, abort codes).
public enum EngineError: Error, Equatable, Sendable, CaseIterable {
  /// An operator, or a version, attribute or form of it, that these kernels do not implement.
  case unsupportedOperator
  /// An element type that the operator's kernel does not implement.
  case unsupportedElementType
  /// The topology contradicts itself: an undefined value, a bad attribute, a bad tensor place.
  case topologyInvalid
  /// The arena's budget in bytes does not suffice.
  case budgetExceeded
  /// The request would take more arithmetic, or larger tensors, than the limits allow.
  case workExceeded
  /// The operating system gave no memory although the budget had room.
  case memoryUnavailable
  /// A chunk is missing, out of order, of a wrong size, or does not open under the key.
  case weightsInvalid
  /// The opened weights are not those that the topology was made for.
  case modelMismatch
  /// The request's bytes, names, element types or shapes are not what the model declares.
  case inputInvalid
  /// Shapes met inside the graph that do not fit together.
  case shapeMismatch
  /// An index that the graph computed lies outside its tensor.
  case indexOutOfRange
  /// An integer division by zero, or one whose quotient does not fit.
  case divisionUndefined
  /// The model was wiped before.
  case wiped
  /// The inference was cancelled from outside.
  case cancelled

  /// The abort code that this error becomes on the wire.
  public var abortCode: AbortCode {
    switch self {
    case .unsupportedOperator, .unsupportedElementType: .unsupportedOperator
    case .topologyInvalid: .topologyInvalid
    case .budgetExceeded, .workExceeded, .memoryUnavailable: .tooLarge
    case .weightsInvalid: .weightsInvalid
    case .modelMismatch: .modelMismatch
    case .inputInvalid: .inputInvalid
    case .shapeMismatch, .indexOutOfRange, .divisionUndefined, .wiped: .inferenceFailed
    case .cancelled: .cancelled
    }
  }
}
