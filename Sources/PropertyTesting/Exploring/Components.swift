/// The strongly connected components of a part of a state graph, by Tarjan's algorithm without
/// recursion.
struct Components {
  /// For each state the number of its component; ``none`` for states outside the part.
  private(set) var component: [UInt32]
  /// How many components there are.
  private(set) var count = 0

  /// What stands for a state that is in no component.
  static let none = UInt32.max

  private var order: [UInt32]
  private var least: [UInt32]
  private var stack: [UInt32] = []
  private var met: UInt32 = 0

  /// Finds the components of the states that `isIncluded` holds for; transitions to others do not
  /// count.
  init(of graph: StateGraph, isIncluded: (Int) -> Bool) {
    let total = graph.expanded
    component = Array(repeating: Self.none, count: total)
    order = Array(repeating: Self.none, count: total)
    least = Array(repeating: 0, count: total)
    for root in 0..<total where order[root] == Self.none && isIncluded(root) {
      search(from: UInt32(root), graph, isIncluded)
    }
  }

  private mutating func search(
    from root: UInt32, _ graph: StateGraph, _ isIncluded: (Int) -> Bool
  ) {
    var calls: [(node: UInt32, edge: Int)] = []
    enter(root, graph, &calls)
    while let (node, edge) = calls.last {
      if edge < graph.starts[Int(node) + 1] {
        calls[calls.count - 1].edge += 1
        let target = graph.targets[edge]
        guard Int(target) < graph.expanded, isIncluded(Int(target)) else { continue }
        if order[Int(target)] == Self.none {
          enter(target, graph, &calls)
        } else if component[Int(target)] == Self.none {
          // Still on the stack: a way back.
          if !isBroken("harness-misses-cycles") {
            least[Int(node)] = min(least[Int(node)], order[Int(target)])
          }
        }
      } else {
        calls.removeLast()
        if let caller = calls.last?.node {
          least[Int(caller)] = min(least[Int(caller)], least[Int(node)])
        }
        if least[Int(node)] == order[Int(node)] { close(node) }
      }
    }
  }

  private mutating func enter(
    _ node: UInt32, _ graph: StateGraph, _ calls: inout [(node: UInt32, edge: Int)]
  ) {
    order[Int(node)] = met
    least[Int(node)] = met
    met += 1
    stack.append(node)
    calls.append((node, graph.starts[Int(node)]))
  }

  /// Gives a number to the component whose first state is `node`.
  private mutating func close(_ node: UInt32) {
    while let member = stack.popLast() {
      component[Int(member)] = UInt32(count)
      if member == node { break }
    }
    count += 1
  }
}
