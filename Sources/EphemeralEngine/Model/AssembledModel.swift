public import EphemeralCrypto
internal import EphemeralModel
internal import EphemeralWire
internal import Synchronization

/// A model in its arena, ready to infer.
///
/// One inference runs at a time. With the lifetime `perInference` the plaintext weights exist only
/// while one runs: they are opened again from the session's sealed copy and wiped after it.
public final class AssembledModel: Sendable {
  private struct State: ~Copyable {
    var weights: ArenaBlock?
    var sealed: SealedWeights?
    /// The prepared path, where the graph has one.
    var planned: PlannedModel?
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
  private let state: Mutex<State>

  init(
    graph: PreparedGraph, weights: ArenaBlock, sealed: consuming SealedWeights?,
    planned: PlannedModel?, cancellation: Cancellation, arena: SecretArena, limits: EngineLimits,
    modelHash: [UInt8]
  ) {
    self.cancellation = cancellation
    self.graph = graph
    self.arena = arena
    self.limits = limits
    self.modelHash = modelHash
    weightBytes = weights.byteCount
    // A model that lives for one inference has no plaintext between them, not even at first.
    if sealed != nil {
      weights.overwrite()
      planned?.forgetWeights()
    }
    state = Mutex(
      State(weights: sealed == nil ? weights : nil, sealed: sealed, planned: planned))
  }

  /// Runs one request.
  ///
  /// - Parameter request: an InferRequest's CBOR (Spec/Protocol.md, "Inference"): the tensors' names,
  ///   element types and shapes must be those that the model declares; equal symbols are equal sizes.
  /// - Returns: the response's CBOR: the request's sequence and random bytes, and one tensor for each
  ///   output, in the model's order.
  /// - Throws: `inputInvalid`; what a kernel finds wrong; `budgetExceeded`, `workExceeded`,
  ///   `memoryUnavailable`, `wiped`, `cancelled`. The model stays usable; nothing of the request
  ///   remains in the arena.
  public func infer(request: Span<UInt8>) throws(EngineError) -> SecretBytes {
    var failure = EngineError.wiped
    let response: SecretBytes? = state.withLock { state in
      if state.isWiped { return nil }
      // The prepared path overwrites its one block itself.
      var isClean = false
      defer { if !isClean { arena.wipeFree() } }
      do throws(EngineError) {
        let weights = try openWeights(&state)
        let isShared = state.weights != nil
        defer {
          if !isShared {
            weights.overwrite()
            state.planned?.forgetWeights()
          }
        }
        let body: InferBody
        do {
          body = try InferBody(decoding: request)
        } catch { throw EngineError.inputInvalid }
        if let planned = state.planned {
          let inputs = try RequestReader(inputs: graph.topology.graph.inputs)
            .matched(body, in: request)
          if let binding = try binding(planned, inputs, weights, &state, isShared) {
            let response = try respond(
              to: body, in: request, inputs, planned, binding, weights: weights)
            isClean = isShared
            return response
          }
        }
        return try respond(to: body, in: request, weights: weights)
      } catch {
        failure = error
        return nil
      }
    }
    guard let response else { throw failure }
    return response
  }

  /// The weights for one inference.
  private func openWeights(_ state: inout State) throws(EngineError) -> ArenaBlock {
    if let weights = state.weights { return weights }
    let place = try arena.allocate(weightBytes)
    guard state.sealed != nil else { throw .wiped }
    try state.sealed?.open(into: place)
    try state.planned?.prepare(weights: place)
    return place
  }

  /// The binding for a request's shapes, or nil where the prepared path does not know a form that
  /// only the shapes showed: then the model goes back to the interpreter for good.
  private func binding(
    _ planned: PlannedModel, _ inputs: [RequestReader.Input], _ weights: ArenaBlock,
    _ state: inout State, _ isShared: Bool
  ) throws(EngineError) -> Binding? {
    do throws(EngineError) {
      return try planned.binding(for: inputs.map(\.shape), weights: weights)
    } catch {
      guard error == .unsupportedOperator || error == .unsupportedElementType else { throw error }
      try planned.unpack(weights: weights)
      state.planned = nil
      return nil
    }
  }

  /// Runs the prepared path.
  private func respond(
    to body: InferBody, in request: Span<UInt8>, _ inputs: [RequestReader.Input],
    _ planned: PlannedModel, _ binding: Binding, weights: ArenaBlock
  ) throws(EngineError) -> SecretBytes {
    let frame = try planned.begin(binding, weights: weights)
    defer { planned.end(binding) }
    for (input, value) in zip(inputs, binding.inputs) {
      let bytes = unsafe Cells(
        base: frame.bytes(value.place).assumingMemoryBound(to: UInt8.self),
        count: value.byteCount)
      try input.copy(from: request, to: bytes)
    }
    try planned.run(binding)
    var outputs: [Tensor] = []
    for value in binding.outputs {
      outputs.append(try planned.output(value))
    }
    return try ResponseWriter(outputs: graph.topology.graph.outputs, limits: limits)
      .response(to: body, in: request, outputs)
  }

  private func respond(to body: InferBody, in request: Span<UInt8>, weights: ArenaBlock)
    throws(EngineError) -> SecretBytes
  {
    let inputs = try RequestReader(inputs: graph.topology.graph.inputs)
      .tensors(of: body, in: request, arena: arena)
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
      state.weights = nil
      state.sealed = nil
      state.planned = nil
      state.isWiped = true
      return arena.wipe()
    }
  }
}
