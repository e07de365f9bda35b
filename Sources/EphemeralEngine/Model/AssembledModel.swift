public import EphemeralCrypto
internal import EphemeralModel
internal import EphemeralWire
internal import Synchronization

/// A model in its arena, ready to infer.
///
/// One inference runs at a time. With the lifetime `perInference` the plaintext weights exist only
/// while one runs: what a request needs of them is opened from the sealed blob in memory and wiped
/// before its response is there.
public final class AssembledModel: Sendable {
  private struct State: ~Copyable {
    /// The open weights; nil with the lifetime `perInference`.
    var weights: ArenaBlock?
    /// What opens them for one inference; nil with other lifetimes.
    var sealed: SealedWeights?
    /// The prepared path, where the graph has one.
    var planned: PlannedModel?
    var exposure: UInt64 = 0
    var isWiped = false
  }

  /// The model hash of receipts, 32 bytes: what the client compares with its manifest.
  public let modelHash: [UInt8]
  /// Bytes of plaintext weights, padding included.
  public let weightBytes: Int
  /// The arena that holds weights, inputs, activations and outputs.
  public let arena: SecretArena
  private let graph: PreparedGraph
  private let limits: EngineLimits
  private let cancellation: Cancellation
  private let clock: EngineClock
  private let beganNanoseconds: UInt64
  private let state: Mutex<State>

  /// What a model is made of beside its weights.
  struct Parts {
    let graph: PreparedGraph
    let arena: SecretArena
    let limits: EngineLimits
    let cancellation: Cancellation
    let modelHash: [UInt8]
    let clock: EngineClock
    /// When the first chunk was about to be opened.
    let beganNanoseconds: UInt64
  }

  /// A model whose weights stay open.
  init(_ parts: Parts, weights: ArenaBlock, planned: PlannedModel?) {
    (graph, arena, limits) = (parts.graph, parts.arena, parts.limits)
    (cancellation, modelHash, clock) = (parts.cancellation, parts.modelHash, parts.clock)
    beganNanoseconds = parts.beganNanoseconds
    weightBytes = weights.byteCount
    state = Mutex(State(weights: weights, planned: planned))
  }

  /// A model that lives for one inference: it has no plaintext between them, not even at first.
  init(_ parts: Parts, sealed: consuming SealedWeights, planned: PlannedModel?) {
    (graph, arena, limits) = (parts.graph, parts.arena, parts.limits)
    (cancellation, modelHash, clock) = (parts.cancellation, parts.modelHash, parts.clock)
    beganNanoseconds = parts.beganNanoseconds
    weightBytes = sealed.place.byteCount
    var sealed = sealed
    sealed.overwriteAll()
    planned?.forgetWeights()
    let exposure = clock.nanoseconds() &- parts.beganNanoseconds
    state = Mutex(State(sealed: sealed, planned: planned, exposure: exposure))
  }

  /// For how long plaintext weights were in memory, in nanoseconds.
  ///
  /// With the lifetime `perInference`: of the last inference, or of the assembly where none has run,
  /// from the opening of the first chunk to the end of the wipe. With other lifetimes: from the
  /// beginning of the assembly until now, or until ``wipe()`` was done.
  public var exposureNanoseconds: UInt64 {
    state.withLock { state in
      state.weights == nil ? state.exposure : clock.nanoseconds() &- beganNanoseconds
    }
  }

  /// Whether the plaintext weights exist only while a request runs.
  public var isPerInference: Bool { graph.topology.lifetime == .perInference }

  /// How many chunks the last inference opened; nil with other lifetimes than `perInference`.
  var openedChunks: Int? { state.withLock { $0.sealed?.openedCount } }

  /// Runs one request.
  ///
  /// - Parameter request: an InferRequest's CBOR (Spec/Protocol.md, "Inference"): the tensors' names,
  ///   element types and shapes must be those that the model declares; equal symbols are equal sizes.
  /// - Returns: the response's CBOR: the request's sequence and random bytes, and one tensor for each
  ///   output, in the model's order.
  /// - Throws: `inputInvalid`; what a kernel finds wrong; `budgetExceeded`, `workExceeded`,
  ///   `memoryUnavailable`, `weightsInvalid` where a chunk in memory was changed, `wiped`,
  ///   `cancelled`. The model stays usable; nothing of the request remains in the arena.
  public func infer(request: Span<UInt8>) throws(EngineError) -> SecretBytes {
    var failure = EngineError.wiped
    let response: SecretBytes? = state.withLock { state in
      if state.isWiped { return nil }
      do throws(EngineError) {
        if let response = try repeated(request, state) { return response }
        let body: InferBody
        do {
          body = try InferBody(decoding: request)
        } catch { throw EngineError.inputInvalid }
        if cancellation.isSet { throw EngineError.cancelled }
        return try respond(to: body, in: request, &state)
      } catch {
        failure = error
        return nil
      }
    }
    guard let response else { throw failure }
    return response
  }

  /// Answers a request that is framed as one before it, or returns nil for any other.
  ///
  /// Where the weights stay open, nothing is allocated here but the response.
  private func repeated(_ request: Span<UInt8>, _ state: borrowing State)
    throws(EngineError) -> SecretBytes?
  {
    guard let planned = state.planned, let weights = state.weights,
      let head = MessageFrame.headCount(of: request),
      let binding = planned.binding(framedAs: request, behind: head),
      let answered = binding.answered
    else { return nil }
    // The prepared path overwrites its one block itself.
    var isClean = false
    defer { if !isClean { arena.wipeFree() } }
    let frame = try planned.begin(binding, weights: weights)
    defer { planned.end(binding) }
    for index in binding.inputs.indices {
      try answered.inputs[index].moved(by: head)
        .copy(from: request, to: frame.cells(binding.inputs[index]))
    }
    try planned.run(binding)
    let response = try ResponseWriter(outputs: graph.topology.graph.outputs, limits: limits)
      .response(framedAs: answered, to: request, behind: head, binding.outputs, frame)
    isClean = true
    return response
  }

  /// Answers a request, and overwrites whatever it left in the arena.
  private func respond(to body: InferBody, in request: Span<UInt8>, _ state: inout State)
    throws(EngineError) -> SecretBytes
  {
    let inputs = try RequestReader(inputs: graph.topology.graph.inputs).matched(body, in: request)
    let began = clock.nanoseconds()
    let isSealed = state.sealed != nil
    state.sealed?.begin()
    // The prepared path overwrites its one block itself.
    var isClean = false
    defer {
      if isSealed {
        state.sealed?.overwrite()
        state.planned?.forgetWeights()
      }
      if !isClean { arena.wipeFree() }
      if isSealed { state.exposure = clock.nanoseconds() &- began }
    }
    if let planned = state.planned {
      let shapes = inputs.map(\.shape)
      let isKnown = planned.hasBinding(for: shapes)
      let weights = try openWeights(for: planned, &state)
      if let binding = try binding(planned, shapes, weights, &state) {
        let response = try respond(
          to: body, in: request, inputs, planned, binding, weights, &state)
        if !isSealed {
          planned.remember(
            response.withSpan { AnsweredRequest(request, inputs, response: $0, arena: arena) })
        }
        // What binding new shapes takes in a session may lie there as the weights do.
        isClean = isKnown || !isSealed
        return response
      }
    }
    let weights = try openWeights(&state)
    return try respond(to: body, in: request, inputs, weights)
  }

  /// All weights, for the interpreter.
  private func openWeights(_ state: inout State) throws(EngineError) -> ArenaBlock {
    if let weights = state.weights { return weights }
    try state.sealed?.openAll()
    guard let place = state.sealed?.place else { throw .wiped }
    return place
  }

  /// The weights for the prepared path, and what is made of them: without rows of tables yet.
  private func openWeights(for planned: PlannedModel, _ state: inout State)
    throws(EngineError) -> ArenaBlock
  {
    if let weights = state.weights { return weights }
    try state.sealed?.open(graph.topology.tensors, but: planned.program.tables)
    guard let place = state.sealed?.place else { throw .wiped }
    try planned.prepare(weights: place)
    return place
  }

  /// The binding for a request's shapes, or nil where the prepared path does not know a form that
  /// only the shapes showed: then the model goes back to the interpreter for good.
  private func binding(
    _ planned: PlannedModel, _ shapes: [Shape], _ weights: ArenaBlock, _ state: inout State
  ) throws(EngineError) -> Binding? {
    do throws(EngineError) {
      return try planned.binding(for: shapes, weights: weights)
    } catch {
      guard error == .unsupportedOperator || error == .unsupportedElementType else { throw error }
      if state.sealed != nil {
        // The interpreter gets all of them opened anew, as rows.
        state.sealed?.overwrite()
        planned.forgetWeights()
      } else {
        try planned.unpack(weights: weights)
      }
      state.planned = nil
      return nil
    }
  }

  /// Runs the prepared path.
  private func respond(
    to body: InferBody, in request: Span<UInt8>, _ inputs: [RequestReader.Input],
    _ planned: PlannedModel, _ binding: Binding, _ weights: ArenaBlock, _ state: inout State
  ) throws(EngineError) -> SecretBytes {
    let frame = try planned.begin(binding, weights: weights)
    defer { planned.end(binding) }
    #if Mock
      defer { arena.callWitness() }
    #endif
    for (input, value) in zip(inputs, binding.inputs) {
      try input.copy(from: request, to: frame.cells(value))
    }
    let isSealed = state.sealed != nil
    try planned.run(binding) { (step) throws(EngineError) in
      if isSealed { try state.sealed?.open(rowsOf: step, frame) }
    }
    var outputs: [Tensor] = []
    for value in binding.outputs {
      outputs.append(try planned.output(value))
    }
    return try ResponseWriter(outputs: graph.topology.graph.outputs, limits: limits)
      .response(to: body, in: request, outputs)
  }

  /// Runs the interpreter.
  private func respond(
    to body: InferBody, in request: Span<UInt8>, _ inputs: [RequestReader.Input],
    _ weights: ArenaBlock
  ) throws(EngineError) -> SecretBytes {
    #if Mock
      defer { arena.callWitness() }
    #endif
    let inputs = try RequestReader.tensors(inputs, in: request, arena: arena)
    let interpreter = Interpreter(
      graph: graph, weights: weights, arena: arena, limits: limits, cancellation: cancellation)
    let outputs = try interpreter.run(inputs)
    return try ResponseWriter(outputs: graph.topology.graph.outputs, limits: limits)
      .response(to: body, in: request, outputs)
  }

  /// Whether the prepared path is in use.
  var isPlanned: Bool { state.withLock { $0.planned != nil } }

  /// Lends the prepared path and the weights, for tests; throws `wiped` without either.
  func withPlanned<Result>(_ body: (PlannedModel, ArenaBlock) throws -> Result) throws -> Result {
    try state.withLock { state in
      guard let planned = state.planned, let weights = state.weights else {
        throw EngineError.wiped
      }
      return try body(planned, weights)
    }
  }

  /// Operators that the rewriting left as they were, or nil without the prepared path.
  var plannedOperators: Set<String>? {
    state.withLock { state in
      guard let nodes = state.planned?.program.nodes else { return nil }
      return Set(
        nodes.compactMap { node in
          if case .plain(let plain) = node.operation { return plain.operation }
          return nil
        })
    }
  }

  /// The multiply-adds of all matrix products in the last request's graph; nil before the first and
  /// where the model runs without the prepared path.
  public var multiplyAdds: Int? { state.withLock { $0.planned?.multiplyAdds } }

  /// Asks a running inference to stop before its next operator; it throws `cancelled`.
  ///
  /// The model runs nothing afterwards: this is the first half of a wipe from another thread.
  public func cancel() { cancellation.set() }

  /// Destroys the model: waits for a running inference to stop, then wipes the whole arena.
  public func wipe() -> SecretArena.WipeCount {
    cancel()
    return state.withLock { state in
      let isOpen = state.weights != nil
      state.weights = nil
      state.sealed = nil
      state.planned = nil
      state.isWiped = true
      let count = arena.wipe()
      if isOpen { state.exposure = clock.nanoseconds() &- beganNanoseconds }
      return count
    }
  }
}
