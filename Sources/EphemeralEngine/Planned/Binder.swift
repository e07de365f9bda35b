internal import EphemeralModel
internal import KernelInterface

/// A value while a binding is made: what it is and where.
struct BoundValue {
  var type: ElementType
  /// The dimensions that the graph means.
  var shape: Shape
  /// Whether a rank-4 value lies as (batch, y, x, channel) instead of (batch, channel, y, x).
  var isChannelsLast = false
  var place: Place
  /// The buffer that holds it, for activations.
  var buffer: Int?
  /// Its elements, where they follow from shapes and small constants alone.
  var known: Tensor?

  var byteCount: Int { shape.count * type.byteCount }
}

/// Resolves a program for one signature of input shapes: places, steps, work.
///
/// Everything that a hostile graph or request can make wrong about shapes is found here, before
/// any kernel runs.
struct Binder {
  /// Elements of a value that is worked out while binding, at most.
  static let maximumKnown = 4_096
  /// Steps, parts of steps and known values of one binding, at most: they lie in ordinary memory,
  /// some hundred bytes each. A graph that needs more runs on the interpreter.
  static let maximumEntries = 1 << 17

  let program: PlannedProgram
  let arena: SecretArena
  let weights: ArenaBlock
  let limits: EngineLimits
  let kernels: KernelTable
  let width: Int
  private(set) var steps: [PooledJob] = []
  private(set) var work = 0
  private var entries = 0
  private(set) var scratchFloats = 0
  private(set) var knowns: [Tensor] = []
  private var values: [BoundValue?]
  /// The same values in the other layout.
  private var turned: [BoundValue?]
  private var remaining: [Int]
  private var plan: MemoryPlan
  private var buffers: [(offset: Int, byteCount: Int, holders: Int)] = []
  let context: RunContext

  init(
    program: PlannedProgram, arena: SecretArena, weights: ArenaBlock, limits: EngineLimits,
    kernels: KernelTable, width: Int, cancellation: Cancellation
  ) {
    self.program = program
    self.arena = arena
    self.weights = weights
    self.limits = limits
    self.kernels = kernels
    self.width = width
    plan = MemoryPlan(guardBytes: arena.guardBytes)
    let count = program.topology.valueCount + 1
    values = [BoundValue?](repeating: nil, count: count)
    turned = values
    remaining = [Int](repeating: 0, count: count)
    let topology = program.topology
    context = RunContext(arena: arena, limits: limits, cancelled: cancellation) {
      (index) throws(EngineError) in
      guard topology.tensors.indices.contains(index) else { throw .topologyInvalid }
      let entry = topology.tensors[index]
      guard entry.offset >= 0, entry.byteCount <= weights.byteCount - entry.offset else {
        throw .topologyInvalid
      }
      return Tensor(
        type: entry.elementType, shape: try Shape(entry.shape), block: weights,
        offset: entry.offset)
    }
  }

  /// Makes a binding for inputs of these shapes.
  mutating func bind(_ shapes: [Shape]) throws(EngineError) -> Binding {
    let graph = program.topology.graph
    for node in program.nodes { for id in node.inputs where id != 0 { remaining[id] += 1 } }
    for output in graph.outputs { remaining[output.id] += 1 }
    for (input, shape) in zip(graph.inputs, shapes) {
      guard let type = input.elementType else { throw .topologyInvalid }
      remaining[input.id] += 1
      _ = try make(input.id, type, shape)
    }
    let inputs = graph.inputs.map { values[$0.id] }
    for (id, constant) in program.constants where remaining[id] > 0 {
      if !program.packedConstants.contains(id) { try define(id, constant) }
    }
    for input in graph.inputs { release(input.id) }
    var next = 0
    while next < program.nodes.count {
      let run = program.nodes[next..<next + program.joined(at: next)]
      if run.count > 1 { try visit(joined: run) } else { try visit(program.nodes[next]) }
      for node in run {
        for id in node.inputs where id != 0 { release(id) }
        for id in node.outputs where id != 0 && remaining[id] == 0 { drop(id) }
      }
      next += run.count
    }
    var outputs: [BoundValue] = []
    for output in graph.outputs { outputs.append(try ownOutput(output.id)) }
    let products = steps.compactMap { $0 as? ProductStep }
    for (product, next) in zip(products, products.dropFirst()) { product.precede(next) }
    let scratchBytes = SecretArena.roundUp(scratchFloats * 4, SecretArena.alignment)
    let (allScratch, overflow) = scratchBytes.multipliedReportingOverflow(by: width)
    guard !overflow, work <= limits.maximumOperations else { throw .workExceeded }
    // Behind everything: what is free at the end was in use before.
    let scratchOffset = plan.byteCount
    guard allScratch <= arena.budget - scratchOffset else { throw .budgetExceeded }
    return Binding(
      shapes: shapes, inputs: inputs.compactMap(\.self), outputs: outputs, steps: steps,
      knowns: knowns, activationBytes: scratchOffset + allScratch, scratchOffset: scratchOffset,
      scratchBytes: scratchBytes, guards: plan.guards)
  }

  /// An output among the activations: constants are copied there.
  private mutating func ownOutput(_ id: ValueID) throws(EngineError) -> BoundValue {
    var value = try plain(id)
    if value.place.space == .activations { return value }
    let target = try room(value.byteCount)
    try add(
      MoveStep(
        input: value.place, output: target.0, elementBytes: value.type.byteCount,
        axes: [(value.shape.count, 1, 1)]), visits: value.shape.count)
    (value.place, value.buffer) = target
    return value
  }

  private mutating func define(_ id: ValueID, _ constant: PlannedProgram.Constant)
    throws(EngineError)
  {
    var value = BoundValue(type: constant.type, shape: constant.shape, place: constant.place)
    // Where weights do not outlive a request, of what is worked out of them only what Spec/Memory.md
    // §1 names may.
    let reals: Set<ElementType> = [.float32, .float64, .float16, .bfloat16]
    let isStructure = constant.shape.count == 1 || !reals.contains(constant.type)
    if constant.shape.count <= Self.maximumKnown && (isStructure || program.keepsWeights),
      !program.tables.ids.contains(id)
    {
      switch constant.place.space {
      case .weights:
        value.known = Tensor(
          type: constant.type, shape: constant.shape, block: weights,
          offset: constant.place.offset)
      default: value.known = program.folded[id]
      }
    }
    values[id] = value
  }

  private mutating func visit(_ node: PlannedNode) throws(EngineError) {
    try charge(1)
    switch node.operation {
    case .plain(let plain): try visit(plain: plain)
    case .linear(let linear): try visit(linear, node)
    case .convolution(let convolved): try visit(convolved, node)
    case .attention(let scale, let hasMask): try visitAttention(scale, hasMask, node)
    case .normalization(let normalized): try visit(normalized, node)
    case .map(let function): try visit(function, node)
    }
  }

  // MARK: Values

  /// A value, in whatever layout it has.
  func value(_ id: ValueID) throws(EngineError) -> BoundValue {
    guard id != 0, let value = values[id] else { throw .topologyInvalid }
    return value
  }

  /// The elements of a value, if they are known.
  func values(known id: ValueID) -> Tensor? { id == 0 ? nil : values[id]?.known }

  /// A value of f32.
  func floats(_ id: ValueID) throws(EngineError) -> BoundValue {
    let value = try value(id)
    guard value.type == .float32 else { throw .unsupportedElementType }
    return value
  }

  /// A value as the graph means it, row-major.
  mutating func plain(_ id: ValueID) throws(EngineError) -> BoundValue {
    let value = try value(id)
    return value.isChannelsLast ? try turn(id, value) : value
  }

  /// A value of rank 4 with its channels together.
  mutating func channelsLast(_ id: ValueID) throws(EngineError) -> BoundValue {
    let value = try value(id)
    guard value.shape.rank == 4 else { throw .shapeMismatch }
    return value.isChannelsLast ? value : try turn(id, value)
  }

  private mutating func turn(_ id: ValueID, _ value: BoundValue) throws(EngineError) -> BoundValue {
    if let done = turned[id] { return done }
    let dims = value.shape.dims
    let (channels, pixels) = (dims[1], dims[2] * dims[3])
    var other = value
    other.isChannelsLast.toggle()
    other.known = nil
    if channels == 1 || pixels == 1 {
      if let buffer = value.buffer { buffers[buffer].holders += 1 }
    } else {
      (other.place, other.buffer) = try room(value.byteCount)
      let (from, to) =
        value.isChannelsLast ? ((1, channels), (pixels, 1)) : ((pixels, 1), (1, channels))
      try add(
        MoveStep(
          input: value.place, output: other.place, elementBytes: value.type.byteCount,
          axes: [
            (dims[0], channels * pixels, channels * pixels), (channels, from.0, to.0),
            (pixels, from.1, to.1),
          ]), visits: value.shape.count)
    }
    turned[id] = other
    return other
  }

  /// Takes room among the activations.
  mutating func room(_ byteCount: Int) throws(EngineError) -> (Place, Int) {
    let offset = try plan.take(byteCount, limit: arena.budget)
    buffers.append((offset, byteCount, 1))
    return (Place(space: .activations, offset: offset), buffers.count - 1)
  }

  /// Makes room for an output.
  mutating func make(
    _ id: ValueID, _ type: ElementType = .float32, _ shape: Shape, isChannelsLast: Bool = false
  ) throws(EngineError) -> Place {
    let (place, buffer) = try room(shape.count * type.byteCount)
    values[id] = BoundValue(
      type: type, shape: shape, isChannelsLast: isChannelsLast, place: place, buffer: buffer)
    return place
  }

  /// Makes an output of the same bytes as another value, or of a part of them.
  mutating func alias(
    _ id: ValueID, of value: BoundValue, _ shape: Shape, byteOffset: Int = 0
  ) throws(EngineError) {
    guard byteOffset >= 0, shape.count * value.type.byteCount <= value.byteCount - byteOffset
    else { throw .shapeMismatch }
    var other = value
    other.shape = shape
    other.place = value.place.advanced(by: byteOffset)
    other.known = nil
    if let buffer = value.buffer { buffers[buffer].holders += 1 }
    values[id] = other
  }

  /// Makes an output of elements that are known now.
  mutating func give(_ id: ValueID, known tensor: Tensor) {
    knowns.append(tensor)
    let address = UInt(bitPattern: unsafe tensor.bytes.base)
    values[id] = BoundValue(
      type: tensor.type, shape: tensor.shape,
      place: Place(space: .fixed, offset: Int(bitPattern: address)), known: tensor)
  }

  private mutating func release(_ id: ValueID) {
    remaining[id] -= 1
    if remaining[id] == 0 { drop(id) }
  }

  private mutating func drop(_ id: ValueID) {
    for value in [values[id], turned[id]] {
      if let buffer = value?.buffer { free(buffer) }
    }
    values[id] = nil
    turned[id] = nil
  }

  /// Lets go of a buffer.
  mutating func free(_ buffer: Int) {
    buffers[buffer].holders -= 1
    if buffers[buffer].holders == 0 {
      plan.giveBack(buffers[buffer].offset, buffers[buffer].byteCount)
    }
  }

  // MARK: Steps

  /// Appends a step that visits so many elements, or does so many multiply-adds.
  mutating func add(_ step: PooledJob, visits: Int = 0, products: [Int] = []) throws(EngineError) {
    try charge(visits)
    if !products.isEmpty { try charge(products: products) }
    try need(entries: step.entryCount)
    if step.taskCount > 0 { steps.append(step) }
  }

  /// Accounts for what a binding keeps in ordinary memory.
  mutating func need(entries more: Int) throws(EngineError) {
    guard more <= Self.maximumEntries - entries else { throw .unsupportedOperator }
    entries += more
  }

  /// Accounts for visits of elements.
  mutating func charge(_ visits: Int) throws(EngineError) {
    try charge(products: [visits, Call.visitCost])
  }

  private mutating func charge(products: [Int]) throws(EngineError) {
    var product = 1
    for factor in products {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(factor, 1))
      if overflow { throw .workExceeded }
      product = next
    }
    let (sum, overflow) = work.addingReportingOverflow(product)
    guard !overflow, sum <= limits.maximumOperations else { throw .workExceeded }
    work = sum
  }

  /// Asks for scratch for each worker.
  mutating func needScratch(_ floats: Int) { scratchFloats = max(scratchFloats, floats) }
}
