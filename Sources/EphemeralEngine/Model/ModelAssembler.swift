internal import EphemeralCrypto
public import EphemeralModel
internal import Glibc
internal import KernelInterface
internal import Synchronization

/// Opens a model's weights chunk by chunk into an arena (Spec/Formats.md §5).
///
/// The graph is checked first, so that a model that cannot run costs no weights. Chunks come in
/// ascending order; each is decrypted straight into its place. Any error ends the assembly and
/// leaves the arena to be wiped by its owner; dropping the assembler gives the weights' place back.
public final class ModelAssembler: Sendable {
  private struct State: ~Copyable {
    var opener: WeightBlobOpener?
    var weights: ArenaBlock?
    var sealed: SealedWeights?
    var openedBytes = 0
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
  private let state: Mutex<State>

  /// Checks the graph and takes the weights' place in the arena.
  ///
  /// - Parameters:
  ///   - key: the topology key; what is needed of it later is copied.
  ///   - arena: an arena of this model alone: `AssembledModel.wipe()` wipes all of it.
  ///   - limits: bounds on each inference.
  ///   - pool: the threads that inferences use; results do not depend on how many there are.
  /// - Throws: `unsupportedOperator`, `topologyInvalid`, `workExceeded`, `budgetExceeded`,
  ///   `memoryUnavailable`.
  public init(
    key: borrowing TopologyKey, arena: SecretArena, limits: EngineLimits = EngineLimits(),
    pool: ComputePool = .shared
  ) throws(EngineError) {
    let topology = key.topology
    graph = try PreparedGraph(topology, limits: limits)
    modelHash = key.modelHash
    self.arena = arena
    self.limits = limits
    self.pool = pool
    let layout = topology.blob.layout
    weightBytes = layout.plaintextBytes
    chunkCount = layout.chunkCount
    let weights = try arena.allocate(layout.plaintextBytes)
    let opener = try weightErrors { () throws(WeightBlobError) in
      try WeightBlobOpener(reference: topology.blob, key: key.blobKey)
    }
    var sealed: SealedWeights?
    if topology.lifetime == .perInference {
      sealed = try SealedWeights(reference: topology.blob, key: key.blobKey)
    }
    state = Mutex(State(opener: opener, weights: weights, sealed: sealed))
  }

  /// Opens one chunk into its place.
  ///
  /// - Parameters:
  ///   - index: the chunk's index, counted from 0 without gaps.
  ///   - header: the blob's 32-byte header with chunk 0, empty with all others.
  ///   - ciphertext: the sealed chunk with its tag.
  /// - Throws: `weightsInvalid`, `memoryUnavailable`; after an error all further calls fail.
  public func receive(index: Int, header: Span<UInt8>, ciphertext: Span<UInt8>)
    throws(EngineError)
  {
    // Typed errors cannot leave a lock that also lends spans, so the outcome comes out as a value.
    let failure: EngineError? = state.withLock { state in
      do throws(EngineError) {
        try Self.open(&state, chunkCount, index: index, header: header, ciphertext: ciphertext)
        return nil
      } catch {
        state = State(opener: nil, weights: nil, sealed: nil)
        return error
      }
    }
    if let failure { throw failure }
  }

  private static func open(
    _ state: inout State, _ chunkCount: Int, index: Int, header: Span<UInt8>,
    ciphertext: Span<UInt8>
  ) throws(EngineError) {
    guard let weights = state.weights, state.opener != nil, index >= 0, index < chunkCount,
      header.isEmpty == (index != 0)
    else { throw .weightsInvalid }
    let layout = state.opener?.reference.layout
    guard let range = layout?.plaintextRange(ofChunk: index) else { throw .weightsInvalid }
    try weightErrors { () throws(WeightBlobError) in
      if index == 0 { try state.opener?.receive(header: header) }
      try weights.withMutableBytes(range) { (output) throws(WeightBlobError) in
        try state.opener?.open(index: index, sealed: ciphertext, into: &output)
      }
    }
    state.sealed?.append(header: header, ciphertext: ciphertext)
    state.openedBytes += range.count
  }

  /// Checks that all chunks came and that the weights are those that the topology names.
  ///
  /// - Throws: `weightsInvalid` where chunks are missing, `modelMismatch` where a digest differs.
  public func finish() throws(EngineError) -> AssembledModel { try finish(isPlanned: true) }

  /// As ``finish()``; without the prepared path where `isPlanned` is false.
  func finish(isPlanned: Bool, kernels: KernelTable = Processor.kernels) throws(EngineError)
    -> AssembledModel
  {
    var state = State(opener: nil, weights: nil, sealed: nil)
    self.state.withLock { swap(&$0, &state) }
    guard let weights = state.weights.take(), let opener = state.opener.take() else {
      throw .weightsInvalid
    }
    do throws(WeightBlobError) {
      try opener.finish()
    } catch { throw EngineError(error) }
    let sealed = state.sealed.take()
    let cancellation = Cancellation()
    var planned: PlannedModel?
    // Between the requests of a `perInference` model nothing made of its weights may remain.
    let context =
      sealed != nil
      ? nil
      : Interpreter(
        graph: graph, weights: weights, arena: arena, limits: limits, cancellation: cancellation
      ).context
    if isPlanned,
      let program = try PlannedProgram(
        graph, weights: weights, kernels: kernels, folding: context)
    {
      let model = PlannedModel(
        program: program, pool: pool, kernels: kernels, arena: arena, limits: limits,
        cancellation: cancellation)
      do throws(EngineError) {
        try model.prepare(weights: weights)
        planned = model
      } catch {
        // Without room for packed copies the interpreter still runs the rows, which are untouched.
        guard error == .budgetExceeded || error == .memoryUnavailable else { throw error }
      }
    }
    return AssembledModel(
      graph: graph, weights: weights, sealed: sealed, planned: planned,
      cancellation: cancellation, arena: arena, limits: limits, modelHash: modelHash)
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
