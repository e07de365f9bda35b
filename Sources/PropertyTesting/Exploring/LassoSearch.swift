/// Looks for a behaviour that never reaches a goal: a way to a fair cycle, or to where it may stop.
///
/// Only states that are no goals matter. A behaviour that stays among them for ever ends up in one
/// strongly connected component of theirs. Weak fairness asks for each class that the component
/// take one of its steps, or hold a state where none is possible; both are found by looking at each
/// state and transition of the component once, and a cycle through all of it meets them all.
struct LassoSearch {
  /// A way from an initial state, as the ordinals of its successors.
  struct Lasso: Equatable {
    /// The ordinal of the initial state, and one a step.
    let route: [UInt32]
    /// The number of steps before the cycle; nil where the behaviour ends.
    let cycleStart: Int?
  }

  let graph: StateGraph
  let tree: SearchTree
  /// The property's bit in the graph's goals and triggers.
  let bit: UInt64
  /// One bit for each class that may be relied on.
  let fairness: UInt64
  /// Whether a behaviour may stop where no relied class has a step to take, or only in a dead end.
  let mayStop: Bool
  /// Whether the search begins at the initial states alone, or at each state with a trigger.
  let startsAtRoots: Bool

  /// How each state was reached: from where and as which successor.
  private var parents: [UInt32]
  private var ordinals: [UInt32]
  /// The states reached, nearest first.
  private var reached: [UInt32] = []

  private static let unreached = UInt32.max - 1

  init(
    graph: StateGraph, tree: SearchTree, property: Int, fairness: UInt64, mayStop: Bool,
    startsAtRoots: Bool
  ) {
    self.graph = graph
    self.tree = tree
    self.fairness = fairness
    self.mayStop = mayStop
    self.startsAtRoots = startsAtRoots
    bit = 1 << UInt64(property)
    parents = Array(repeating: Self.unreached, count: graph.expanded)
    ordinals = Array(repeating: 0, count: graph.expanded)
  }

  /// The lasso with a shortest stem, and for that stem a shortest cycle; nil where all is well.
  mutating func run() -> Lasso? {
    reach()
    let parents = parents
    let components = Components(of: graph) { parents[$0] != Self.unreached }
    let fair = fairComponents(components)
    for node in reached {
      if canStop(in: Int(node)) {
        return Lasso(route: stem(to: node), cycleStart: nil)
      }
      if fair[Int(components.component[Int(node)])] {
        let stem = stem(to: node)
        let tour = FairTour(
          graph: graph, component: components.component, entry: node, fairness: fairness)
        return Lasso(route: stem + tour.shortest(), cycleStart: stem.count - 1)
      }
    }
    return nil
  }

  private func canStop(in node: Int) -> Bool {
    mayStop
      ? graph.enabledClasses(of: node) & fairness == 0 : graph.edges(of: node).isEmpty
  }

  private func isOpen(_ node: Int) -> Bool { graph.goals[node] & bit == 0 }

  /// Reaches all states that are no goals from the sources, by the total number of steps.
  ///
  /// Sources lie in the order of their depth, and no way to a source is shorter than its depth; so
  /// each level is what the last one leads to, and the sources of its own depth.
  private mutating func reach() {
    let depths = tree.depths()
    var level: [UInt32] = []
    var depth: UInt32 = 0
    var source = 0
    while true {
      while source < graph.expanded {
        if isSource(source) && parents[source] == Self.unreached {
          if level.isEmpty { depth = depths[source] }
          guard depths[source] == depth else { break }
          parents[source] = SearchTree.root
          level.append(UInt32(source))
        }
        source += 1
      }
      if level.isEmpty { return }
      reached += level
      level = successors(of: level)
      depth += 1
    }
  }

  private func isSource(_ node: Int) -> Bool {
    guard isOpen(node) else { return false }
    return startsAtRoots
      ? tree.parents[node] == SearchTree.root : graph.triggers[node] & bit != 0
  }

  /// The states that a level leads to and that were not reached before.
  private mutating func successors(of level: [UInt32]) -> [UInt32] {
    var next: [UInt32] = []
    for node in level {
      let edges = graph.edges(of: Int(node))
      for edge in edges {
        let target = Int(graph.targets[edge])
        guard target < graph.expanded, isOpen(target), parents[target] == Self.unreached else {
          continue
        }
        parents[target] = node
        ordinals[target] = UInt32(edge - edges.lowerBound)
        next.append(UInt32(target))
      }
    }
    return next
  }

  private func stem(to node: UInt32) -> [UInt32] {
    var reversed: [UInt32] = []
    var node = node
    while parents[Int(node)] != SearchTree.root {
      reversed.append(ordinals[Int(node)])
      node = parents[Int(node)]
    }
    return tree.route(to: node) + reversed.reversed()
  }

  /// For each component whether a fair behaviour can stay in it for ever.
  private func fairComponents(_ components: Components) -> [Bool] {
    var met = Array(repeating: 0 as UInt64, count: components.count)
    var cycles = Array(repeating: false, count: components.count)
    for node in reached {
      let own = components.component[Int(node)]
      met[Int(own)] |= ~graph.enabledClasses(of: Int(node))
      for edge in graph.edges(of: Int(node)) {
        let target = Int(graph.targets[edge])
        guard target < graph.expanded, components.component[target] == own else { continue }
        cycles[Int(own)] = true
        met[Int(own)] |= graph.classBit(of: edge)
      }
    }
    return zip(met, cycles).map { $0 & fairness == fairness && $1 }
  }
}

extension StateGraph {
  /// One bit for the class of a transition; none where it has no class.
  func classBit(of edge: Int) -> UInt64 {
    classes[edge] == Self.noClass ? 0 : 1 << UInt64(classes[edge])
  }

  /// One bit for each class of which some step is possible in a state.
  func enabledClasses(of node: Int) -> UInt64 {
    edges(of: node).reduce(0) { $0 | classBit(of: $1) }
  }
}
