internal import EphemeralCrypto
internal import EphemeralModel
internal import EphemeralWire
internal import Glibc
internal import KernelInterface

/// A model on the prepared path: its program, its threads, and a few bindings.
///
/// One thread at a time uses it: `AssembledModel` holds a lock around every call.
@safe final class PlannedModel: @unchecked Sendable {
  /// Bindings that are kept; the one used longest ago goes first.
  static let maximumBindings = 8

  let program: PlannedProgram
  private let pool: ComputePool
  private let frame: RunFrame
  private let arena: SecretArena
  private let limits: EngineLimits
  private let cancellation: Cancellation
  private var bindings: [Binding] = []
  private var activations: ArenaBlock?
  private var derived: ArenaBlock?

  init(
    program: PlannedProgram, pool: ComputePool, kernels: KernelTable, arena: SecretArena,
    limits: EngineLimits, cancellation: Cancellation
  ) {
    self.program = program
    self.pool = pool
    frame = RunFrame(kernels: kernels, cancellation: cancellation)
    self.arena = arena
    self.limits = limits
    self.cancellation = cancellation
  }

  /// Packs freshly opened weights.
  func prepare(weights: ArenaBlock) throws(EngineError) {
    let block: ArenaBlock
    if let derived {
      block = derived
    } else {
      block = try arena.allocate(program.derived.byteCount)
      derived = block
    }
    try program.derived.make(
      weights: weights, derived: block, arena: arena, kernels: frame.kernels, pool: pool,
      cancellation: cancellation)
  }

  /// Overwrites what was made of the weights.
  func forgetWeights() { derived?.overwrite() }

  /// The binding that was used last.
  var latestBinding: Binding? { bindings.last }

  /// The multiply-adds of all matrix products of the last run.
  var multiplyAdds: Int? { latestBinding?.steps.reduce(0) { $0 + $1.multiplyAdds } }

  /// Whether there is a binding for these shapes.
  func hasBinding(for shapes: [Shape]) -> Bool { bindings.contains { $0.shapes == shapes } }

  /// The binding for these shapes, made now if need be and moved to the end of the line.
  func binding(for shapes: [Shape], weights: ArenaBlock) throws(EngineError) -> Binding {
    if let index = bindings.firstIndex(where: { $0.shapes == shapes }) { return use(index) }
    var binder = Binder(
      program: program, arena: arena, weights: weights, limits: limits, kernels: frame.kernels,
      width: pool.width, cancellation: cancellation)
    let binding = try binder.bind(shapes)
    if bindings.count == Self.maximumBindings { bindings.removeFirst() }
    bindings.append(binding)
    return binding
  }

  /// A binding, moved to the end of the line.
  private func use(_ index: Int) -> Binding {
    let found = bindings[index]
    if index != bindings.count - 1 {
      bindings.remove(at: index)
      bindings.append(found)
    }
    return found
  }

  /// The binding for a request framed as one that was answered, if there is one; allocates nothing.
  ///
  /// - Parameter head: where the request's sequence ends.
  func binding(framedAs request: Span<UInt8>, behind head: Int) -> Binding? {
    for index in bindings.indices.reversed() {
      guard let answered = bindings[index].answered,
        answered.request.matches(request, behind: head)
      else { continue }
      return use(index)
    }
    return nil
  }

  /// Keeps how a request for the binding used last was framed.
  func remember(_ answered: AnsweredRequest?) {
    guard !bindings.isEmpty else { return }
    bindings[bindings.count - 1].answered = answered
  }

  /// Undoes the packing in place, so that the interpreter finds the rows that it knows.
  ///
  /// - Throws: `cancelled`, and then the weights are of no use any more.
  func unpack(weights: ArenaBlock) throws(EngineError) {
    try program.derived.unpack(weights: weights, arena: arena, frame)
    derived = nil
  }

  /// Makes the memory of a binding ready; the caller then writes the inputs.
  ///
  /// For a binding that has run before nothing is allocated from here to ``end(_:)``.
  func begin(_ binding: Binding, weights: ArenaBlock) throws(EngineError) -> RunFrame {
    guard let derived else { throw .wiped }
    let block = try activationBlock(binding.activationBytes)
    if arena.guardBytes > 0 {
      // What a step reads before it was written shows as well.
      unsafe memset(block.base, Int32(SecretArena.guardPattern), block.byteCount)
    }
    frame.set(
      activations: block, weights: weights,
      derived: derived, scratchOffset: binding.scratchOffset, scratchBytes: binding.scratchBytes)
    return frame
  }

  /// Runs all steps.
  ///
  /// - Parameter prepare: called before each step, which then runs unless it throws.
  func run(
    _ binding: Binding, before prepare: (PooledJob) throws(EngineError) -> Void = { _ in }
  ) throws(EngineError) {
    for step in binding.steps {
      if cancellation.isSet { throw .cancelled }
      try prepare(step)
      try pool.run(step, frame)
    }
  }

  /// Overwrites what a run wrote: exactly the binding's part of the one block.
  func end(_ binding: Binding) {
    guard let block = activations else { return }
    for range in binding.guards {
      unsafe arena.check(
        UnsafeRawBufferPointer(start: block.base + range.lowerBound, count: range.count))
    }
    unsafe explicit_bzero(block.base, min(binding.activationBytes, block.byteCount))
  }

  /// A block for the activations: the one of the last run if it is long enough.
  private func activationBlock(_ byteCount: Int) throws(EngineError) -> ArenaBlock {
    if let block = activations, block.byteCount >= byteCount { return block }
    activations = nil
    let block = try arena.allocate(byteCount)
    activations = block
    return block
  }

  /// An output as a tensor over the run's memory; valid from `run(_:)` to `end(_:)`.
  func output(_ value: BoundValue) throws(EngineError) -> Tensor {
    guard value.place.space == .activations, let block = activations else { throw .wiped }
    return Tensor(
      type: value.type, shape: value.shape, block: block, offset: value.place.offset)
  }
}
