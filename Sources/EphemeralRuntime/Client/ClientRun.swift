public import EphemeralAttestation
public import EphemeralCrypto
import EphemeralModel
public import EphemeralSession
import EphemeralWire

/// One session of a client with an attested enclave.
///
/// Made by ``ClientDriver/open(_:policy:)``, which waits until the model is assembled, or by
/// ``ClientDriver/begin(_:policy:)``, which does not wait. The calls that wait run the reactor.
public final class ClientRun: FrameChannelOwner {
  typealias Machine = ClientSession<LibcryptoCryptography>
  private typealias Event = ClientEvent<LibcryptoCryptography>

  private let reactor: any Reactor
  private let progress: (ClientProgress) -> Void
  private var machine: Machine
  private var inbox = EventInbox<Event>()
  private var channel: FrameChannel?
  private var timer: TimerToken?
  private var isOver = false
  private var hasConnected = false
  private var reason: StreamEnd?
  private var phases: PhaseClock
  private var pending: PendingResult?
  private var requestBegan: UInt64 = 0
  private var trace: RunTrace?

  /// The judgement of the evidence, once it came.
  public var report: AttestationReport? { machine.evidenceReport }
  /// 16 bytes, once evidence came.
  public private(set) var sessionID: [UInt8]?
  /// ClientHello's payload as it was sent.
  public private(set) var clientHello: [UInt8] = []
  /// The attestation document and the rest of Evidence as they came.
  public private(set) var evidence: EvidenceParts<[UInt8]>?
  /// What the enclave assembled, once it said so and it is the client's own model.
  public private(set) var assembled: AssembledFields<[UInt8]>?
  /// How the session ended; nil while it lives.
  public private(set) var outcome: SessionOutcome?
  /// How long the phases took so far, in order.
  public var timings: [PhaseTiming] { phases.timings }
  /// The signed wipe report, verified, after the session ended in order.
  public var wipeReport: [UInt8]? { machine.wipeReport }

  private struct PendingResult: ~Copyable {
    let sequence: UInt64
    let response: SecretBytes
    let receipt: [UInt8]
    let exposureNanoseconds: UInt64
    let nanoseconds: UInt64
  }

  init(
    driver: ClientDriver, configuration: ClientConfiguration<LibcryptoCryptography>,
    secrets: ClientSecrets<LibcryptoCryptography>
  ) {
    reactor = driver.reactor
    progress = driver.progress
    trace = RunTrace(driver.trace, role: .client, reactor: driver.reactor)
    let now = driver.reactor.nowNanoseconds
    phases = PhaseClock(progress: driver.progress)
    machine = ClientSession(
      configuration: configuration, secrets: secrets,
      at: SessionTime(nanoseconds: now, unixSeconds: driver.reactor.unixSeconds))
    guard let stream = try? driver.reactor.connect(to: driver.host) else {
      reason = .unreachable
      handle(.cancel)
      return
    }
    channel = FrameChannel(
      stream: stream, allowed: .clientFromHost, owner: self,
      queueMaximum: StreamLimits.messageQueueMaximum)
    phases.begin("attest", at: now)
    armTimer()
  }

  // MARK: For the user

  /// Whether requests may be sent.
  public var isReady: Bool { machine.state == .ready }

  /// Whether a result waits to be taken.
  public var hasResult: Bool { pending != nil }

  /// The number that the next request must carry; nil unless ``isReady``.
  public var nextSequence: UInt64? { machine.nextSequence }

  /// Sends a request and waits for the verified answer.
  ///
  /// - Parameter request: an InferRequest's CBOR with ``nextSequence``.
  public func infer(
    _ request: consuming SecretBytes
  ) throws(ClientDriverError) -> InferenceOutcome {
    send(request)
    reactor.run { [self] in pending == nil && outcome == nil }
    return try takeResult()
  }

  /// Sends a request and returns at once; ``hasResult`` tells when the answer is there.
  public func send(_ request: consuming SecretBytes) {
    requestBegan = reactor.nowNanoseconds
    phases.begin("infer", at: requestBegan)
    handle(.infer(request: SecretMaterial(request)))
  }

  /// Takes the answer that came.
  public func takeResult() throws(ClientDriverError) -> InferenceOutcome {
    guard let result = pending.take() else { throw error }
    return InferenceOutcome(
      sequence: result.sequence, response: result.response, receipt: result.receipt,
      exposureNanoseconds: result.exposureNanoseconds, nanoseconds: result.nanoseconds)
  }

  /// Ends the session in order and waits for the enclave's wipe report.
  public func close() throws(ClientDriverError) -> SessionFarewell {
    finish()
    reactor.run { [self] in outcome == nil }
    guard outcome == .completed, let report = machine.wipeReport else { throw error }
    return SessionFarewell(wipeReport: report)
  }

  /// Asks for the end and returns at once; ``outcome`` tells when it came.
  public func finish() {
    phases.begin("zeroize", at: reactor.nowNanoseconds)
    handle(.close)
  }

  /// Gives up: the enclave is told, everything here is wiped.
  public func cancel() {
    handle(.cancel)
    reactor.run { [self] in outcome == nil }
  }

  /// Why the session is over, for a caller who hoped that it was not.
  public var error: ClientDriverError {
    switch outcome {
    case .failed(.evidenceRefused): .evidenceRefused
    case .failed(.deadlineExceeded) where !hasConnected: .unreachable
    case .failed(.peerClosed), .failed(.cancelled):
      switch reason {
      case .unreachable: .unreachable
      case .closedByPeer: .disconnected
      default: .failed(outcome?.code ?? .cancelled)
      }
    case .failed(let code): .failed(code)
    case .aborted(let code, let authenticated): .aborted(code, authenticated: authenticated)
    case .completed, nil: .failed(.unexpectedMessage)
    }
  }

  // MARK: The machine

  private func handle(_ event: Event) {
    guard inbox.begin(event) else { return }
    while let event = inbox.next() {
      let time = SessionTime(nanoseconds: reactor.nowNanoseconds, unixSeconds: reactor.unixSeconds)
      let actions = machine.handle(event, at: time)
      trace?.record(event, actions, machine.last)
      for action in actions { perform(action) }
    }
    armTimer()
  }

  private func armTimer() {
    if let timer { reactor.cancel(timer) }
    timer = nil
    guard !isOver, let deadline = machine.deadline else { return }
    timer = reactor.schedule(atNanoseconds: deadline) { [self] in
      timer = nil
      handle(.deadline)
    }
  }

  private func perform(_ action: ClientAction<[UInt8]>) {
    let now = reactor.nowNanoseconds
    switch action {
    case .send(let frame):
      if frame.message == .clientHello { clientHello = frame.payload }
      channel?.send(frame.type, frame.payload)
    case .assembled(let fields):
      assembled = fields
      phases.splitAssembly(enclaveNanoseconds: fields.nanoseconds, at: now)
    case .deliverResult(let sequence): deliver(sequence)
    case .audit(.evidenceAccepted): phases.begin("keyExchange", at: now)
    case .audit(.keysConfirmed): phases.begin("topologyDeliver", at: now)
    case .audit: break
    case .wipe:
      pending = nil
      handle(.wiped)
    case .close(let outcome):
      isOver = true
      phases.end(at: now)
      self.outcome = outcome
      armTimer()
      channel?.close()
    }
  }

  private func deliver(_ sequence: UInt64) {
    let now = reactor.nowNanoseconds
    let copy = machine.withResponse { $0.copySecret() }
    guard let box = copy ?? nil, let response = box.take(), let receipt = machine.receipt,
      let exposure = machine.exposureNanoseconds
    else { return handle(.cancel) }
    phases.end(at: now)
    pending = PendingResult(
      sequence: sequence, response: response, receipt: receipt, exposureNanoseconds: exposure,
      nanoseconds: now &- requestBegan)
    handle(.resultTaken)
  }

  // MARK: From the channel

  func channelOpened(_ channel: FrameChannel) {
    hasConnected = true
    handle(.start)
  }

  func channel(_ channel: FrameChannel, received frame: IncomingFrame<[UInt8]>) {
    guard !isOver else { return }
    if frame.type == .evidence, evidence == nil {
      evidence = LibcryptoCryptography(policy: nil).decodeEvidence(frame.payload)
      sessionID = evidence?.fields.sessionID
    }
    handle(.frame(frame))
  }

  func channel(_ channel: FrameChannel, broken code: AbortCode) {
    if !isOver { handle(.broken(code)) }
  }

  func channelDrained(_ channel: FrameChannel) {}

  func channelPeerFinished(_ channel: FrameChannel) {
    if reason == nil { reason = .closedByPeer }
    if !isOver { handle(.peerClosed) }
  }

  func channelEnded(_ channel: FrameChannel, reason: StreamEnd) {
    self.channel = nil
    if self.reason == nil { self.reason = reason }
    if !isOver { handle(.peerClosed) }
  }
}
