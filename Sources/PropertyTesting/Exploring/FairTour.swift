/// Looks for a cycle through a state that meets what each fairness class asks for.
struct FairTour {
  /// A place on the way: a state, and one bit for each class that was met since the entry.
  private struct Place: Hashable {
    let node: UInt32
    let met: UInt64
  }

  let graph: StateGraph
  let component: [UInt32]
  /// The state where the tour begins and ends; its component must be fair.
  let entry: UInt32
  let fairness: UInt64
  /// How many places the search for a shortest tour may keep; beyond, a tour is put together from
  /// the shortest ways to one class after the other. Nil for four times the states, so that a few
  /// classes are always met by a shortest tour, and many never take exponential time.
  var maximumPlaces: Int?

  /// The ordinals of the steps of a shortest tour, or of some tour where there are too many places.
  func shortest() -> [UInt32] {
    let start = Place(node: entry, met: disabled(entry))
    let bound = maximumPlaces ?? max(1 << 14, 4 * graph.expanded)
    if let tour = way(from: start, bound: bound, isEnd: isEnd) { return tour.steps }
    var steps: [UInt32] = []
    var place = start
    while place.met != fairness {
      // The set of met classes does not change before the search ends, so each state is one place.
      let met = place.met
      guard let leg = way(from: place, bound: .max, isEnd: { $0.met != met }) else { break }
      steps += leg.steps
      place = leg.end
    }
    if isEnd(place) && !steps.isEmpty { return steps }
    return steps + (way(from: place, bound: .max, isEnd: isEnd)?.steps ?? [])
  }

  private func isEnd(_ place: Place) -> Bool { place.node == entry && place.met == fairness }

  private func disabled(_ node: UInt32) -> UInt64 {
    ~graph.enabledClasses(of: Int(node)) & fairness
  }

  /// A shortest way of at least one step to a place that ends the search.
  private func way(
    from start: Place, bound: Int, isEnd: (Place) -> Bool
  ) -> (steps: [UInt32], end: Place)? {
    var places: [(place: Place, parent: Int, ordinal: UInt32)] = [(start, -1, 0)]
    var known: Set<Place> = []
    var head = 0
    while head < places.count {
      let (place, _, _) = places[head]
      let edges = graph.edges(of: Int(place.node))
      for edge in edges {
        let target = graph.targets[edge]
        guard Int(target) < graph.expanded,
          component[Int(target)] == component[Int(entry)]
        else { continue }
        let met = place.met | graph.classBit(of: edge) & fairness | disabled(target)
        let next = Place(node: target, met: met)
        guard known.insert(next).inserted else { continue }
        places.append((next, head, UInt32(edge - edges.lowerBound)))
        if isEnd(next) { return (steps(to: places.count - 1, places), next) }
      }
      if places.count > bound { return nil }
      head += 1
    }
    return nil
  }

  private func steps(
    to index: Int, _ places: [(place: Place, parent: Int, ordinal: UInt32)]
  ) -> [UInt32] {
    var reversed: [UInt32] = []
    var index = index
    while places[index].parent >= 0 {
      reversed.append(places[index].ordinal)
      index = places[index].parent
    }
    return reversed.reversed()
  }
}
