import EphemeralSession
import EphemeralWire

extension AuditLog {
  /// Adds what a machine reports.
  ///
  /// - Parameter namesCode: whether a session's end may be recorded with its reason.
  func append(
    _ event: AuditEvent, session: [UInt8]?, blob: BlobID? = nil, namesCode: Bool = true,
    unixSeconds: UInt64
  ) {
    var code: String?
    let logged: LoggedEvent
    switch event {
    case .evidenceAsked: logged = .evidenceAsked
    case .evidenceAccepted: logged = .evidenceAccepted
    case .evidenceRefused: logged = .evidenceRefused
    case .keysConfirmed: logged = .keysConfirmed
    case .topologyAccepted: logged = .topologyAccepted
    case .topologyRefused: logged = .topologyRefused
    case .assembled: logged = .assembled
    case .inferred: logged = .inferred
    case .blobStored: logged = .blobStored
    case .aborted(let reason):
      logged = .aborted
      if namesCode { code = "\(reason)" }
    }
    append(logged, session: session, blob: blob, code: code, unixSeconds: unixSeconds)
  }
}

extension StoreError {
  /// What a client or an enclave is told.
  var abortCode: AbortCode {
    switch self {
    case .full: .storeFull
    case .mismatch, .malformed, .outOfOrder: .blobMismatch
    case .invalidSize: .tooLarge
    case .notFound: .weightsUnavailable
    case .busy: .busy
    case .inputOutput, .unusableDirectory: .internalError
    }
  }
}
