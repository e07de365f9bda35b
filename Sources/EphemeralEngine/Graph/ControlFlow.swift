internal import EphemeralModel

/// An operator that runs subgraphs: which, and by what rule.
indirect enum ControlFlow: Sendable {
  /// `If`: one of two.
  case branch(then: PreparedBlock, otherwise: PreparedBlock)
  /// `Loop`: one, as often as a count and a condition say.
  case loop(PreparedBlock)
  /// `Scan`: one, for each slice of its scanned inputs.
  case scan(PreparedBlock, ScanRule)

  /// ONNX's names of them.
  static let operations: Set = ["If", "Loop", "Scan"]

  /// Reads a node, or nil where it runs no subgraph.
  init?(_ node: Node) throws(EngineError) {
    guard node.domain.isEmpty else { return nil }
    switch node.operation {
    case "If":
      guard let then = node.graph("then_branch"), let otherwise = node.graph("else_branch") else {
        throw .topologyInvalid
      }
      self = .branch(then: try PreparedBlock(then), otherwise: try PreparedBlock(otherwise))
    case "Loop":
      guard let body = node.graph("body") else { throw .topologyInvalid }
      self = .loop(try PreparedBlock(body))
    case "Scan":
      guard let body = node.graph("body") else { throw .topologyInvalid }
      self = .scan(try PreparedBlock(body), try ScanRule(node, body))
    default: return nil
    }
  }
}

/// How a `Scan` slices its inputs and joins its outputs.
struct ScanRule: Sendable {
  /// One scanned tensor: along which axis, and from which end.
  struct Line: Sendable {
    let axis: Int
    let isReversed: Bool
  }

  /// How many values are carried from one iteration to the next.
  let stateCount: Int
  let inputs: [Line]
  let outputs: [Line]

  init(_ node: Node, _ body: Graph) throws(EngineError) {
    guard let scanned = node.int("num_scan_inputs"), scanned >= 1,
      body.inputs.count >= scanned, node.inputs.count == body.inputs.count
    else { throw .topologyInvalid }
    stateCount = body.inputs.count - scanned
    guard body.outputs.count >= stateCount, node.outputs.count <= body.outputs.count else {
      throw .topologyInvalid
    }
    func lines(_ side: String, _ count: Int) throws(EngineError) -> [Line] {
      let axes = node.ints("scan_\(side)_axes") ?? [Int](repeating: 0, count: count)
      let ways = node.ints("scan_\(side)_directions") ?? [Int](repeating: 0, count: count)
      guard axes.count == count, ways.count == count else { throw .topologyInvalid }
      return zip(axes, ways).map { Line(axis: $0, isReversed: $1 == 1) }
    }
    inputs = try lines("input", scanned)
    outputs = try lines("output", body.outputs.count - stateCount)
  }
}

/// The results of all iterations, one behind the other in one growing place.
struct StackedTensor {
  private let value: GraphValue
  private var type: ElementType?
  private var shape: Shape?
  private var block: ArenaBlock?
  private var count = 0

  /// A stack of what the body's output `value` gives.
  init(_ value: GraphValue) { self.value = value }

  /// Adds one iteration's result; all have one type and shape.
  mutating func append(_ tensor: Tensor, _ call: borrowing Call) throws(EngineError) {
    guard type == nil || (type == tensor.type && shape == tensor.shape) else {
      throw .shapeMismatch
    }
    (type, shape) = (tensor.type, tensor.shape)
    let size = tensor.byteCount
    try call.charge(tensor.count)
    if block == nil || (count + 1) * size > (block?.byteCount ?? 0) {
      // Twice the room each time, so that copying stays linear.
      let larger = try call.memory(max(2 * count, 4) * size)
      if let block, count > 0 {
        let old = Cells<UInt8>(block, count * size)
        Cells<UInt8>(larger, count * size).copy(old, from: 0, length: count * size, at: 0)
      }
      block = larger
    }
    if let block, size > 0 {
      Cells<UInt8>(block, (count + 1) * size)
        .copy(tensor.bytes, from: 0, length: size, at: count * size)
    }
    count += 1
  }

  /// All results joined along a new axis.
  func joined(_ line: ScanRule.Line, _ call: inout Call) throws(EngineError) -> Tensor {
    guard let type, let shape, let block else { return try empty(line, call) }
    let axis = try shape.axis(line.axis, extra: 1)
    let stacked = Tensor(type: type, shape: try Shape([count] + shape.dims), block: block)
    if axis == 0, !line.isReversed { return stacked }
    var (dims, steps) = (shape.dims, shape.strides)
    dims.insert(count, at: axis)
    steps.insert(line.isReversed ? -shape.count : shape.count, at: axis)
    let start = line.isReversed ? (count - 1) * shape.count : 0
    return try stacked.rearranged(dims, steps, from: start, call)
  }

  /// No iteration ran: what the body declares, with no size where it declares none.
  private func empty(_ line: ScanRule.Line, _ call: borrowing Call) throws(EngineError) -> Tensor {
    guard let type = value.elementType else { throw .shapeMismatch }
    var dims = (value.shape ?? []).map { if case .fixed(let size) = $0 { size } else { 0 } }
    dims.insert(0, at: try Shape(dims).axis(line.axis, extra: 1))
    return Tensor(type: type, shape: try Shape(dims), block: try call.memory(0))
  }
}

extension Cells where Element == UInt8 {
  /// The first bytes of a block.
  fileprivate init(_ block: ArenaBlock, _ count: Int) {
    precondition(count <= block.byteCount)
    // The block holds at least `count` bytes and outlives the window in its caller.
    let base = unsafe block.base.assumingMemoryBound(to: UInt8.self)
    unsafe self.init(base: base, count: count)
  }
}

extension Tensor {
  /// A copy with other dimensions, read in steps from a start.
  func rearranged(
    _ dims: [Int], _ steps: [Int], from start: Int, _ call: borrowing Call
  ) throws(EngineError) -> Tensor {
    let shape = try Shape(dims)
    try call.charge(shape.count)
    let result = Tensor(
      type: type, shape: shape, block: try call.memory(shape.count * type.byteCount))
    let copy = StridedCopy(lengths: dims, steps: steps)
    switch type.byteCount {
    case 1: copy.run(from: cells(UInt8.self), start: start, to: result.cells(UInt8.self))
    case 2: copy.run(from: cells(UInt16.self), start: start, to: result.cells(UInt16.self))
    case 4: copy.run(from: cells(UInt32.self), start: start, to: result.cells(UInt32.self))
    default: copy.run(from: cells(UInt64.self), start: start, to: result.cells(UInt64.self))
    }
    return result
  }

  /// The slice at `index` of an axis, without it.
  func slice(_ axis: Int, _ index: Int, _ call: borrowing Call) throws(EngineError) -> Tensor {
    var (dims, steps) = (shape.dims, shape.strides)
    let start = index * steps[axis]
    dims.remove(at: axis)
    steps.remove(at: axis)
    return try rearranged(dims, steps, from: start, call)
  }
}
