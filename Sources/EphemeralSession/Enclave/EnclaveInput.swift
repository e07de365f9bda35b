public import EphemeralWire
import FaultPoints

/// What happens to an enclave session (EphemeralSession.docc, "Driving an enclave").
public enum EnclaveEvent<Crypto: SessionCryptography> {
  /// A frame arrived from the host.
  case frame(IncomingFrame<Crypto.Bytes>)
  /// The stream broke the framing rules; the connection cannot be read further.
  case broken(AbortCode)
  /// The attestation device answered `requestEvidence`.
  case evidenceReady(document: Crypto.Bytes)
  /// The topology was judged after `admitTopology` and fits.
  case topologyAdmitted(TopologyAdmission<Crypto.Bytes>)
  /// The chunk of `openChunk` opened.
  case chunkOpened(index: UInt64)
  /// `finishAssembly` succeeded: digest checked, model ready.
  case assembled(AssembledFields<Crypto.Bytes>)
  /// `infer` succeeded; the machine takes ownership of the response's CBOR.
  case inferred(response: Crypto.Material, statistics: InferenceStatistics)
  /// The work of the last action failed; the code goes into the Abort.
  case failed(AbortCode)
  /// `wipe` is done.
  case wiped(WipeTally<Crypto.Bytes>)
  /// The time in `deadline` has come.
  case deadline
  /// The host closed its direction of the connection.
  case peerClosed
  /// The operator stops the enclave.
  case cancel
}

/// What the driver found in an admitted topology.
public struct TopologyAdmission<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// Where the weights come from.
  public enum Source: Equatable, Hashable, Sendable {
    /// Every chunk is fetched from the host.
    case host
    /// The sealed blob, whose SHA-256 is its name, is in the enclave's cache.
    case cache
  }

  /// What happens to the plaintext between inferences.
  public enum Lifetime: Equatable, Hashable, Sendable {
    /// The assembled model stays for the session.
    case session
    /// The plaintext is dropped after each use; each inference decrypts the session's own sealed
    /// copy anew, or the chunks fetched again when no copy was kept.
    case perInference(keepsSealedCopy: Bool)
  }

  /// The weight blob's name.
  public var blobID: Bytes
  /// The number of chunks in the blob, 1 to 2^32.
  public var chunkCount: UInt64
  /// Where the weights come from.
  public var source: Source
  /// What happens to the plaintext between inferences.
  public var lifetime: Lifetime
  /// The number of inferences that the topology allows.
  public var maximumInferences: UInt64
  /// The seconds from admission that the topology allows.
  public var maximumSeconds: UInt64
  /// How InferResults are padded.
  public var padding: MessagePadding
  /// The model as receipts name it.
  public var model: ModelIdentity<Bytes>

  /// Groups the values.
  public init(
    blobID: Bytes, chunkCount: UInt64, source: Source, lifetime: Lifetime,
    maximumInferences: UInt64, maximumSeconds: UInt64, padding: MessagePadding = .powerOfTwo,
    model: ModelIdentity<Bytes>
  ) {
    self.blobID = blobID
    self.chunkCount = chunkCount
    self.source = source
    self.lifetime = lifetime
    self.maximumInferences = maximumInferences
    self.maximumSeconds = maximumSeconds
    self.padding = padding
    self.model = model
  }
}

/// One event of an enclave session, classified; secret content travels as the `Arrival`.
package enum EnclaveInput<Crypto: SessionCryptography> {
  case clientHello(Crypto.Bytes)
  case keyExchange(Crypto.Bytes)
  case abort(Crypto.Bytes)
  case weightChunk(Crypto.Bytes)
  case otherFrame
  case broken(AbortCode)
  case unreadable
  case topologyDeliver(Piece)
  case inferRequest(Piece)
  case close
  case sealedAbort(AbortCode?)
  case otherRecord
  case evidenceReady(document: Crypto.Bytes)
  case topologyAdmitted(TopologyAdmission<Crypto.Bytes>)
  case chunkOpened(UInt64)
  case assembled(AssembledFields<Crypto.Bytes>)
  case inferred(InferenceStatistics)
  case failed(AbortCode)
  case fault
  case wiped(WipeTally<Crypto.Bytes>)
  case deadline
  case peerClosed
  case cancel

  /// The message class in the table.
  package var message: EnclaveMessage {
    switch self {
    case .clientHello: .clientHello
    case .keyExchange: .keyExchange
    case .abort: .abort
    case .weightChunk: .weightChunk
    case .otherFrame: .otherFrame
    case .broken: .broken
    case .unreadable: .unreadable
    case .topologyDeliver: .topologyDeliver
    case .inferRequest: .inferRequest
    case .close: .close
    case .sealedAbort: .sealedAbort
    case .otherRecord: .otherRecord
    case .evidenceReady: .evidenceReady
    case .topologyAdmitted: .topologyAdmitted
    case .chunkOpened: .chunkOpened
    case .assembled: .assembled
    case .inferred: .inferred
    case .failed: .failed
    case .fault: .fault
    case .wiped: .wiped
    case .deadline: .deadline
    case .peerClosed: .peerClosed
    case .cancel: .cancel
    }
  }

  /// Classifies a frame that is not Sealed.
  init(cleartext frame: IncomingFrame<Crypto.Bytes>) {
    switch frame.type {
    case .clientHello: self = .clientHello(frame.payload)
    case .keyExchange: self = .keyExchange(frame.payload)
    case .abort: self = .abort(frame.payload)
    case .weightChunk: self = .weightChunk(frame.payload)
    case .sealed: self = .unreadable
    case .evidence, .putBegin, .putData, .putStatus, .have, .haveReply, .weightRequest, .audit:
      self = .otherFrame
    }
  }

  /// What the table's default rows make of the message in a live state (Spec/Protocol.md §3).
  func unnamed(
    in state: EnclaveState, _ context: borrowing EnclaveContext<Crypto>
  ) -> Disposal<EnclaveRow> {
    func row(_ outcome: TransitionGuard) -> EnclaveRow {
      guard let row = EnclaveRow.find(state, message, outcome) else {
        preconditionFailure("the table is total")
      }
      return row
    }
    switch self {
    case .deadline:
      let outcome = context.timers.judge(context.time)
      switch outcome {
      case .lifetime: return .end(row(outcome), .failing(.lifetimeEnded))
      case .due: return .end(row(outcome), .failing(.deadlineExceeded))
      default: return .stay(row(.early))
      }
    case .abort(let payload):
      guard let code = context.crypto.decodeAbort(payload) else {
        return .end(row(.unknown), .failing(.malformed))
      }
      return .end(row(.known), .aborted(code, authenticated: planted("enclave-believes-cleartext")))
    case .sealedAbort(let code):
      // Without keys there is no sealed Abort; the message is then one that cannot be.
      guard state.isKeyed else { return .end(row(.always), .failing(.unexpectedMessage)) }
      guard let code else { return .end(row(.unknown), .failing(.malformed)) }
      return .end(row(.known), .aborted(code, authenticated: true))
    case .broken(let code), .failed(let code): return .end(row(.always), .failing(code))
    case .peerClosed: return .end(row(.always), .peerClosed)
    case .fault: return .end(row(.always), .fault)
    case .cancel: return .end(row(.always), .failing(.cancelled))
    case .unreadable:
      let code: AbortCode = state.isKeyed ? .recordInvalid : .unexpectedMessage
      return .end(row(.always), .failing(code))
    case .clientHello, .keyExchange, .weightChunk, .otherFrame, .topologyDeliver, .inferRequest,
      .close, .otherRecord:
      return .end(row(.always), .failing(.unexpectedMessage))
    case .evidenceReady, .topologyAdmitted, .chunkOpened, .assembled, .inferred, .wiped:
      return .end(row(.always), .failing(.internalError))
    }
  }
}
