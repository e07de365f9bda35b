internal import EphemeralModel
internal import Synchronization

/// What one inference may still do: memory, work, and whether it goes on.
final class RunContext {
  let arena: SecretArena
  private let weights: (Int) throws(EngineError) -> Tensor
  private let cancelled: Cancellation
  private var operationsLeft: Int

  init(
    arena: SecretArena, limits: EngineLimits, cancelled: Cancellation,
    weights: @escaping (Int) throws(EngineError) -> Tensor
  ) {
    self.arena = arena
    self.cancelled = cancelled
    self.weights = weights
    operationsLeft = limits.maximumOperations
  }

  /// Accounts for work before it is done; `factors` are multiplied.
  func charge(_ factors: [Int]) throws(EngineError) {
    var product = 1
    for factor in factors {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(factor, 1))
      if overflow { throw .workExceeded }
      product = next
    }
    guard product <= operationsLeft else { throw .workExceeded }
    operationsLeft -= product
    try checkpoint()
  }

  /// Leaves at most so much work.
  func limit(to operations: Int) { operationsLeft = min(operationsLeft, operations) }

  /// Stops here if the inference was cancelled.
  func checkpoint() throws(EngineError) {
    if cancelled.isSet { throw .cancelled }
  }

  /// A tensor of the weight blob, by its index in the table.
  func weight(_ index: Int) throws(EngineError) -> Tensor { try weights(index) }
}

/// A flag that stops an inference between two operators.
final class Cancellation: Sendable {
  private let flag = Atomic(false)
  /// Whether the inference should stop.
  var isSet: Bool { flag.load(ordering: .relaxed) }
  /// Asks it to stop.
  func set() { flag.store(true, ordering: .relaxed) }
}

/// One application of an operator: its inputs, and the outputs that its kernel makes.
///
/// Inputs, outputs and scratch stay referenced here until the operator has finished, so windows
/// on their elements remain valid for the kernel's whole run.
struct Call {
  private let inputs: [Tensor?]
  private let wanted: [Bool]
  private(set) var outputs: [Tensor?]
  private var scratches: [ArenaBlock] = []
  private var kept: [Tensor] = []
  private let context: RunContext

  init(inputs: [Tensor?], wanted: [Bool], context: RunContext) {
    self.inputs = inputs
    self.wanted = wanted
    self.context = context
    outputs = [Tensor?](repeating: nil, count: wanted.count)
  }

  /// How many inputs the node names, absent ones included.
  var inputCount: Int { inputs.count }

  /// How many outputs the node names, unwanted ones included.
  var outputCount: Int { wanted.count }

  /// A required input.
  func input(_ index: Int) throws(EngineError) -> Tensor {
    guard let tensor = optional(index) else { throw .topologyInvalid }
    return tensor
  }

  /// An optional input.
  func optional(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }

  /// An input of the same element type as `Element`.
  func cells<Element: Number>(_ index: Int, _ element: Element.Type) throws(EngineError)
    -> Cells<Element>
  {
    let tensor = try input(index)
    guard tensor.type == Element.elementType else { throw .unsupportedElementType }
    return tensor.cells(element)
  }

  /// Whether the graph uses this output.
  func isWanted(_ index: Int) -> Bool { index < wanted.count && wanted[index] }

  /// Takes arena memory for an output; its bytes are arbitrary until written.
  mutating func make(_ index: Int = 0, _ type: ElementType, _ shape: Shape) throws(EngineError)
    -> Tensor
  {
    try charge(shape.extent)
    let block = try context.arena.allocate(shape.count * type.byteCount)
    let tensor = Tensor(type: type, shape: shape, block: block)
    return try give(tensor, at: index)
  }

  /// Takes arena memory for an output of `Element`s.
  mutating func cells<Element: Number>(
    output index: Int = 0, _ element: Element.Type, _ shape: Shape
  ) throws(EngineError) -> Cells<Element> {
    try make(index, Element.elementType, shape).cells(element)
  }

  /// Hands on a tensor as an output.
  @discardableResult
  mutating func give(_ tensor: Tensor, at index: Int = 0) throws(EngineError) -> Tensor {
    guard index < outputs.count else { throw .topologyInvalid }
    outputs[index] = tensor
    return tensor
  }

  /// Takes arena memory for the duration of this call.
  mutating func scratch<Element: BitwiseCopyable>(_ element: Element.Type, _ count: Int)
    throws(EngineError) -> Cells<Element>
  {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow else { throw .budgetExceeded }
    let block = try context.arena.allocate(bytes)
    scratches.append(block)
    let base = unsafe block.base.assumingMemoryBound(to: element)
    return unsafe Cells(base: base, count: count)
  }

  /// A call without inputs or outputs, for the scratch of one step of this one.
  func nested() -> Call { Call(inputs: [], wanted: [], context: context) }

  /// Runs `body` on this call's inputs with every half-width real as f32, and rounds the f32
  /// outputs, but those in `kept`, once to the type of the first half-width input.
  mutating func inSingle(
    but kept: Set<Int> = [], _ body: (inout Call) throws(EngineError) -> Void
  ) throws(EngineError) {
    var widened: [Tensor?] = []
    var target: ElementType?
    for tensor in inputs {
      guard let tensor, tensor.type.isHalf else {
        widened.append(tensor)
        continue
      }
      target = target ?? tensor.type
      widened.append(try conversion(of: tensor, to: .float32))
    }
    guard let target else { throw .unsupportedElementType }
    var inner = Call(inputs: widened, wanted: wanted, context: context)
    try body(&inner)
    for (index, made) in inner.outputs.enumerated() {
      guard let made else { continue }
      let isNarrowed = made.type == .float32 && !kept.contains(index)
      outputs[index] = isNarrowed ? try conversion(of: made, to: target) : made
    }
  }

  /// Arena memory; it lives as long as its block is referenced.
  func memory(_ byteCount: Int) throws(EngineError) -> ArenaBlock {
    try context.arena.allocate(byteCount)
  }

  /// A call like this one with another tensor as an input.
  func replacing(_ index: Int, with tensor: Tensor) -> Call {
    var changed = inputs
    changed[index] = tensor
    return Call(inputs: changed, wanted: wanted, context: context)
  }

  /// An output that has been made.
  func result(_ index: Int) throws(EngineError) -> Tensor {
    guard index < outputs.count, let made = outputs[index] else { throw .unsupportedOperator }
    return made
  }

  /// A tensor's elements as another type; the memory lives as long as this call.
  mutating func converted(_ tensor: Tensor, to type: ElementType) throws(EngineError) -> Tensor {
    if tensor.type == type { return tensor }
    let result = try conversion(of: tensor, to: type)
    kept.append(result)
    return result
  }

  /// As `converted`, for a result that the caller hands on.
  private func conversion(of tensor: Tensor, to type: ElementType) throws(EngineError) -> Tensor {
    let result = try fresh(type, tensor.shape)
    Conversion.run(tensor, into: result)
    return result
  }

  /// A tensor that the caller hands on or keeps itself; its bytes are arbitrary until written.
  func fresh(_ type: ElementType, _ shape: Shape) throws(EngineError) -> Tensor {
    try charge(shape.extent)
    return Tensor(type: type, shape: shape, block: try memory(shape.count * type.byteCount))
  }

  /// A tensor for the duration of this call; its bytes are arbitrary until written.
  mutating func scratchTensor(_ type: ElementType, _ shape: Shape) throws(EngineError) -> Tensor {
    let tensor = try fresh(type, shape)
    kept.append(tensor)
    return tensor
  }

  /// What one visit of an element costs, in multiply-adds of the vector kernels.
  static let visitCost = 32

  /// Accounts for work before it is done: the product of `factors`, steps of a cost in
  /// multiply-adds.
  func charge(_ factors: Int..., cost: Int = visitCost) throws(EngineError) {
    try context.charge(factors + [cost])
  }

  /// Stops here if the inference was cancelled; for the long loops inside one operator.
  func checkpoint() throws(EngineError) { try context.checkpoint() }

  /// A tensor of the weight blob, by its index in the table.
  func weight(_ index: Int) throws(EngineError) -> Tensor { try context.weight(index) }

  /// A tensor of at most one dimension, of i32 or i64, as numbers: axes, shapes, pads.
  ///
  /// - Parameter fixed: what an attribute of an older version said instead, if anything.
  func integers(_ index: Int, unless fixed: [Int]? = nil) throws(EngineError) -> [Int]? {
    if let fixed { return fixed }
    guard let tensor = optional(index) else { return nil }
    guard tensor.shape.rank <= 1, tensor.count <= EngineLimits.maximumShapeEntries else {
      throw .shapeMismatch
    }
    var numbers: [Int] = []
    for at in 0..<tensor.count { numbers.append(try tensor.integer(at)) }
    return numbers
  }

  /// A tensor of one i32 or i64 as a number.
  func integer(_ index: Int) throws(EngineError) -> Int? {
    guard let tensor = optional(index) else { return nil }
    guard tensor.count == 1 else { throw .shapeMismatch }
    return try tensor.integer(0)
  }
}

extension ElementType {
  /// Whether it is one of the two floating-point types of 16 bits.
  var isHalf: Bool { self == .float16 || self == .bfloat16 }
}

extension Tensor {
  /// One element of an i32 or i64 tensor.
  func integer(_ index: Int) throws(EngineError) -> Int {
    switch type {
    case .int64: Int(cells(Int64.self)[index])
    case .int32: Int(cells(Int32.self)[index])
    default: throw .unsupportedElementType
    }
  }
}
