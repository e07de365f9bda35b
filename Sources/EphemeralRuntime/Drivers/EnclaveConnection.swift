import EphemeralCrypto
import EphemeralEngine
import EphemeralSession
import EphemeralWire

/// One connection from the host: one session, its machine, its model.
final class EnclaveConnection: FrameChannelOwner {
  private typealias Event = EnclaveEvent<LibcryptoCryptography>

  /// What can come before there are record keys: nothing long. All else is then refused by its head.
  private static let allowedWithoutKeys: FrameTypeSet = [.clientHello, .keyExchange, .abort]

  private let server: EnclaveServer
  private let number: Int
  private let session: [UInt8]
  private var machine: EnclaveSession<LibcryptoCryptography>
  private var inbox = EventInbox<Event>()
  private var channel: FrameChannel?
  private let model: SessionModel
  private let work: SerialWork
  private var trace: RunTrace?
  private var timer: TimerToken?
  private var wipeTimer: TimerToken?
  private var beganAssembly: UInt64 = 0
  /// The blob that the topology names, once it is admitted.
  private var blob: [UInt8]?
  private var isOver = false
  /// Whether record keys exist: from then on the host is not told why a session ended.
  private var hasKeys = false
  /// Bytes taken from the enclave's memory for messages that this session holds.
  private var heldBytes = 0
  /// Whether the session has one of the enclave's places; before that it counts as half open.
  private(set) var isAdmitted = false
  /// Whether nothing of the session is left to be wiped, and its last record is written.
  private(set) var isWiped = false

  private var reactor: any Reactor { server.reactor }

  /// Whether an audit record can leave here.
  var canSend: Bool { channel != nil && !isOver }

  /// Nil if there is no memory for the session's keys.
  init?(server: EnclaveServer, number: Int, stream: any ByteStream) {
    let reactor = server.reactor
    let session = reactor.entropy(count: 16)
    var entropy = reactor.entropy(count: 64)
    defer {
      var span = entropy.mutableSpan
      cleanse(&span)
    }
    guard let keySeed = try? SecretBytes(copying: entropy.span.extracting(0..<32)),
      let receiptSeed = try? SecretBytes(copying: entropy.span.extracting(32..<64))
    else { return nil }
    self.server = server
    self.number = number
    self.session = session
    model = SessionModel(
      memory: server.memory, cache: server.cache,
      requiresLockedMemory: server.options.requiresLockedMemory, clock: reactor.clock)
    #if Mock
      model.watch(server.options.watch)
    #endif
    work = SerialWork(reactor: reactor, lane: .compute)
    trace = RunTrace(server.options.trace, role: .enclave, reactor: reactor)
    machine = EnclaveSession(
      configuration: EnclaveConfiguration(
        crypto: LibcryptoCryptography(),
        limits: server.options.limits,
        deadlines: server.options.deadlines),
      secrets: EnclaveSecrets(
        sessionID: session, keySeed: SecretMaterial(keySeed),
        receiptSeed: SecretMaterial(receiptSeed)),
      at: SessionTime(nanoseconds: reactor.nowNanoseconds, unixSeconds: reactor.unixSeconds))
    channel = FrameChannel(
      stream: stream, allowed: Self.allowedWithoutKeys, owner: self,
      queueMaximum: StreamLimits.messageQueueMaximum)
    armTimer()
  }

  /// The operator stops the enclave.
  func cancel() { handle(.cancel) }

  /// Lets an audit record leave for the host's log.
  func sendAudit(_ line: [UInt8]) { channel?.send(.audit, Audit(record: line).encoded()) }

  // MARK: The machine

  private func handle(_ event: Event) {
    guard inbox.begin(event) else { return }
    while let event = inbox.next() {
      let time = SessionTime(nanoseconds: reactor.nowNanoseconds, unixSeconds: reactor.unixSeconds)
      let actions = machine.handle(event, at: time)
      trace?.record(event, actions, machine.last)
      for action in actions { perform(action) }
    }
    releaseHeld()
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

  private func perform(_ action: EnclaveAction<LibcryptoCryptography>) {
    switch action {
    case .send(let frame):
      channel?.send(frame.type, frame.payload)
      // A host that does not take results gets no further request read.
      if channel?.isCongested ?? false { channel?.pauseReading() }
    case .requestEvidence(let userData, let nonce, let publicKey):
      server.evidence.request(
        owner: number, userData: userData, nonce: nonce, publicKey: publicKey
      ) { [self] document in
        guard !isOver else { return }
        if let document {
          handle(.evidenceReady(document: document))
        } else {
          handle(.failed(.attestationUnavailable))
        }
      }
    case .admitTopology: admitTopology()
    case .openChunk(let index): openChunk(index)
    case .finishAssembly: finishAssembly()
    case .dropPlaintext: break  // the engine keeps none between inferences with this lifetime
    case .infer: infer()
    case .audit(let event):
      if event == .keysConfirmed {
        hasKeys = true
        channel?.allow(.enclaveFromHost)
      }
      server.log(event, session: session, hasKeys: hasKeys, from: self)
    case .wipe: wipe()
    case .close: close()
    }
  }

  // MARK: Work

  private func admitTopology() {
    guard server.sessionCount < server.options.maximumSessions else {
      return handle(.failed(.busy))
    }
    isAdmitted = true
    let copy = machine.withTopology { $0.copySecret() }
    guard let topology = copy ?? nil else { return handle(.failed(.internalError)) }
    let model = model
    let limits = server.options.limits
    beganAssembly = reactor.nowNanoseconds
    work.submit {
      model.admit(topology, limits: limits)
    } then: { [self] result in
      switch result {
      case .success(let admission):
        if !model.isLocked, !server.mayRunUnlocked() { return handle(.failed(.internalError)) }
        server.logEvictions(from: self)
        if admission.source == .cache {
          server.log(.blobReused, session: session, blob: admission.blobID, from: self)
        }
        blob = admission.blobID
        handle(.topologyAdmitted(admission))
      case .failure(let failure): handle(.failed(failure.code))
      }
    }
  }

  private func openChunk(_ index: UInt64) {
    guard let chunk = machine.takeChunk(index: index) else { return }
    let model = model
    work.submit {
      model.open(chunk)
    } then: { [self] failure in
      if work.backlog < DriverLimits.waitingChunks { channel?.resumeReading() }
      handle(failure.map { .failed($0.code) } ?? .chunkOpened(index: index))
    }
    // What the worker cannot keep up with waits outside this memory.
    if work.backlog >= DriverLimits.waitingChunks { channel?.pauseReading() }
  }

  private func finishAssembly() {
    let model = model
    work.submit {
      model.finish()
    } then: { [self] result in
      switch result {
      case .success(let assembly):
        if assembly.isKept { server.log(.blobKept, session: session, blob: blob, from: self) }
        handle(
          .assembled(
            AssembledFields(
              modelHash: assembly.modelHash, weightBytes: UInt64(assembly.weightBytes),
              nanoseconds: reactor.nowNanoseconds &- beganAssembly)))
      case .failure(let failure):
        server.logEvictions(from: self)
        handle(.failed(failure.code))
      }
    }
  }

  private func infer() {
    let copy = machine.withRequest { $0.copySecret() }
    guard let request = copy ?? nil else { return handle(.failed(.internalError)) }
    let model = model
    let began = reactor.nowNanoseconds
    work.submit {
      model.infer(request)
    } then: { [self] result in
      switch result {
      case .success(let answer):
        guard let secret = answer.response.take() else { return handle(.failed(.internalError)) }
        guard hold(secret.count * DriverLimits.resultCopies) else { return handle(.failed(.busy)) }
        let statistics = InferenceStatistics(
          milliseconds: (reactor.nowNanoseconds &- began) / 1_000_000,
          peakMegabytes: UInt64(answer.peakBytes >> 20),
          exposureNanoseconds: answer.exposureNanoseconds)
        handle(.inferred(response: SecretMaterial(secret), statistics: statistics))
      case .failure(let failure): handle(.failed(failure.code))
      }
    }
  }

  /// Stops what runs, then wipes after it; the record of the wipe comes before its report.
  ///
  /// A wipe that does not come to its end ends the process (`Spec/Protocol.md` §11). It is not on
  /// the compute lane, where it would wait for other sessions' inferences.
  private func wipe() {
    work.dropWaiting()
    model.cancel()
    let model = model
    wipeTimer = reactor.schedule(afterNanoseconds: DriverLimits.wipeNanoseconds) { [self] in
      wipeTimer = nil
      server.wipeIsStuck()
    }
    work.submit(on: .blocking) {
      model.wipe()
    } then: { [self] wipe in
      if let wipeTimer { reactor.cancel(wipeTimer) }
      wipeTimer = nil
      server.log(.wiped, session: session, from: self)
      let tally = WipeTally(
        regions: UInt64(wipe.count.regions), bytes: UInt64(wipe.count.bytes),
        exposureNanoseconds: wipe.exposureNanoseconds, auditHead: server.auditHead)
      isWiped = true
      server.recordStop(from: self)
      handle(.wiped(tally))
      ProcessGuards.scrubStack()
    }
  }

  // MARK: Memory

  /// Takes memory for a message before it is in memory; false if the enclave has none left.
  private func hold(_ bytes: Int) -> Bool {
    guard server.memory.reserve(bytes) else { return false }
    heldBytes += bytes
    return true
  }

  /// Gives back what is no longer needed: all, unless a message is being gathered or worked on, or
  /// a long one has not left yet.
  private func releaseHeld() {
    let needed: Int
    switch machine.state {
    case .gathering, .admitting, .collecting, .refetching, .inferring: needed = heldBytes
    case .listening, .attesting, .offered, .keyed, .assembling, .finishing, .ready, .reporting,
      .wiping, .ended:
      let queued = channel?.queuedByteCount ?? 0
      needed = queued > StreamLimits.highWater ? min(queued, heldBytes) : 0
    }
    server.memory.release(heldBytes - needed)
    heldBytes = needed
  }

  // MARK: The end

  private func close() {
    guard !isOver else { return }
    isOver = true
    armTimer()
    channel?.close()
    forgetWhenDone()
  }

  private func forgetWhenDone() {
    releaseHeld()
    guard isOver, channel == nil else { return }
    server.forget(number)
    ProcessGuards.scrubStack()
  }

  // MARK: From the channel

  func channelOpened(_ channel: FrameChannel) {}

  func channel(_ channel: FrameChannel, received frame: IncomingFrame<[UInt8]>) {
    guard !isOver else { return }
    if frame.type == .sealed, !hold(frame.payload.count * DriverLimits.messageCopies) {
      trace?.arrived(frame)
      return handle(.failed(.busy))
    }
    handle(.frame(frame))
  }

  func channel(_ channel: FrameChannel, broken code: AbortCode) {
    if !isOver { handle(.broken(code)) }
  }

  func channelDrained(_ channel: FrameChannel) {
    releaseHeld()
    channel.resumeReading()
  }

  func channelPeerFinished(_ channel: FrameChannel) {
    if !isOver { handle(.peerClosed) }
  }

  func channelEnded(_ channel: FrameChannel, reason: StreamEnd) {
    self.channel = nil
    if !isOver { handle(.peerClosed) }
    forgetWhenDone()
  }
}
