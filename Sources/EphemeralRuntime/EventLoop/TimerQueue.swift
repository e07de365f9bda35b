/// Timers in order of deadline, those of one deadline in the order in which they were set.
///
/// A binary heap with cancellation by forgetting: a cancelled entry stays in the heap until it
/// surfaces or until forgotten entries are the majority.
package struct TimerQueue {
  private struct Entry {
    let deadline: UInt64
    let number: UInt64

    func precedes(_ other: Entry) -> Bool {
      deadline != other.deadline ? deadline < other.deadline : number < other.number
    }
  }

  private var heap: [Entry] = []
  private var actions: [UInt64: () -> Void] = [:]
  private var nextNumber: UInt64 = 0

  /// An empty queue.
  package init() {}

  /// How many timers are set.
  package var count: Int { actions.count }

  /// The earliest deadline, in nanoseconds.
  package var nextDeadline: UInt64? {
    mutating get {
      while let first = heap.first, actions[first.number] == nil { removeFirst() }
      return heap.first?.deadline
    }
  }

  package mutating func add(deadline: UInt64, _ action: @escaping () -> Void) -> TimerToken {
    let number = nextNumber
    nextNumber &+= 1
    actions[number] = action
    insert(Entry(deadline: deadline, number: number))
    return TimerToken(number: number)
  }

  package mutating func cancel(_ timer: TimerToken) {
    guard actions.removeValue(forKey: timer.number) != nil else { return }
    if heap.count > 2 * actions.count + 64 {
      let living = heap.filter { actions[$0.number] != nil }
      heap = []
      for entry in living { insert(entry) }
    }
  }

  /// Takes out the earliest timer if it is due at `now`.
  package mutating func popDue(now: UInt64) -> (() -> Void)? {
    guard let deadline = nextDeadline, deadline <= now else { return nil }
    let entry = removeFirst()
    return actions.removeValue(forKey: entry.number)
  }

  private mutating func insert(_ entry: Entry) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  @discardableResult
  private mutating func removeFirst() -> Entry {
    heap.swapAt(0, heap.count - 1)
    let removed = heap.removeLast()
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].precedes(heap[smallest]) {
        smallest = child
      }
      if smallest == parent { return removed }
      heap.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
