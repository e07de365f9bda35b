internal import EphemeralModel
internal import KernelInterface

/// A graph while it is rewritten: nodes that may be replaced, who makes and who uses each value.
struct GraphRewriter {
  var nodes: [PlannedNode?]
  let constants: ConstantTable
  private var makers: [Int]
  private var uses: [Int]
  /// The sum of the users' indices: where there is one user, its index.
  private var userSums: [Int]
  private var isOutput: [Bool]

  /// The nodes of a topology but for those that were worked out already.
  init(_ topology: Topology, nodes rest: [Node], constants: ConstantTable) {
    self.constants = constants
    nodes = rest.map {
      PlannedNode(operation: .plain($0), inputs: $0.inputs, outputs: $0.outputs)
    }
    makers = [Int](repeating: -1, count: topology.valueCount + 1)
    uses = [Int](repeating: 0, count: topology.valueCount + 1)
    userSums = uses
    isOutput = [Bool](repeating: false, count: topology.valueCount + 1)
    for output in topology.graph.outputs { isOutput[output.id] = true }
    for (index, node) in nodes.enumerated() {
      for id in node?.inputs ?? [] where id != 0 {
        uses[id] += 1
        userSums[id] += index
      }
      for id in node?.outputs ?? [] where id != 0 { makers[id] = index }
    }
  }

  /// The finished order.
  var result: [PlannedNode] { nodes.compactMap(\.self) }

  /// The node that makes a value, if it is a plain one of this name.
  func maker(of id: ValueID, _ names: String...) -> (index: Int, node: Node)? {
    guard id != 0, makers[id] >= 0, let planned = nodes[makers[id]],
      case .plain(let node) = planned.operation, names.contains(node.operation)
    else { return nil }
    return (makers[id], node)
  }

  /// How often a value is used; one that is an output of the graph counts as used everywhere.
  func useCount(_ id: ValueID) -> Int { isOutput[id] ? .max : uses[id] }

  /// Whether one input of one node is all that a value is for.
  func isUsedOnce(_ id: ValueID) -> Bool { uses[id] == 1 && !isOutput[id] }

  /// The only user of a value, with its index.
  func onlyUser(of id: ValueID) -> (index: Int, node: PlannedNode)? {
    guard isUsedOnce(id), let planned = nodes[userSums[id]] else { return nil }
    return (userSums[id], planned)
  }

  /// The only user, if it is a plain node of this name.
  func onlyUser(of id: ValueID, _ names: String...) -> (index: Int, node: Node)? {
    guard let user = onlyUser(of: id), case .plain(let node) = user.node.operation,
      names.contains(node.operation)
    else { return nil }
    return (user.index, node)
  }

  /// Takes nodes out and puts one in the place of the last of them.
  mutating func replace(_ indices: [Int], with node: PlannedNode) {
    guard let place = indices.max() else { return }
    for index in indices {
      for id in nodes[index]?.inputs ?? [] where id != 0 {
        uses[id] -= 1
        userSums[id] -= index
      }
      for id in nodes[index]?.outputs ?? [] where id != 0 { makers[id] = -1 }
      nodes[index] = nil
    }
    nodes[place] = node
    for id in node.inputs where id != 0 {
      uses[id] += 1
      userSums[id] += place
    }
    for id in node.outputs where id != 0 { makers[id] = place }
  }

  /// For a sum or product of a value and a one-element constant: both.
  func scaled(_ node: Node) -> (value: ValueID, factor: Float)? {
    guard node.inputs.count == 2 else { return nil }
    if let factor = constants.scalar(node.inputs[1]) { return (node.inputs[0], factor) }
    if node.operation != "Div", node.operation != "Sub",
      let factor = constants.scalar(node.inputs[0])
    {
      return (node.inputs[1], factor)
    }
    return nil
  }

  /// The other operand of a node of two.
  static func other(_ node: Node, than id: ValueID) -> ValueID? {
    guard node.inputs.count == 2 else { return nil }
    if node.inputs[0] == id { return node.inputs[1] }
    return node.inputs[1] == id ? node.inputs[0] : nil
  }

  /// All rewritings, in the order in which they feed each other.
  mutating func rewrite() {
    for index in nodes.indices { fuseErf(index) }
    for index in nodes.indices { fuseNormalization(index) }
    for index in nodes.indices { fuseAttention(index) }
    for index in nodes.indices { startProduct(index) }
    for index in nodes.indices { extendProduct(index) }
  }
}
