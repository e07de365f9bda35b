package import EphemeralSession

extension AuditEvent {
  /// The event as the tables' effects column writes it.
  package var effect: String {
    if case .aborted(let code) = self { return "audit:aborted(\(code))" }
    return "audit:\(name)"
  }
}

extension EnclaveAction {
  /// The action as the tables' effects column writes it.
  package var effect: String {
    switch self {
    case .send(let frame): "send:\(frame.message)"
    case .requestEvidence: "requestEvidence"
    case .admitTopology: "admitTopology"
    case .openChunk: "openChunk"
    case .finishAssembly: "finishAssembly"
    case .dropPlaintext: "dropPlaintext"
    case .infer: "infer"
    case .audit(let event): event.effect
    case .wipe: "wipe"
    case .close: "close"
    }
  }
}

extension ClientAction {
  /// The action as the tables' effects column writes it.
  package var effect: String {
    switch self {
    case .send(let frame): "send:\(frame.message)"
    case .assembled: "assembled"
    case .deliverResult: "deliverResult"
    case .audit(let event): event.effect
    case .wipe: "wipe"
    case .close: "close"
    }
  }
}

extension HostAction {
  /// The action as the tables' effects column writes it.
  package var effect: String {
    switch self {
    case .send(let frame, .client): "toClient:\(frame.message)"
    case .send(let frame, .enclave): "toEnclave:\(frame.message)"
    case .forward(_, let side): "forward:\(side)"
    case .connectEnclave: "connectEnclave"
    case .beginStore: "beginStore"
    case .storeData: "storeData"
    case .finishStore: "finishStore"
    case .abandonStore: "abandonStore"
    case .lookUpBlob: "lookUpBlob"
    case .readWeights: "readWeights"
    case .logEnclave: "logEnclave"
    case .audit(let event): event.effect
    case .finishWritingToEnclave: "finishWritingToEnclave"
    case .close: "close"
    }
  }
}

extension SecretSlots {
  /// The slots by name, as in the tables.
  package var slotNames: [String] {
    Self.names.enumerated().filter { contains(SecretSlots(rawValue: 1 << $0.offset)) }
      .map(\.element)
  }
}
