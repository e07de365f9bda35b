internal import EphemeralCrypto
public import EphemeralModel
internal import Glibc
internal import KernelInterface
internal import Synchronization

/// Opens a model's weights chunk by chunk into an arena (Spec/Formats.md §5).
///
/// The graph is checked first, so that a model that cannot run costs no weights. Chunks come one by
/// one in ascending order (``receive(index:header:ciphertext:)``), or all at once from a blob that
/// is in memory already (``assemble(from:)``); each is decrypted straight into its place. Any error
/// ends the assembly and leaves the arena to be wiped by its owner; dropping the assembler gives the
/// weights' place back.
public final class ModelAssembler: Sendable {
  private struct State: ~Copyable {
    var opener: WeightBlobOpener?
    var weights: ArenaBlock?
    /// The blob that all chunks were opened from at once, its plaintext's digest compared.
    var blob: SealedBlob?
    /// When the first chunk was about to be opened.
    var beganNanoseconds: UInt64 = 0
  }

  /// The arena that the model lives in.
  public let arena: SecretArena
  /// Bytes of plaintext weights, padding included.
  public let weightBytes: Int
  /// How many chunks there are to receive.
  public let chunkCount: Int
  private let graph: PreparedGraph
  private let modelHash: [UInt8]
  private let limits: EngineLimits
  private let pool: ComputePool
  private let keepsSealed: Bool
  private let key: SecretBytes
  private let clock: EngineClock
  private let cancellation = Cancellation()
  private let state: Mutex<State>
  private let finished = Mutex<SealedBlob?>(nil)

  /// Checks the graph and takes the weights' place in the arena.
  ///
  /// - Parameters:
  ///   - key: the topology key; what is needed of it later is copied.
  ///   - arena: an arena of this model alone: `AssembledModel.wipe()` wipes all of it.
  ///   - limits: bounds on each inference.
  ///   - pool: the threads that assembly and inferences use; results do not depend on how many
  ///     there are.
  ///   - keepsSealed: whether received chunks are kept for ``sealedBlob``. A model with the lifetime
  ///     `perInference` keeps them in any case.
  ///   - clock: what ``AssembledModel/exposureNanoseconds`` is measured with.
  /// - Throws: `unsupportedOperator`, `topologyInvalid`, `workExceeded`, `budgetExceeded`,
  ///   `memoryUnavailable`.
  public init(
    key: borrowing TopologyKey, arena: SecretArena, limits: EngineLimits = EngineLimits(),
    pool: ComputePool = .shared, keepsSealed: Bool = false, clock: EngineClock = .monotonic
  ) throws(EngineError) {
    let topology = key.topology
    graph = try PreparedGraph(topology, limits: limits)
    modelHash = key.modelHash
    self.arena = arena
    self.limits = limits
    self.pool = pool
    self.clock = clock
    let layout = topology.blob.layout
    weightBytes = layout.plaintextBytes
    chunkCount = layout.chunkCount
    let weights = try arena.allocate(layout.plaintextBytes)
    let keeps = keepsSealed || topology.lifetime == .perInference
    self.keepsSealed = keeps
    let opener = try weightErrors { () throws(WeightBlobError) in
      try WeightBlobOpener(reference: topology.blob, key: key.blobKey, keepsSealed: keeps)
    }
    do {
      self.key = try key.blobKey.clone()
    } catch { throw .memoryUnavailable }
    state = Mutex(State(opener: opener, weights: weights))
  }

  /// The blob that the model was assembled from, for others to share; nil before ``finish()``, after
  /// an error, and where chunks were not to be kept.
  ///
  /// Its digest was compared with its name in this process, whatever the host sent.
  public var sealedBlob: SealedBlob? { finished.withLock { $0 } }

  /// Opens one chunk into its place.
  ///
  /// - Parameters:
  ///   - index: the chunk's index, counted from 0 without gaps.
  ///   - header: the blob's 32-byte header with chunk 0, empty with all others.
  ///   - ciphertext: the sealed chunk with its tag; kept as it is where chunks are kept, not copied.
  /// - Throws: `weightsInvalid`, `memoryUnavailable`; after an error all further calls fail.
  public func receive(index: Int, header: [UInt8], ciphertext: [UInt8]) throws(EngineError) {
    try change { (state) throws(EngineError) in
      guard let weights = state.weights, state.opener != nil, index >= 0, index < chunkCount,
        header.isEmpty == (index != 0)
      else { throw .weightsInvalid }
      if index == 0 { state.beganNanoseconds = clock.nanoseconds() }
      let range = graph.topology.blob.layout.plaintextRange(ofChunk: index)
      try weightErrors { () throws(WeightBlobError) in
        if index == 0 { try state.opener?.receive(header: header.span) }
        try weights.withMutableBytes(range) { (output) throws(WeightBlobError) in
          try state.opener?.open(index: index, sealed: ciphertext, into: &output)
        }
      }
    }
  }

  /// Opens all chunks of a blob that is in memory already, instead of receiving them.
  ///
  /// Every chunk is authenticated and the plaintext's digest compared, as for a blob from the host;
  /// the digest of the ciphertext is its name since the blob was made. ``finish()`` is next.
  ///
  /// - Throws: `modelMismatch` for another blob than the topology's or other weights,
  ///   `weightsInvalid` where a chunk does not open or chunks have been received before,
  ///   `memoryUnavailable`, `cancelled`; after an error all further calls fail.
  public func assemble(from blob: SealedBlob) throws(EngineError) {
    try change { (state) throws(EngineError) in
      let reference = graph.topology.blob
      guard blob.blobID == reference.blobID, blob.layout == reference.layout else {
        throw .modelMismatch
      }
      guard let weights = state.weights, state.opener != nil, state.opener?.nextIndex == nil else {
        throw .weightsInvalid
      }
      state.opener = nil
      state.beganNanoseconds = clock.nanoseconds()
      let opening = try ChunkOpening(
        blob: blob, key: key, chunks: Array(0..<chunkCount), into: weights, hashes: true,
        pool: pool, cancellation: cancellation)
      try pool.run(opening, .idle)
      guard opening.finishDigest() == reference.weightsDigest else { throw .modelMismatch }
      state.blob = blob
    }
  }

  /// Asks a running assembly to stop; it throws `cancelled`, and so does the model made of it.
  public func cancel() { cancellation.set() }

  /// Whether it was asked to stop.
  public var isCancelled: Bool { cancellation.isSet }

  /// Changes the state; an error destroys it.
  private func change(_ body: (inout State) throws(EngineError) -> Void) throws(EngineError) {
    // Typed errors cannot leave a lock that also lends spans, so the outcome comes out as a value.
    let failure: EngineError? = state.withLock { state in
      do throws(EngineError) {
        try body(&state)
        return nil
      } catch {
        state = State()
        return error
      }
    }
    if let failure { throw failure }
  }

  /// Checks that all chunks came and that the weights are those that the topology names.
  ///
  /// - Throws: `weightsInvalid` where chunks are missing, `modelMismatch` where a digest differs.
  public func finish() throws(EngineError) -> AssembledModel { try finish(isPlanned: true) }

  /// As ``finish()``; without the prepared path where `isPlanned` is false.
  func finish(isPlanned: Bool, kernels: KernelTable = Processor.kernels) throws(EngineError)
    -> AssembledModel
  {
    var state = State()
    self.state.withLock { swap(&$0, &state) }
    guard let weights = state.weights.take() else { throw .weightsInvalid }
    var blob = state.blob.take()
    if blob == nil {
      guard let opener = state.opener.take() else { throw .weightsInvalid }
      do throws(WeightBlobError) {
        blob = try opener.finish()
      } catch { throw EngineError(error) }
    }
    let isSealed = graph.topology.lifetime == .perInference
    let planned = isPlanned ? try plan(weights, keepsWeights: !isSealed, kernels) : nil
    let parts = AssembledModel.Parts(
      graph: graph, arena: arena, limits: limits, cancellation: cancellation,
      modelHash: modelHash, clock: clock, beganNanoseconds: state.beganNanoseconds)
    let model: AssembledModel
    if isSealed {
      guard let blob else { throw .weightsInvalid }
      let copy: SecretBytes
      do {
        copy = try key.clone()
      } catch { throw .memoryUnavailable }
      let sealed = SealedWeights(
        blob: blob, key: copy, place: weights, pool: pool, cancellation: cancellation)
      model = AssembledModel(parts, sealed: sealed, planned: planned)
    } else {
      model = AssembledModel(parts, weights: weights, planned: planned)
    }
    finished.withLock { $0 = blob }
    return model
  }

  /// The prepared path, or nil where the graph has none or there is no room for it.
  private func plan(_ weights: ArenaBlock, keepsWeights: Bool, _ kernels: KernelTable)
    throws(EngineError) -> PlannedModel?
  {
    let interpreter = Interpreter(
      graph: graph, weights: weights, arena: arena, limits: limits, cancellation: cancellation)
    // Between the requests of a `perInference` model nothing made of its weights may remain.
    let context = keepsWeights ? interpreter.context : nil
    guard
      let program = try PlannedProgram(
        graph, weights: weights, kernels: kernels, folding: context)
    else { return nil }
    let model = PlannedModel(
      program: program, pool: pool, kernels: kernels, arena: arena, limits: limits,
      cancellation: cancellation)
    do throws(EngineError) {
      try model.prepare(weights: weights)
      return model
    } catch {
      // Without room for packed copies the interpreter still runs the rows, which are untouched.
      guard error == .budgetExceeded || error == .memoryUnavailable else { throw error }
      return nil
    }
  }
}

/// Runs `body` and turns a weight blob's errors into the engine's.
func weightErrors<Result: ~Copyable>(
  _ body: () throws(WeightBlobError) -> Result
) throws(EngineError) -> Result {
  do throws(WeightBlobError) {
    return try body()
  } catch { throw EngineError(error) }
}

extension EngineError {
  /// What a weight blob's error means for the model.
  init(_ error: WeightBlobError) {
    switch error {
    case .headerMismatch, .outOfOrder, .wrongLength, .authenticationFailed, .incomplete:
      self = .weightsInvalid
    case .blobMismatch, .weightsMismatch: self = .modelMismatch
    case .resources: self = .memoryUnavailable
    }
  }
}

extension ArenaBlock {
  /// Lends a range of the block's bytes for writing.
  func withMutableBytes<Failure: Error>(
    _ range: Range<Int>, _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
    let start = unsafe (base + range.lowerBound).assumingMemoryBound(to: UInt8.self)
    let buffer = unsafe UnsafeMutableBufferPointer(start: start, count: range.count)
    var span = unsafe MutableSpan(_unsafeElements: buffer)
    try body(&span)
  }

  /// Writes zeros over the whole block.
  func overwrite() { unsafe explicit_bzero(base, byteCount) }
}
