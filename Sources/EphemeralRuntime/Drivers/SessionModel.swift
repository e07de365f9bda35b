import EphemeralCrypto
import EphemeralEngine
import EphemeralModel
import EphemeralSession
import EphemeralWire
import Synchronization

/// One session's model from admission to wipe, as the enclave's workers see it.
///
/// Every method but ``cancel()`` runs on a worker, one at a time for each session.
final class SessionModel: Sendable {
  /// Where the model stands.
  private enum Stage {
    case empty
    case assembling(ModelAssembler)
    case ready(AssembledModel)
    case wiped
  }

  private struct State {
    var stage = Stage.empty
    var arena: SecretArena?
    var reservedBytes = 0
    /// The cached blob that the model is assembled from, or that a model for one inference opens.
    var loan: SealedCache.Loan?
    /// Where the blob that is being received will be kept for others.
    var place: SealedCache.Place?
    /// Since when plaintext weights have been in memory without a break.
    var exposedSince: UInt64?
    /// For how long they were before that.
    var exposedNanoseconds: UInt64 = 0
    #if Mock
      var watch: MemoryWatch?
    #endif
  }

  /// Arena bytes beside the weights, at least: inputs, activations, outputs. A model that needs
  /// more at once than this and than its weights gets `tooLarge` when it runs.
  static let workingBytes = 64 << 20

  /// Bytes that a parsed topology may take for each byte of its encoding: an array of one-byte
  /// numbers grows to eight bytes each, twice while it grows; a value of a subgraph to fourteen.
  static let parsedBytesPerByte = 48
  /// Chunks that are in memory at once beside those of the window: one arriving, one being opened.
  private static let extraChunks = 2

  private let memory: MemoryBudget
  private let cache: SealedCache
  private let requiresLockedMemory: Bool
  private let clock: @Sendable () -> UInt64
  private let state = Mutex(State())

  /// - Parameter clock: what exposure is measured with, in nanoseconds.
  init(
    memory: MemoryBudget, cache: SealedCache, requiresLockedMemory: Bool,
    clock: @escaping @Sendable () -> UInt64
  ) {
    self.memory = memory
    self.cache = cache
    self.requiresLockedMemory = requiresLockedMemory
    self.clock = clock
  }

  #if Mock
    /// Has `watch` told of the points that this model comes to.
    func watch(_ watch: MemoryWatch?) { state.withLock { $0.watch = watch } }

    private func reach(_ point: MemoryPoint) { state.withLock { $0.watch }?(point) }
  #endif

  /// Whether all memory of the model could be locked so far.
  var isLocked: Bool { state.withLock { $0.arena?.isLocked ?? true } }

  /// Parses and checks the topology and takes the memory that the model needs.
  ///
  /// The memory for the parsed topology is taken before a byte of it is read.
  func admit(
    _ topology: SecretBox, limits: EnclaveLimits
  ) -> Result<TopologyAdmission<[UInt8]>, AbortCode.Failure> {
    guard let secret = topology.take() else { return .failure(.init(.internalError)) }
    do throws(AbortCode.Failure) {
      try reserve(secret.count * Self.parsedBytesPerByte)
      let key = try Self.parse(secret)
      guard key.topology.blob.layout.plaintextBytes <= limits.maxWeightBytes,
        key.topology.maximumMessageBytes ?? 0 <= limits.maxRequestBytes
      else { throw .init(.tooLarge) }
      return .success(Self.admission(key.topology, source: try take(key, limits)))
    } catch {
      return .failure(error)
    }
  }

  private static func parse(
    _ secret: borrowing SecretBytes
  ) throws(AbortCode.Failure) -> TopologyKey {
    do throws(TopologyError) {
      return try secret.withSpan { (bytes) throws(TopologyError) in
        try TopologyKey(decoding: bytes)
      }
    } catch {
      switch error {
      case .tooLarge, .tooMany, .tooDeep: throw .init(.tooLarge)
      case .unsupportedVersion: throw .init(.unsupportedVersion)
      case .resources: throw .init(.busy)
      default: throw AbortCode.Failure(AbortCode.topologyInvalid)
      }
    }
  }

  /// Takes memory from the budget until the wipe: `tooLarge` if the session would never fit,
  /// `busy` if it does not now.
  private func reserve(_ bytes: Int) throws(AbortCode.Failure) {
    let code: AbortCode? = state.withLock { state in
      guard case .empty = state.stage else { return .internalError }
      guard bytes <= memory.totalBytes - state.reservedBytes else { return .tooLarge }
      guard memory.reserve(bytes) else { return .busy }
      state.reservedBytes += bytes
      return nil
    }
    if let code { throw .init(code) }
  }

  /// Reserves memory and prepares the assembly; tells where the blob comes from.
  ///
  /// Ciphertext that is in the cache, or will be, counts there and not here.
  private func take(
    _ key: borrowing TopologyKey, _ limits: EnclaveLimits
  ) throws(AbortCode.Failure) -> TopologyAdmission<[UInt8]>.Source {
    let layout = key.topology.blob.layout
    let loan = cache.lend(key.topology.blob)
    let place = loan == nil ? cache.makeRoom(for: key.topology.blob) : nil
    let weights = layout.plaintextBytes
    let arenaBytes = weights + max(weights, Self.workingBytes)
    let isCounted = loan != nil || place != nil
    let sealed = key.topology.lifetime == .perInference && !isCounted ? layout.fileBytes : 0
    let window = (Int(SessionBounds.weightWindow) + Self.extraChunks) * layout.chunkBytes
    try reserve(arenaBytes + sealed + (loan == nil ? window : 0))
    let arena = SecretArena(budget: arenaBytes)
    state.withLock { state in
      (state.arena, state.loan, state.place) = (arena, loan, place)
    }
    #if Mock
      if let watch = state.withLock({ $0.watch }) { arena.watch { watch(.inferring) } }
    #endif
    do throws(EngineError) {
      let assembler = try ModelAssembler(
        key: key, arena: arena,
        // A longer one is not sent, and is not to be in memory before anybody counts it.
        limits: EngineLimits(maximumResponseBytes: Int(clamping: limits.maxRequestBytes)),
        keepsSealed: place != nil, clock: EngineClock(nanoseconds: clock))
      state.withLock { $0.stage = .assembling(assembler) }
    } catch {
      throw AbortCode.Failure(error)
    }
    guard arena.isLocked || !requiresLockedMemory else { throw .init(.internalError) }
    return loan == nil ? .host : .cache
  }

  private static func admission(
    _ topology: Topology, source: TopologyAdmission<[UInt8]>.Source
  ) -> TopologyAdmission<[UInt8]> {
    var inferences = ModelBounds.inferences
    var seconds = ModelBounds.sessionSeconds
    var lifetime = TopologyAdmission<[UInt8]>.Lifetime.perInference(keepsSealedCopy: true)
    if case .session(let maximumInferences, let maximumSeconds) = topology.lifetime {
      lifetime = .session
      inferences = maximumInferences
      seconds = maximumSeconds
    }
    return TopologyAdmission(
      blobID: topology.blob.blobID, chunkCount: UInt64(topology.blob.layout.chunkCount),
      source: source, lifetime: lifetime, maximumInferences: UInt64(inferences),
      maximumSeconds: UInt64(seconds), padding: .of(topology),
      model: ModelIdentity(
        name: Array(topology.modelName.utf8), version: Array(topology.modelVersion.utf8)))
  }

  /// Opens one chunk into the arena.
  func open(_ chunk: ChunkFields<[UInt8]>) -> AbortCode.Failure? {
    guard let (assembler, _) = beginExposure() else { return .init(.internalError) }
    do throws(EngineError) {
      try assembler.receive(
        index: Int(clamping: chunk.index), header: chunk.header, ciphertext: chunk.ciphertext)
      #if Mock
        if chunk.index == 0 { reach(.opening) }
      #endif
      return nil
    } catch {
      return AbortCode.Failure(error)
    }
  }

  /// The assembler, with the note that plaintext is in memory from now on.
  private func beginExposure() -> (assembler: ModelAssembler, loan: SealedCache.Loan?)? {
    state.withLock { state in
      guard case .assembling(let assembler) = state.stage else { return nil }
      if state.exposedSince == nil { state.exposedSince = clock() }
      return (assembler, state.loan)
    }
  }

  /// What a finished assembly amounts to.
  struct Assembly: Sendable {
    let modelHash: [UInt8]
    let weightBytes: Int
    /// Whether the blob that was received is kept for other sessions now.
    let isKept: Bool
  }

  /// Opens a cached blob where there is one, checks the digests and makes the model.
  func finish() -> Result<Assembly, AbortCode.Failure> {
    guard let (assembler, loan) = beginExposure() else { return .failure(.init(.internalError)) }
    do throws(EngineError) {
      if let loan { try assembler.assemble(from: loan.blob) }
      let model = try assembler.finish()
      guard let isKept = install(model, assembler.sealedBlob) else {
        return .failure(.init(.internalError))
      }
      #if Mock
        reach(.assembled)
      #endif
      return .success(
        Assembly(modelHash: model.modelHash, weightBytes: model.weightBytes, isKept: isKept))
    } catch {
      // Memory may have changed the cached blob, or the topology is wrong: examine tells the two apart.
      // A wipe waits for this, and has to come in time however large the blob is.
      if error == .weightsInvalid || error == .modelMismatch {
        loan?.examine { assembler.isCancelled }
      }
      return .failure(AbortCode.Failure(error))
    }
  }

  /// Puts the model in the assembler's place and what it was made from into the cache.
  ///
  /// - Returns: whether the blob is kept; nil if the session was wiped meanwhile.
  private func install(_ model: AssembledModel, _ blob: SealedBlob?) -> Bool? {
    state.withLock { state in
      guard case .assembling = state.stage else { return nil }
      state.stage = .ready(model)
      var isKept = false
      if let place = state.place, let blob, let loan = place.fill(with: blob) {
        (state.loan, state.place, isKept) = (loan, nil, true)
      }
      if model.isPerInference {
        state.exposedNanoseconds = model.exposureNanoseconds
        state.exposedSince = nil
      } else {
        // Open weights need no ciphertext.
        state.loan = nil
      }
      return isKept
    }
  }

  /// One answer and what it cost.
  struct Answer: Sendable {
    let response: SecretBox
    /// The most bytes that the arena had so far.
    let peakBytes: Int
    let exposureNanoseconds: UInt64
  }

  /// Answers one request.
  func infer(_ request: SecretBox) -> Result<Answer, AbortCode.Failure> {
    guard case .ready(let model) = state.withLock({ $0.stage }), let secret = request.take() else {
      return .failure(.init(.internalError))
    }
    let began = clock()
    do throws(EngineError) {
      let response = try secret.withSpan { (bytes) throws(EngineError) in
        try model.infer(request: bytes)
      }
      let exposure = model.exposureNanoseconds
      if model.isPerInference { addExposure(exposure) }
      #if Mock
        reach(.inferred)
      #endif
      guard model.arena.isLocked || !requiresLockedMemory else {
        return .failure(.init(.internalError))
      }
      return .success(
        Answer(
          response: SecretBox(response), peakBytes: model.arena.peakMappedBytes,
          exposureNanoseconds: exposure))
    } catch {
      // It may have opened weights and wiped them, or not have come so far: at most this.
      if model.isPerInference { addExposure(clock() &- began) }
      return .failure(AbortCode.Failure(error))
    }
  }

  private func addExposure(_ nanoseconds: UInt64) {
    state.withLock { $0.exposedNanoseconds &+= nanoseconds }
  }

  /// Asks a running assembly or inference to stop; from any thread.
  func cancel() {
    switch state.withLock({ $0.stage }) {
    case .assembling(let assembler): assembler.cancel()
    case .ready(let model): model.cancel()
    case .empty, .wiped: break
    }
  }

  /// What a wipe did, and for how long there had been plaintext weights to be wiped.
  struct Wipe: Sendable {
    let count: SecretArena.WipeCount
    let exposureNanoseconds: UInt64
  }

  /// Overwrites everything and gives the memory back, and what it used of the cache.
  func wipe() -> Wipe {
    let old = state.withLock { state in
      defer { state = State(stage: .wiped) }
      return state
    }
    var count = SecretArena.WipeCount(regions: 0, bytes: 0)
    if case .ready(let model) = old.stage {
      count = model.wipe()
    } else if let arena = old.arena {
      count = arena.wipe()
    }
    let last = old.exposedSince.map { clock() &- $0 } ?? 0
    memory.release(old.reservedBytes)
    return Wipe(count: count, exposureNanoseconds: old.exposedNanoseconds &+ last)
  }

  /// What a session that was never wiped in order leaves: nothing.
  deinit { _ = wipe() }
}

extension AbortCode {
  /// An abort code as an error.
  struct Failure: Error, Equatable {
    let code: AbortCode

    init(_ code: AbortCode) { self.code = code }

    /// What the engine's error means on the wire.
    init(_ error: EngineError) {
      code = error.abortCode
    }
  }
}

extension MessagePadding {
  /// How a model's messages are padded: to its declared maximum, or to powers of two.
  static func of(_ topology: Topology) -> MessagePadding {
    topology.maximumMessageBytes.map { .fixed(UInt64($0)) } ?? .powerOfTwo
  }
}
