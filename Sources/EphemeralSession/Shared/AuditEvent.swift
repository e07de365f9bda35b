public import EphemeralWire

/// A security event for the audit log; carries no secret and no plaintext size.
public enum AuditEvent: Equatable, Hashable, Sendable {
  /// Evidence was asked for.
  case evidenceAsked
  /// The client accepted the evidence.
  case evidenceAccepted
  /// The client refused the evidence.
  case evidenceRefused
  /// Both Finished values agree; records flow.
  case keysConfirmed
  /// The enclave's driver admitted the topology.
  case topologyAccepted
  /// The enclave's driver refused the topology.
  case topologyRefused
  /// Every chunk opened and the digest matched.
  case assembled
  /// One inference was answered.
  case inferred
  /// A blob was stored and its hash matched.
  case blobStored
  /// The session ends early.
  case aborted(AbortCode)

  /// The event's name in the log and in the tables.
  public var name: StaticString {
    switch self {
    case .evidenceAsked: "evidenceAsked"
    case .evidenceAccepted: "evidenceAccepted"
    case .evidenceRefused: "evidenceRefused"
    case .keysConfirmed: "keysConfirmed"
    case .topologyAccepted: "topologyAccepted"
    case .topologyRefused: "topologyRefused"
    case .assembled: "assembled"
    case .inferred: "inferred"
    case .blobStored: "blobStored"
    case .aborted: "aborted"
    }
  }
}
