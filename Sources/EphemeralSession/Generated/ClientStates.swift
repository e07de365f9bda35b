// Written by Spec/generate from Spec/Tables/client.table. Do not edit.

/// The states of the client's machine.
public enum ClientState: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  case idle
  case awaitingEvidence
  case awaitingConfirm
  case awaitingAssembly
  case ready
  case awaitingResult
  case gathering
  case delivering
  case awaitingZeroized
  case wiping
  case ended

  /// The phase to which the state belongs.
  public var phase: Phase {
    switch self {
    case .idle: .attest
    case .awaitingEvidence: .attest
    case .awaitingConfirm: .keyExchange
    case .awaitingAssembly: .assemble
    case .ready: .infer
    case .awaitingResult: .infer
    case .gathering: .infer
    case .delivering: .infer
    case .awaitingZeroized: .zeroize
    case .wiping: .zeroize
    case .ended: .zeroize
    }
  }

  /// The timer that runs in the state.
  public var timer: SessionTimer {
    switch self {
    case .idle: .idle
    case .awaitingEvidence: .evidence
    case .awaitingConfirm: .confirm
    case .awaitingAssembly: .assembly
    case .ready: .life
    case .awaitingResult: .inference
    case .gathering: .inference
    case .delivering: .life
    case .awaitingZeroized: .zeroized
    case .wiping: .none
    case .ended: .none
    }
  }

  /// Whether an Abort from this state is sealed.
  var isKeyed: Bool {
    switch self {
    case .idle: false
    case .awaitingEvidence: false
    case .awaitingConfirm: false
    case .awaitingAssembly: true
    case .ready: true
    case .awaitingResult: true
    case .gathering: true
    case .delivering: true
    case .awaitingZeroized: true
    case .wiping: false
    case .ended: false
    }
  }

  /// The secrets that the table lets the state hold.
  public var held: SecretSlots {
    switch self {
    case .idle: [.seed, .topology, .driver]
    case .awaitingEvidence: [.seed, .topology, .driver]
    case .awaitingConfirm: [.receiveKey, .sendKey, .topology, .driver]
    case .awaitingAssembly: [.receiveKey, .sendKey, .driver]
    case .ready: [.receiveKey, .sendKey, .driver]
    case .awaitingResult: [.receiveKey, .sendKey, .driver]
    case .gathering: [.receiveKey, .sendKey, .response, .driver]
    case .delivering: [.receiveKey, .sendKey, .response, .driver]
    case .awaitingZeroized: [.receiveKey, .sendKey, .driver]
    case .wiping: [.driver]
    case .ended: []
    }
  }
}

/// The message classes that the client's machine tells apart.
public enum ClientMessage: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  /// Evidence.
  case evidence
  /// A cleartext Abort.
  case abort
  /// A frame of any other type.
  case otherFrame
  /// Bytes that are not a frame, or a frame that may not come this way.
  case broken
  /// A Sealed frame that does not open, or whose inside breaks the rules.
  case unreadable
  /// KeyConfirm.
  case keyConfirm
  /// Assembled.
  case assembled
  /// A piece of InferResult.
  case inferResult
  /// Zeroized.
  case zeroized
  /// A sealed Abort.
  case sealedAbort
  /// A record of a type that only the client sends.
  case otherRecord
  /// The connection to the host is open.
  case start
  /// The user has a request.
  case infer
  /// The driver has copied the result out.
  case resultTaken
  /// The user is done.
  case close
  /// The provider could not seal or derive.
  case fault
  /// The driver has wiped everything.
  case wiped
  /// The machine's deadline has come.
  case deadline
  /// The host closed the connection.
  case peerClosed
  /// The user gives up.
  case cancel
}
