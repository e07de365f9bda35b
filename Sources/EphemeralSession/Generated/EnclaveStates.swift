// Written by Spec/generate from Spec/Tables/enclave.table. Do not edit.

/// The states of the enclave's machine.
public enum EnclaveState: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  case listening
  case attesting
  case offered
  case keyed
  case gathering
  case admitting
  case assembling
  case finishing
  case ready
  case collecting
  case refetching
  case inferring
  case reporting
  case wiping
  case ended

  /// The phase to which the state belongs.
  public var phase: Phase {
    switch self {
    case .listening: .attest
    case .attesting: .attest
    case .offered: .keyExchange
    case .keyed: .topologyDeliver
    case .gathering: .topologyDeliver
    case .admitting: .topologyDeliver
    case .assembling: .assemble
    case .finishing: .assemble
    case .ready: .infer
    case .collecting: .infer
    case .refetching: .infer
    case .inferring: .infer
    case .reporting: .zeroize
    case .wiping: .zeroize
    case .ended: .zeroize
    }
  }

  /// The timer that runs in the state.
  public var timer: SessionTimer {
    switch self {
    case .listening: .halfOpen
    case .attesting: .halfOpen
    case .offered: .halfOpen
    case .keyed: .topology
    case .gathering: .topology
    case .admitting: .admission
    case .assembling: .assembly
    case .finishing: .assembly
    case .ready: .life
    case .collecting: .request
    case .refetching: .inference
    case .inferring: .inference
    case .reporting: .none
    case .wiping: .none
    case .ended: .none
    }
  }

  /// Whether an Abort from this state is sealed.
  var isKeyed: Bool {
    switch self {
    case .listening: false
    case .attesting: false
    case .offered: false
    case .keyed: true
    case .gathering: true
    case .admitting: true
    case .assembling: true
    case .finishing: true
    case .ready: true
    case .collecting: true
    case .refetching: true
    case .inferring: true
    case .reporting: true
    case .wiping: false
    case .ended: false
    }
  }

  /// The secrets that the table lets the state hold.
  public var held: SecretSlots {
    switch self {
    case .listening: [.keySeed, .receiptSeed, .driver]
    case .attesting: [.keyPrivate, .receiptKey, .driver]
    case .offered: [.keyPrivate, .receiptKey, .driver]
    case .keyed: [.receiptKey, .receiveKey, .sendKey, .driver]
    case .gathering: [.receiptKey, .receiveKey, .sendKey, .topology, .driver]
    case .admitting: [.receiptKey, .receiveKey, .sendKey, .topology, .driver]
    case .assembling: [.receiptKey, .receiveKey, .sendKey, .driver]
    case .finishing: [.receiptKey, .receiveKey, .sendKey, .driver]
    case .ready: [.receiptKey, .receiveKey, .sendKey, .driver]
    case .collecting: [.receiptKey, .receiveKey, .sendKey, .request, .driver]
    case .refetching: [.receiptKey, .receiveKey, .sendKey, .request, .driver]
    case .inferring: [.receiptKey, .receiveKey, .sendKey, .request, .driver]
    case .reporting: [.receiptKey, .sendKey, .driver]
    case .wiping: [.driver]
    case .ended: []
    }
  }
}

/// The message classes that the enclave's machine tells apart.
public enum EnclaveMessage: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  /// ClientHello.
  case clientHello
  /// KeyExchange.
  case keyExchange
  /// A cleartext Abort.
  case abort
  /// WeightChunk.
  case weightChunk
  /// A frame of any other type.
  case otherFrame
  /// Bytes that are not a frame, or a frame that may not come this way.
  case broken
  /// A Sealed frame that does not open, or whose inside breaks the rules.
  case unreadable
  /// A piece of TopologyDeliver.
  case topologyDeliver
  /// A piece of InferRequest.
  case inferRequest
  /// Close.
  case close
  /// A sealed Abort.
  case sealedAbort
  /// A record of a type that only the enclave sends.
  case otherRecord
  /// The attestation document is made.
  case evidenceReady
  /// The driver admits the topology.
  case topologyAdmitted
  /// The driver opened a chunk.
  case chunkOpened
  /// The driver finished the assembly.
  case assembled
  /// The driver has a response.
  case inferred
  /// The driver could not do its work.
  case failed
  /// The provider could not seal, sign or derive.
  case fault
  /// The driver has wiped everything.
  case wiped
  /// The machine's deadline has come.
  case deadline
  /// The host closed the connection.
  case peerClosed
  /// The operator stops the enclave.
  case cancel
}
