public import EphemeralAttestation
public import EphemeralCrypto
public import EphemeralWire

/// Why a client's operation against a host did not succeed.
public enum ClientDriverError: Error, Equatable, Sendable {
  /// No connection to the host came about.
  case unreachable
  /// The connection ended without a word.
  case disconnected
  /// Nothing came for longer than the deadline allows.
  case deadlineExceeded
  /// The evidence failed a check, or no measurement is pinned: ``ClientDriver/lastReport`` tells.
  case evidenceRefused
  /// This side ended the session.
  case failed(AbortCode)
  /// The other side ended the session. Unauthenticated: anyone on the way may have said so.
  case aborted(AbortCode, authenticated: Bool)
  /// The local blob file cannot be read or is not one.
  case file(StoreError)
  /// The local machine has no descriptor or memory for it.
  case resources

  /// One line for people, without anything that a peer sent but a code of the closed list.
  public var message: String {
    switch self {
    case .unreachable: "the host cannot be reached"
    case .disconnected: "the host closed the connection"
    case .deadlineExceeded: "the host did not answer in time (deadlineExceeded)"
    case .evidenceRefused: "the enclave's evidence was refused (evidenceRefused)"
    case .failed(let code): "the session ended here: \(code)"
    case .aborted(let code, true): "the enclave ended the session: \(code)"
    case .aborted(let code, false): "the session was aborted, unauthenticated: \(code)"
    case .file(let error): "\(error.message)"
    case .resources: "no descriptors or memory left"
    }
  }

  /// How a program that met this error ends.
  public var exitCode: ExitCode {
    switch self {
    case .evidenceRefused, .failed(.evidenceRefused): .refused
    case .failed(.inputInvalid), .failed(.tooLarge), .file, .resources: .failed
    case .unreachable, .disconnected, .deadlineExceeded, .failed, .aborted: .peer
    }
  }
}

/// A step that a waiting person may be told of.
public enum ClientProgress: Equatable, Sendable {
  /// A phase of the session begins: `attest`, `keyExchange`, `topologyDeliver`, `assemble`, `infer`,
  /// `zeroize`.
  case phase(String)
  /// A phase is over and took so long.
  case phaseEnded(PhaseTiming)
  /// So much of a blob file has been read and hashed.
  case hashed(byteCount: Int, of: Int)
  /// So much of a blob has been handed to the network.
  case pushed(byteCount: Int, of: Int)
}

/// How long a phase took.
public struct PhaseTiming: Equatable, Sendable {
  /// The phase's name in the protocol.
  public let name: String
  /// Monotonic nanoseconds from its beginning to its end.
  public let nanoseconds: UInt64

  /// Groups the two.
  public init(name: String, nanoseconds: UInt64) {
    self.name = name
    self.nanoseconds = nanoseconds
  }
}

/// What a push did.
public struct PushResult: Equatable, Sendable {
  /// The blob's name.
  public let blob: BlobID
  /// Bytes of the file.
  public let byteCount: Int
  /// Where an interrupted push went on; 0 for a fresh one, all of it if the host had the blob.
  public let resumedAt: Int
  /// Whether the host had the whole blob already.
  public var wasStored: Bool { resumedAt == byteCount }
}

/// What a client that only wants to see evidence gets.
public struct AttestedEnclave: Sendable {
  /// Every check with its result.
  public let report: AttestationReport
  /// 16 bytes.
  public let sessionID: [UInt8]
  /// ClientHello's payload, for archives.
  public let clientHello: [UInt8]
  /// EvidenceBody's bytes, for archives.
  public let evidenceBody: [UInt8]
  /// The attestation document as it came.
  public let document: [UInt8]
}

/// One answer.
public struct InferenceOutcome: ~Copyable, Sendable {
  /// The request's number in its session, from 0.
  public let sequence: UInt64
  /// The response's CBOR: sequence, random bytes, tensors.
  public let response: SecretBytes
  /// The AIR receipt, signed by the session's receipt key and already verified.
  public let receipt: [UInt8]
  /// For how long plaintext weights were in the enclave's memory, as its measured code says, in
  /// nanoseconds (`Spec/Protocol.md` §7.4).
  public let exposureNanoseconds: UInt64
  /// From the request to the verified answer.
  public let nanoseconds: UInt64
}

/// How a session ended in order.
public struct SessionFarewell: Equatable, Sendable {
  /// The signed wipe report, already verified.
  public let wipeReport: [UInt8]
}
