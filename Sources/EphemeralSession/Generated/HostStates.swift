// Written by Spec/generate from Spec/Tables/host.table. Do not edit.

/// The states of the host's machine.
public enum HostState: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  case idle
  case opening
  case storing
  case publishing
  case lookingUp
  case attesting
  case offered
  case relaying
  case draining
  case ended

  /// The phase to which the state belongs.
  public var phase: Phase {
    switch self {
    case .idle: .attest
    case .opening: .attest
    case .storing: .attest
    case .publishing: .attest
    case .lookingUp: .attest
    case .attesting: .attest
    case .offered: .keyExchange
    case .relaying: .infer
    case .draining: .zeroize
    case .ended: .zeroize
    }
  }

  /// The timer that runs in the state.
  public var timer: SessionTimer {
    switch self {
    case .idle: .idle
    case .opening: .progress
    case .storing: .progress
    case .publishing: .progress
    case .lookingUp: .progress
    case .attesting: .halfOpen
    case .offered: .halfOpen
    case .relaying: .life
    case .draining: .draining
    case .ended: .none
    }
  }

  /// Whether an Abort from this state is sealed.
  var isKeyed: Bool {
    switch self {
    case .idle: false
    case .opening: false
    case .storing: false
    case .publishing: false
    case .lookingUp: false
    case .attesting: false
    case .offered: false
    case .relaying: false
    case .draining: false
    case .ended: false
    }
  }

  /// The secrets that the table lets the state hold.
  public var held: SecretSlots {
    switch self {
    case .idle: []
    case .opening: []
    case .storing: []
    case .publishing: []
    case .lookingUp: []
    case .attesting: []
    case .offered: []
    case .relaying: []
    case .draining: []
    case .ended: []
    }
  }
}

/// The message classes that the host's machine tells apart.
public enum HostMessage: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  /// ClientHello, from the client.
  case clientHello
  /// KeyExchange, from the client.
  case keyExchange
  /// Sealed, from the client.
  case clientSealed
  /// A cleartext Abort, from the client.
  case clientAbort
  /// PutBegin, from the client.
  case putBegin
  /// PutData, from the client.
  case putData
  /// Have, from the client.
  case have
  /// A frame of any other type, from the client.
  case otherFromClient
  /// Bytes from the client that are not a frame, or a frame that may not come this way.
  case clientBroken
  /// Evidence, from the enclave.
  case evidence
  /// Sealed, from the enclave.
  case enclaveSealed
  /// A cleartext Abort, from the enclave.
  case enclaveAbort
  /// WeightRequest, from the enclave.
  case weightRequest
  /// Audit, from the enclave.
  case auditRecord
  /// A frame of any other type, from the enclave.
  case otherFromEnclave
  /// Bytes from the enclave that are not a frame, or a frame that may not come this way.
  case enclaveBroken
  /// The store can take the blob.
  case storeReady
  /// The blob is stored and its hash is its name.
  case stored
  /// The store answered a question.
  case blobFound
  /// The store read one chunk.
  case weightsRead
  /// The driver could not do its work.
  case failed
  /// The machine's deadline has come.
  case deadline
  /// The client's connection closed.
  case clientClosed
  /// The enclave's connection closed.
  case enclaveClosed
  /// The operator stops the host.
  case cancel
}
