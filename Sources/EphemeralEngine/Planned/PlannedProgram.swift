internal import EphemeralModel
internal import KernelInterface

/// A graph rewritten once at assembly, and what it needs of the weights; shapes are still open.
struct PlannedProgram {
  let topology: Topology
  let nodes: [PlannedNode]
  let derived: DerivedWeights
  /// Where each product finds its packed matrix, and each convolution its factors and addends.
  let panels: [PanelKey: Place]
  let foldings: [ValueID: (factors: Place, addends: Place)]
  /// Element types, as far as the catalogue can tell.
  let types: [ElementType?]
  /// Kernels of the interpreter by the first output, for nodes that depend on shapes alone.
  let interpreted: [ValueID: OperatorTable.Kernel]
  /// Constants that are packed in place and so have no rows any more.
  let packedConstants: Set<ValueID>
  /// What the constants are and where they lie.
  let constants: [ValueID: Constant]
  /// Whether the weights stay between requests, and so may what is worked out of them.
  let keepsWeights: Bool
  /// Tensors that are read only row by row, as indices name them: their rows may be opened then.
  let tables: RowTables
  /// Constants that were worked out at assembly, held for their places.
  let folded: [ValueID: Tensor]

  /// A constant as one kind of product reads it: the same matrix may be packed in several ways.
  struct PanelKey: Hashable {
    let weight: ValueID
    let depth: Int
    let columns: Int
    let groups: Int
    let form: DerivedWeights.Form

    init(_ linear: PlannedNode.Linear) {
      (weight, depth, columns) = (linear.weight, linear.depth, linear.columns)
      groups = 1
      form = .matrix(isTransposed: linear.isTransposed)
    }

    init(_ convolved: PlannedNode.Convolved) {
      let (channels, taps) = (convolved.filters[1], convolved.filters[2] * convolved.filters[3])
      (weight, groups) = (convolved.weight, convolved.group)
      (depth, columns) = (channels * taps, convolved.filters[0] / convolved.group)
      form = .filters(channels: channels, taps: taps)
    }
  }

  /// A constant of the blob, or worked out of such.
  struct Constant {
    let type: ElementType
    let shape: Shape
    let place: Place
    var byteCount: Int { shape.count * type.byteCount }
  }

  /// Rewrites a graph, or returns nil where some node has no prepared form.
  ///
  /// - Parameters:
  ///   - weights: the opened weights; a few small constants are read.
  ///   - context: what nodes of constants alone may use to be worked out now; nil to leave them.
  init?(
    _ graph: PreparedGraph, weights: ArenaBlock, kernels: KernelTable, folding context: RunContext?
  ) throws(EngineError) {
    let topology = graph.topology
    var tensors: [ValueID: Tensor] = [:]
    var constants: [ValueID: Constant] = [:]
    for constant in topology.graph.constants {
      guard topology.tensors.indices.contains(constant.tensor) else { throw .topologyInvalid }
      let entry = topology.tensors[constant.tensor]
      let shape = try Shape(entry.shape)
      guard entry.offset >= 0, entry.byteCount == shape.count * entry.elementType.byteCount,
        entry.byteCount <= weights.byteCount - entry.offset
      else { throw .topologyInvalid }
      constants[constant.id] = Constant(
        type: entry.elementType, shape: shape,
        place: Place(space: .weights, offset: entry.offset))
      tensors[constant.id] = Tensor(
        type: entry.elementType, shape: shape, block: weights, offset: entry.offset)
    }
    let types = Self.types(of: topology)
    for node in topology.graph.nodes where !Self.isPlannable(node, types) { return nil }
    var interpreted: [ValueID: OperatorTable.Kernel] = [:]
    for step in graph.body.steps {
      guard let first = step.outputs.first(where: { $0 != 0 }),
        case .kernel(let kernel) = step.work
      else { continue }
      interpreted[first] = kernel
    }
    self.interpreted = interpreted
    keepsWeights = context != nil
    var shared: Set<ValueID> = []
    let folded =
      context.map { Self.fold(topology.graph.nodes, &tensors, interpreted, $0, &shared) } ?? [:]
    for (id, tensor) in folded {
      let address = UInt(bitPattern: unsafe tensor.bytes.base)
      constants[id] = Constant(
        type: tensor.type, shape: tensor.shape,
        place: Place(space: .fixed, offset: Int(bitPattern: address)))
    }
    let rest = topology.graph.nodes.filter { node in
      !node.outputs.contains { folded[$0] != nil }
    }
    var rewriter = GraphRewriter(topology, nodes: rest, constants: ConstantTable(tensors))
    rewriter.rewrite()
    nodes = GraphRewriter.gatherProducts(rewriter.result)
    self.topology = topology
    self.types = types
    self.folded = folded

    var planning = Planning(topology, rest, constants, kernels, shared: shared)
    for node in nodes { planning.visit(node) }
    planning.derived.finish()
    derived = planning.derived
    panels = planning.panels
    foldings = planning.foldings
    packedConstants = planning.packed
    self.constants = constants
    tables = context == nil ? RowTables(topology) : RowTables()
  }

  /// The most work that goes into constants, as ``EngineLimits/maximumOperations`` counts it: some
  /// seconds, which nobody can cancel.
  private static let foldingOperations = 1 << 32

  /// Works out the nodes all of whose inputs are constants, as far as memory and work suffice.
  ///
  /// - Parameter shared: gains the constants that are other names for the same bytes.
  private static func fold(
    _ nodes: [Node], _ tensors: inout [ValueID: Tensor],
    _ kernels: [ValueID: OperatorTable.Kernel], _ context: RunContext,
    _ shared: inout Set<ValueID>
  ) -> [ValueID: Tensor] {
    context.limit(to: foldingOperations)
    var folded: [ValueID: Tensor] = [:]
    // Half of what is free is left for activations.
    var room = max(context.arena.budget - context.arena.mappedBytes, 0) / 2
    for node in nodes {
      guard let first = node.firstOutput, let kernel = kernels[first],
        node.inputs.allSatisfy({ $0 == 0 || tensors[$0] != nil }),
        node.inputs.contains(where: { $0 != 0 })
      else { continue }
      var call = Call(
        inputs: node.inputs.map { tensors[$0] }, wanted: node.outputs.map { $0 != 0 },
        context: context)
      // What does not work now stays a node, and tells when it runs.
      do throws(EngineError) {
        try kernel(&call)
      } catch { continue }
      let byteCount = call.outputs.reduce(0) { $0 + ($1?.byteCount ?? 0) }
      guard byteCount <= room else { continue }
      room -= byteCount
      for (id, tensor) in zip(node.outputs, call.outputs) where id != 0 {
        guard let tensor else { continue }
        for input in node.inputs where tensors[input]?.sharesBlock(with: tensor) ?? false {
          shared.formUnion([input, id])
        }
        tensors[id] = tensor
        folded[id] = tensor
      }
    }
    return folded
  }

  /// How many nodes from `index` on are products of one value, to be run as one; at least 1.
  func joined(at index: Int) -> Int {
    guard let factor = nodes[index].soleFactor else { return 1 }
    return nodes[index...].prefix { $0.soleFactor == factor }.count
  }

  /// The derived weights while they are planned.
  private struct Planning {
    let entries: [ValueID: Constant]
    let kernels: KernelTable
    /// How many nodes read the constants that share a tensor, and those that were worked out.
    private var readers: [Int: Int] = [:]
    private var foldedReaders: [ValueID: Int] = [:]
    private let tensorOf: [ValueID: Int]
    /// Tensors that share bytes with others, as those of a hostile table may.
    private var overlapping: Set<Int> = []
    private let shared: Set<ValueID>
    var derived = DerivedWeights()
    var panels: [PanelKey: Place] = [:]
    var foldings: [ValueID: (factors: Place, addends: Place)] = [:]
    var packed: Set<ValueID> = []

    init(
      _ topology: Topology, _ nodes: [Node], _ entries: [ValueID: Constant],
      _ kernels: KernelTable, shared: Set<ValueID>
    ) {
      self.entries = entries
      self.kernels = kernels
      self.shared = shared
      var tensorOf: [ValueID: Int] = [:]
      for constant in topology.graph.constants { tensorOf[constant.id] = constant.tensor }
      self.tensorOf = tensorOf
      for node in nodes {
        for id in node.inputs {
          if let tensor = tensorOf[id] {
            readers[tensor, default: 0] += 1
          } else if entries[id] != nil {
            foldedReaders[id, default: 0] += 1
          }
        }
        // A tensor in an attribute is read there.
        for attribute in node.attributes {
          if case .tensor(let index) = attribute.value { readers[index, default: 0] += 2 }
        }
      }
      let order = topology.tensors.indices.sorted {
        topology.tensors[$0].offset < topology.tensors[$1].offset
      }
      var (end, owner) = (0, 0)
      for index in order where topology.tensors[index].byteCount > 0 {
        let entry = topology.tensors[index]
        if entry.offset < end { overlapping.formUnion([index, owner]) }
        if entry.offset + entry.byteCount > end {
          (end, owner) = (entry.offset + entry.byteCount, index)
        }
      }
      for output in topology.graph.outputs {
        if let tensor = tensorOf[output.id] { readers[tensor, default: 0] += 2 }
        foldedReaders[output.id, default: 0] += 2
      }
      for id in shared { if let tensor = tensorOf[id] { readers[tensor, default: 0] += 2 } }
    }

    private func isExclusive(_ id: ValueID) -> Bool {
      guard let tensor = tensorOf[id] else {
        return foldedReaders[id] == 1 && !shared.contains(id)
      }
      return readers[tensor] == 1 && !overlapping.contains(tensor)
    }

    private mutating func pack(_ key: PanelKey) {
      guard panels[key] == nil, let entry = entries[key.weight] else { return }
      let place = derived.pack(
        entry.place, byteCount: entry.byteCount, depth: key.depth, columns: key.columns,
        groups: key.groups, form: key.form, isExclusive: isExclusive(key.weight),
        kernels: kernels)
      panels[key] = place
      if place == entry.place { packed.insert(key.weight) }
    }

    mutating func visit(_ node: PlannedNode) {
      switch node.operation {
      case .linear(let linear):
        pack(PanelKey(linear))
      case .convolution(let convolved):
        pack(PanelKey(convolved))
        derived.needZeros(convolved.filters[1] * convolved.filters[3])
        if let normalization = convolved.batchNormalization {
          fold(normalization, convolved.filters[0], bias: convolved.bias, for: node.outputs[0])
        }
      case .plain(let plain):
        guard plain.operation == "BatchNormalization", plain.inputs.count == 5,
          let channels = entries[plain.inputs[1]]?.shape.dims.first
        else { return }
        let normalization = PlannedNode.BatchNormalized(
          scale: plain.inputs[1], shift: plain.inputs[2], mean: plain.inputs[3],
          variance: plain.inputs[4], epsilon: plain.float("epsilon") ?? 1e-5)
        fold(normalization, channels, bias: nil, for: plain.outputs[0])
      case .attention, .normalization, .map: break
      }
    }

    private mutating func fold(
      _ normalization: PlannedNode.BatchNormalized, _ channels: Int, bias: ValueID?,
      for output: ValueID
    ) {
      let ids = [
        normalization.scale, normalization.shift, normalization.mean, normalization.variance,
      ]
      let all = ids.compactMap { entries[$0] }.filter {
        $0.shape.dims == [channels] && $0.type == .float32
      }
      guard all.count == 4 else { return }
      foldings[output] = derived.fold(
        channels: channels, scale: all[0].place, shift: all[1].place, mean: all[2].place,
        variance: all[3].place, bias: bias.flatMap { entries[$0]?.place },
        epsilon: normalization.epsilon)
    }
  }

  /// The types of all values.
  private static func types(of topology: Topology) -> [ElementType?] {
    var types = [ElementType?](repeating: nil, count: topology.valueCount + 1)
    for input in topology.graph.inputs { types[input.id] = input.elementType }
    for constant in topology.graph.constants {
      types[constant.id] = topology.tensors[constant.tensor].elementType
    }
    for node in topology.graph.nodes {
      for (index, id) in node.outputs.enumerated() where id != 0 {
        types[id] = SupportedOperators.resultType(
          of: node, at: index, tensors: topology.tensors
        ) { types[$0] }
      }
    }
    return types
  }

  /// Operators with a prepared form over f32.
  private static let overFloats: Set<String> = [
    "Abs", "Add", "AveragePool", "BatchNormalization", "Clip", "Conv", "Div", "Erf", "Exp", "Gelu",
    "Gemm", "GlobalAveragePool", "GlobalMaxPool", "HardSigmoid", "HardSwish",
    "LayerNormalization", "LeakyRelu", "MatMul", "MaxPool", "Mul", "Neg", "Pow",
    "RMSNormalization", "Reciprocal", "ReduceMax", "ReduceMean", "ReduceSum", "Relu", "Sigmoid",
    "Softmax", "Sqrt", "Sub", "Sum", "Swish", "Tanh",
  ]
  /// Operators that move elements of any type.
  private static let moving: Set<String> = [
    "Cast", "Concat", "Dropout", "Expand", "Flatten", "Gather", "Identity", "Reshape", "Shape",
    "Size", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze",
  ]
  /// Operators that appear in the arithmetic of shapes, where they are done once for each shape.
  private static let onShapes: Set<String> = [
    "And", "ConstantOfShape", "Equal", "Greater", "Less", "Mod", "Not", "Or", "Range",
    "ReduceProd", "Where", "Max", "Min", "Floor", "Ceil",
  ]

  /// Whether a node has a prepared form, as far as can be told without shapes.
  private static func isPlannable(_ node: Node, _ types: [ElementType?]) -> Bool {
    guard node.domain.isEmpty else { return false }
    for attribute in node.attributes { if case .graph = attribute.value { return false } }
    if moving.contains(node.operation) || onShapes.contains(node.operation) { return true }
    guard overFloats.contains(node.operation) else { return false }
    // Arithmetic of shapes is done by the interpreter's kernels, whatever its type.
    let type = types[node.inputs.first ?? 0]
    return type == .float32 || type == .int64 || type == .int32
  }
}
