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
    var sealedBytes = 0
    var beganNanoseconds: UInt64 = 0
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
  private let requiresLockedMemory: Bool
  private let state = Mutex(State())

  init(memory: MemoryBudget, requiresLockedMemory: Bool) {
    self.memory = memory
    self.requiresLockedMemory = requiresLockedMemory
  }

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
      try take(key)
      return .success(Self.admission(key.topology))
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

  /// Reserves memory and prepares the assembly.
  private func take(_ key: borrowing TopologyKey) throws(AbortCode.Failure) {
    let layout = key.topology.blob.layout
    let weights = layout.plaintextBytes
    let arenaBytes = weights + max(weights, Self.workingBytes)
    let sealed = key.topology.lifetime == .perInference ? layout.fileBytes : 0
    let window = (Int(SessionBounds.weightWindow) + Self.extraChunks) * layout.chunkBytes
    try reserve(arenaBytes + sealed + window)
    let arena = SecretArena(budget: arenaBytes)
    state.withLock { $0.arena = arena }
    do throws(EngineError) {
      let assembler = try ModelAssembler(key: key, arena: arena)
      state.withLock { $0.stage = .assembling(assembler) }
    } catch {
      throw AbortCode.Failure(error)
    }
    guard arena.isLocked || !requiresLockedMemory else { throw .init(.internalError) }
  }

  private static func admission(_ topology: Topology) -> TopologyAdmission<[UInt8]> {
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
      source: .host, lifetime: lifetime, maximumInferences: UInt64(inferences),
      maximumSeconds: UInt64(seconds), padding: .of(topology),
      model: ModelIdentity(
        name: Array(topology.modelName.utf8), version: Array(topology.modelVersion.utf8)))
  }

  /// Opens one chunk into the arena.
  func open(_ chunk: ChunkFields<[UInt8]>) -> AbortCode.Failure? {
    guard case .assembling(let assembler) = state.withLock({ $0.stage }) else {
      return .init(.internalError)
    }
    do throws(EngineError) {
      try assembler.receive(
        index: Int(clamping: chunk.index), header: chunk.header, ciphertext: chunk.ciphertext)
      return nil
    } catch {
      return AbortCode.Failure(error)
    }
  }

  /// Checks the digests and makes the model; returns its hash and the bytes of its weights.
  func finish() -> Result<(modelHash: [UInt8], weightBytes: Int), AbortCode.Failure> {
    guard case .assembling(let assembler) = state.withLock({ $0.stage }) else {
      return .failure(.init(.internalError))
    }
    do throws(EngineError) {
      let model = try assembler.finish()
      let isReady = state.withLock { state in
        guard case .assembling = state.stage else { return false }
        state.stage = .ready(model)
        return true
      }
      guard isReady else { return .failure(.init(.internalError)) }
      return .success((model.modelHash, model.weightBytes))
    } catch {
      return .failure(AbortCode.Failure(error))
    }
  }

  /// Answers one request; also returns the arena's peak in bytes.
  func infer(
    _ request: SecretBox
  ) -> Result<(response: SecretBox, peakBytes: Int), AbortCode.Failure> {
    guard case .ready(let model) = state.withLock({ $0.stage }), let secret = request.take() else {
      return .failure(.init(.internalError))
    }
    do throws(EngineError) {
      let response = try secret.withSpan { (bytes) throws(EngineError) in
        try model.infer(request: bytes)
      }
      guard model.arena.isLocked || !requiresLockedMemory else {
        return .failure(.init(.internalError))
      }
      return .success((SecretBox(response), model.arena.peakMappedBytes))
    } catch {
      return .failure(AbortCode.Failure(error))
    }
  }

  /// Asks a running inference to stop; from any thread.
  func cancel() {
    if case .ready(let model) = state.withLock({ $0.stage }) { model.cancel() }
  }

  /// Overwrites everything and gives the memory back.
  func wipe() -> SecretArena.WipeCount {
    let (stage, arena, reserved) = state.withLock { state in
      defer { state = State(stage: .wiped) }
      return (state.stage, state.arena, state.reservedBytes)
    }
    var count = SecretArena.WipeCount(regions: 0, bytes: 0)
    if case .ready(let model) = stage {
      count = model.wipe()
    } else if let arena {
      count = arena.wipe()
    }
    memory.release(reserved)
    return count
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
