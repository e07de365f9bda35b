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
  private let cancellation = Cancellation()
  private let state: Mutex<State>

  init(
    graph: PreparedGraph, weights: ArenaBlock, sealed: consuming SealedWeights?,
    arena: SecretArena, limits: EngineLimits, modelHash: [UInt8]
  ) {
    self.graph = graph
    self.arena = arena
    self.limits = limits
    self.modelHash = modelHash
    weightBytes = weights.byteCount
    // A model that lives for one inference has no plaintext between them, not even at first.
    if sealed != nil { weights.overwrite() }
    state = Mutex(State(weights: sealed == nil ? weights : nil, sealed: sealed))
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
      defer { arena.wipeFree() }
      do throws(EngineError) {
        let weights = try openWeights(&state)
        let isShared = state.weights != nil
        defer { if !isShared { weights.overwrite() } }
        return try respond(to: request, weights: weights)
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
    return place
  }

  private func respond(to request: Span<UInt8>, weights: ArenaBlock) throws(EngineError)
    -> SecretBytes
  {
    let body: InferBody
    do {
      body = try InferBody(decoding: request)
    } catch { throw .inputInvalid }
    let inputs = try RequestReader(inputs: graph.topology.graph.inputs)
      .tensors(of: body, in: request, arena: arena)
    let interpreter = Interpreter(
      graph: graph, weights: weights, arena: arena, limits: limits, cancellation: cancellation)
    let outputs = try interpreter.run(inputs)
    return try ResponseWriter(outputs: graph.topology.graph.outputs, limits: limits)
      .response(to: body, in: request, outputs)
  }

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
      state.isWiped = true
      return arena.wipe()
    }
  }
}
