public import EphemeralAttestation
public import EphemeralSession
public import EphemeralWire
import Glibc

/// The measured side: one session for each connection from the host, isolated from the others.
///
/// The machines run on the reactor's thread; whatever touches a model runs on the compute lane, one
/// piece of work a session, and evidence on the blocking lane.
public final class EnclaveServer {
  /// What an enclave is set up with.
  public struct Options {
    /// Sessions that have delivered a topology at once; one more gets an Abort `busy`.
    public var maximumSessions = DriverLimits.standardSessions
    /// Connections that have not come so far yet; one more gets an Abort `busy`.
    public var maximumHalfOpen = DriverLimits.halfOpenSessions
    /// What a single session may ask for; stated in Evidence.
    public var limits = EnclaveLimits.standard
    /// The phases' deadlines.
    public var deadlines = SessionDeadlines()
    /// What sealed blobs may take that are kept from one session to the next, in bytes beside the
    /// memory for models; none is kept if it is 0 (`Spec/Protocol.md` §8.3).
    public var sealedCacheBytes = 0
    /// Whether memory that cannot be locked ends a session (Production) or is only logged (Mock).
    public var requiresLockedMemory = false
    /// Called once when a wipe does not end within ``DriverLimits/wipeNanoseconds``; has to end the
    /// process (`Spec/Protocol.md` §11), and does so unless set otherwise.
    public var onStuckWipe: () -> Void = { _exit(ExitCode.failed.rawValue) }
    /// Told each transition, for checking real runs against the tables; nobody if nil.
    public var trace: TransitionTrace?
    #if Mock
      /// Told the points that sessions come to, for memory scans.
      public var watch: MemoryWatch?
    #endif
    /// Told facts for people: static text only.
    public var log: (String) -> Void = { _ in }

    /// The defaults above.
    public init() {}
  }

  let reactor: any Reactor
  let memory: MemoryBudget
  let options: Options
  let cache: SealedCache
  let evidence: EvidenceQueue
  private var auditLog: AuditLog?
  /// Whether the host keeps the enclave's records.
  private let forwardsRecords: Bool
  private var listener: (any StreamListener)?
  private var connections: [Int: EnclaveConnection] = [:]
  private var nextConnection = 0
  private var refusals: [Int: RefusedConnection] = [:]
  private var isStopping = false
  private var hasRecordedStop = false
  /// Records that could not leave yet because no connection stood, oldest first.
  private var waitingRecords: [[UInt8]] = []
  private var hasWarnedOfUnlockedMemory = false
  private var hasStuckWipe = false

  /// An enclave that does not listen yet.
  ///
  /// - Parameter audit: where audit records go; nil sends them to the host as Audit frames.
  public init(
    reactor: any Reactor, device: any AttestationDevice, memory: MemoryBudget, audit: AuditLog?,
    options: Options
  ) {
    self.reactor = reactor
    self.memory = memory
    self.options = options
    cache = SealedCache(totalBytes: options.sealedCacheBytes)
    evidence = EvidenceQueue(reactor: reactor, device: device)
    auditLog = audit
    forwardsRecords = audit == nil
    if audit == nil {
      auditLog = AuditLog(role: .enclave) { [unowned self] line in forward(line) }
    }
  }

  /// Sessions that have a place now.
  public var sessionCount: Int { connections.values.count { $0.isAdmitted } }

  /// Connections that have not delivered a topology yet.
  public var halfOpenCount: Int { connections.count - sessionCount }

  /// Whether nothing is left to be wiped.
  public var isIdle: Bool { connections.isEmpty && refusals.isEmpty }

  /// Begins to serve; returns the real address.
  public func start(at address: Address) throws(ReactorError) -> Address {
    let listener = try reactor.listen(at: address) { [self] stream in accept(stream) }
    self.listener = listener
    log(.started)
    return listener.address
  }

  /// Takes no new connections and ends all sessions; ``isIdle`` tells when all are wiped.
  public func stop() {
    guard !isStopping else { return }
    isStopping = true
    listener?.close()
    for number in connections.keys.sorted() { connections[number]?.cancel() }
    recordStop()
  }

  /// Writes the last record once the last session is wiped, while a connection can still carry it.
  func recordStop(from connection: EnclaveConnection? = nil) {
    guard isStopping, !hasRecordedStop, connections.values.allSatisfy(\.isWiped) else { return }
    hasRecordedStop = true
    log(.stopped, from: connection)
    auditLog?.synchronize()
  }

  private func accept(_ stream: any ByteStream) {
    let number = nextConnection
    nextConnection += 1
    let sessions = sessionCount
    let hasRoom =
      sessions < options.maximumSessions
      && connections.count - sessions < options.maximumHalfOpen
    guard hasRoom, !isStopping, auditLog?.isHealthy ?? true else {
      guard refusals.count < DriverLimits.refusals else { return stream.abort() }
      log(.sessionRefused, code: "busy")
      refusals[number] = RefusedConnection(stream: stream, code: .busy) { [self] in
        refusals[number] = nil
      }
      return
    }
    guard let connection = EnclaveConnection(server: self, number: number, stream: stream) else {
      return stream.abort()
    }
    connections[number] = connection
    let records = waitingRecords
    waitingRecords = []
    for record in records { connection.sendAudit(record) }
  }

  func forget(_ number: Int) {
    evidence.leave(owner: number)
    connections[number] = nil
    #if Mock
      // Once those who called have returned, so that nobody holds the connection any more.
      if let watch = options.watch {
        _ = reactor.schedule(afterNanoseconds: 0) { watch(.over) }
      }
    #endif
  }

  /// What a session's wipe did not free in time must not live on: the process has to end.
  func wipeIsStuck() {
    guard !hasStuckWipe else { return }
    hasStuckWipe = true
    options.onStuckWipe()
  }

  // MARK: Audit

  /// The head of the audit chain, 32 bytes.
  var auditHead: [UInt8] { auditLog?.head ?? [] }

  /// The connection whose event is being logged: its record leaves beside it.
  private var recordCarrier: EnclaveConnection?

  /// A blob is not named in a record that goes to the host.
  func log(
    _ event: LoggedEvent, session: [UInt8]? = nil, blob: [UInt8]? = nil, code: String? = nil,
    from connection: EnclaveConnection? = nil
  ) {
    recordCarrier = connection
    auditLog?.append(
      event, session: session, blob: forwardsRecords ? nil : blob.map { BlobID($0) }, code: code,
      unixSeconds: reactor.unixSeconds)
    recordCarrier = nil
  }

  /// Logs what the cache has let go of, unless the host keeps the log: it would learn from it why a
  /// session ended (`Spec/Protocol.md` §9.3).
  func logEvictions(from connection: EnclaveConnection) {
    for blob in cache.takeEvicted() where !forwardsRecords {
      log(.blobEvicted, blob: blob, from: connection)
    }
  }

  /// Logs what a machine reports; a record that goes to the host names no reason that the host
  /// may not know (`Spec/Protocol.md` §9.3).
  func log(
    _ event: AuditEvent, session: [UInt8], hasKeys: Bool, from connection: EnclaveConnection
  ) {
    recordCarrier = connection
    auditLog?.append(
      event, session: session, namesCode: !(hasKeys && forwardsRecords),
      unixSeconds: reactor.unixSeconds)
    recordCarrier = nil
  }

  private func forward(_ line: [UInt8]) {
    if let recordCarrier, recordCarrier.canSend { return recordCarrier.sendAudit(line) }
    // The lowest number, so that a simulation is a function of its seed.
    let able = connections.filter { $0.value.canSend }.min { $0.key < $1.key }
    if let able { return able.value.sendAudit(line) }
    if waitingRecords.count >= DriverLimits.waitingAuditRecords { waitingRecords.removeFirst() }
    waitingRecords.append(line)
  }

  // MARK: Memory

  /// Decides what happens when a session's arena could not be locked into memory.
  func mayRunUnlocked() -> Bool {
    if options.requiresLockedMemory { return false }
    if !hasWarnedOfUnlockedMemory {
      hasWarnedOfUnlockedMemory = true
      options.log("warning: memory could not be locked; raise the limit (ulimit -l)")
    }
    return true
  }
}
