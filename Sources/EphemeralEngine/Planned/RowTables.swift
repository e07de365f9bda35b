internal import EphemeralModel

/// Tensors of which a run reads only the rows that some indices name: embedding tables.
///
/// Where weights are opened anew for each request, the chunks of a table need not be: those with the
/// rows of the request suffice. A tensor is a table only if nothing else can ever read it.
struct RowTables: Sendable {
  /// Indices in the topology's table of tensors.
  private(set) var tensors: Set<Int> = []
  /// The graph's constants that are these tensors.
  private(set) var ids: Set<ValueID> = []

  /// No table.
  init() {}

  /// Finds the tables of a graph without subgraphs.
  ///
  /// A table consists of real numbers and is at least as long as a chunk. Every value that is this
  /// tensor is only ever the data of a `Gather` on axis 0: never its indices, never an output of the
  /// graph; and no attribute names the tensor.
  init(_ topology: Topology) {
    let reals: Set<ElementType> = [.float32, .float64, .float16, .bfloat16]
    var candidates = Set(
      topology.tensors.indices.filter { index in
        let entry = topology.tensors[index]
        return reals.contains(entry.elementType) && !entry.shape.isEmpty
          && entry.byteCount >= topology.blob.layout.chunkBytes
      })
    var tensorOf: [ValueID: Int] = [:]
    for constant in topology.graph.constants { tensorOf[constant.id] = constant.tensor }
    func exclude(_ id: ValueID) {
      if let tensor = tensorOf[id] { candidates.remove(tensor) }
    }
    for output in topology.graph.outputs { exclude(output.id) }
    for node in topology.graph.nodes {
      let gathers = Self.gathersRows(node)
      for (position, id) in node.inputs.enumerated() where position > 0 || !gathers { exclude(id) }
      for attribute in node.attributes {
        switch attribute.value {
        case .tensor(let index): candidates.remove(index)
        // The prepared path knows no subgraphs; what such a node reads is not followed here.
        case .graph: candidates.removeAll()
        case .int, .float, .string, .ints, .floats, .strings: break
        }
      }
    }
    let tables = candidates
    tensors = tables
    ids = Set(tensorOf.filter { tables.contains($0.value) }.keys)
  }

  /// Whether a node is a `Gather` on axis 0.
  private static func gathersRows(_ node: Node) -> Bool {
    node.domain.isEmpty && node.operation == "Gather" && (node.int("axis") ?? 0) == 0
  }
}
