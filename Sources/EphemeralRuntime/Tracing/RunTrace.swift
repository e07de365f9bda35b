import EphemeralAttestation
import EphemeralCrypto
import EphemeralSession
import EphemeralWire

/// The trace of one machine's run: gives it its name and its numbers, and puts digests in the
/// place of everything that has content.
struct RunTrace {
  private let trace: TransitionTrace
  private let role: TracedTransition.Role
  private let session: String
  private var sequence: UInt64 = 0
  private var hello: String?
  private var received: String?
  private var sent: [String] = []

  /// Nil without a trace, so that a driver that has none does nothing.
  ///
  /// Each role draws its own run's name. A name that followed from a peer's bytes would let a host
  /// give two runs the same one, by sending the same ClientHello twice.
  init?(_ trace: TransitionTrace?, role: TracedTransition.Role, reactor: any Reactor) {
    guard let trace else { return nil }
    self.trace = trace
    self.role = role
    session = Hexadecimal.encode(reactor.entropy(count: 8))
  }

  /// Notes a frame that came, for the next transition.
  mutating func arrived(_ frame: IncomingFrame<[UInt8]>, from side: HostSide? = nil) {
    guard frame.type != .audit else { return }
    let digest = Self.digest(of: frame.payload)
    if frame.type == .clientHello, hello == nil { hello = digest }
    received = Self.name(frame.type, digest, side)
  }

  /// Notes a frame that leaves by the next transition.
  mutating func leaves(_ type: FrameType, _ payload: [UInt8], to side: HostSide? = nil) {
    let digest = Self.digest(of: payload)
    if type == .clientHello, hello == nil { hello = digest }
    sent.append(Self.name(type, digest, side))
  }

  /// Tells a transition, with the frames that were noted since the one before.
  mutating func tell(
    _ row: StaticString, claims: [SessionClaim<LibcryptoCryptography>] = [],
    wiped: SecretSlots = []
  ) {
    trace.record(
      TracedTransition(
        session: session, sequence: sequence, role: role, row: "\(row)", hello: hello,
        received: received, sent: sent, claims: claims.map(Self.claim),
        wiped: SecretSlots.names.enumerated().compactMap { index, name in
          wiped.contains(SecretSlots(rawValue: 1 << UInt16(index))) ? name : nil
        }))
    sequence += 1
    received = nil
    sent = []
  }

  private static func name(_ type: FrameType, _ digest: String, _ side: HostSide?) -> String {
    side.map { "\($0)/\(type):\(digest)" } ?? "\(type):\(digest)"
  }

  /// The first half of a frame's SHA-256. Frames are on the wire for all to see.
  private static func digest(of payload: [UInt8]) -> String {
    Hexadecimal.encode(Array(SHA256.hash(payload).prefix(16)))
  }

  /// The first half of SHA-256("ephml/1 trace " ‖ name ‖ 0 ‖ value): equal where the values are,
  /// and nothing that stands in a record, a receipt or a topology key.
  private static func digest(
    _ name: String, of value: [UInt8]
  ) -> TracedTransition.Digest {
    let hash = SHA256.hash(Array("ephml/1 trace \(name)".utf8) + [0] + value)
    return TracedTransition.Digest(name: name, value: Hexadecimal.encode(Array(hash.prefix(16))))
  }

  /// The enclave's session identifier is in Evidence and in audit logs, and stands as it is.
  private static func identifier(_ value: [UInt8]) -> TracedTransition.Digest {
    TracedTransition.Digest(name: "sessionID", value: Hexadecimal.encode(value))
  }

  private static func claim(
    _ claim: SessionClaim<LibcryptoCryptography>
  ) -> TracedTransition.Claim {
    var number: UInt64?
    let digests: [TracedTransition.Digest]
    switch claim {
    case .evidenceVerified(let sessionID, let keyPublic):
      digests = [identifier(sessionID), digest("key", of: keyPublic)]
    case .keysAgreed(let transcript), .topologySent(let transcript):
      digests = [digest("transcript", of: transcript)]
    case .keysAccepted(let sessionID, let transcript):
      digests = [identifier(sessionID), digest("transcript", of: transcript)]
    case .topologyReceived(let sessionID), .completed(let sessionID):
      digests = [identifier(sessionID)]
    case .modelAgreed(let modelHash), .assembled(let modelHash):
      digests = [digest("model", of: modelHash)]
    case .resultAccepted(let sequence, let request, let response),
      .inferred(let sequence, let request, let response):
      number = sequence
      digests = [digest("request", of: request), digest("response", of: response)]
    case .wiped: digests = []
    }
    return TracedTransition.Claim(name: "\(claim.name)", number: number, digests: digests)
  }
}

// MARK: The three machines

extension RunTrace {
  /// Tells the client's last transition, made by `event`, of which `actions` came.
  mutating func record(
    _ event: ClientEvent<LibcryptoCryptography>, _ actions: [ClientAction<[UInt8]>],
    _ last: ClientTransition<LibcryptoCryptography>?
  ) {
    guard let last else { return }
    if case .frame(let frame) = event { arrived(frame) }
    for case .send(let frame) in actions { leaves(frame.type, frame.payload) }
    tell(last.row.identifier, claims: last.claims, wiped: last.wiped)
  }

  /// Tells the enclave's last transition.
  mutating func record(
    _ event: EnclaveEvent<LibcryptoCryptography>,
    _ actions: [EnclaveAction<LibcryptoCryptography>],
    _ last: EnclaveTransition<LibcryptoCryptography>?
  ) {
    guard let last else { return }
    if case .frame(let frame) = event { arrived(frame) }
    for case .send(let frame) in actions { leaves(frame.type, frame.payload) }
    tell(last.row.identifier, claims: last.claims, wiped: last.wiped)
  }

  /// Tells the host's last transition.
  mutating func record(
    _ event: HostEvent<[UInt8]>, _ actions: [HostAction<[UInt8]>], _ last: HostTransition?
  ) {
    guard let last else { return }
    if case .frame(let frame, let side) = event { arrived(frame, from: side) }
    for action in actions {
      switch action {
      case .send(let frame, let side): leaves(frame.type, frame.payload, to: side)
      case .forward(let frame, let side): leaves(frame.type, frame.payload, to: side)
      default: break
      }
    }
    tell(last.row.identifier)
  }
}
