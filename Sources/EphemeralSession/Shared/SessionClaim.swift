/// What a machine asserts by a transition, with the digests over which peers must agree.
public enum SessionClaim<Crypto: SessionCryptography>: Equatable {
  case evidenceVerified(sessionID: Crypto.Bytes, keyPublic: Crypto.Bytes)
  case keysAgreed(transcript: Crypto.Digest)
  case topologySent(transcript: Crypto.Digest)
  case modelAgreed(modelHash: Crypto.Bytes)
  case resultAccepted(sequence: UInt64, requestHash: Crypto.Bytes, responseHash: Crypto.Bytes)
  case completed(sessionID: Crypto.Bytes)
  case keysAccepted(sessionID: Crypto.Bytes, transcript: Crypto.Digest)
  case topologyReceived(sessionID: Crypto.Bytes)
  case assembled(modelHash: Crypto.Bytes)
  case inferred(sequence: UInt64, requestHash: Crypto.Bytes, responseHash: Crypto.Bytes)
  case wiped

  /// The claim's name in the tables.
  public var name: StaticString {
    switch self {
    case .evidenceVerified: "evidenceVerified"
    case .keysAgreed: "keysAgreed"
    case .topologySent: "topologySent"
    case .modelAgreed: "modelAgreed"
    case .resultAccepted: "resultAccepted"
    case .completed: "completed"
    case .keysAccepted: "keysAccepted"
    case .topologyReceived: "topologyReceived"
    case .assembled: "assembled"
    case .inferred: "inferred"
    case .wiped: "wiped"
    }
  }
}
