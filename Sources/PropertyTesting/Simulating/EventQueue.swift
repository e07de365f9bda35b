/// Events in the order of their times; of equal times, in the order in which they were added.
struct EventQueue<Event> {
  private struct Entry {
    let time: UInt64
    let order: UInt64
    let event: Event

    func isBefore(_ other: Entry) -> Bool {
      time != other.time ? time < other.time : order < other.order
    }
  }

  /// A binary heap: no entry is before its parent.
  private var entries: [Entry] = []
  private var added: UInt64 = 0

  /// When the next event is due.
  var nextTime: UInt64? { entries.first?.time }

  mutating func add(_ event: Event, at time: UInt64) {
    entries.append(Entry(time: time, order: added, event: event))
    added += 1
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].isBefore(entries[parent]) else { break }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  mutating func removeFirst() -> (time: UInt64, event: Event)? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    if !entries.isEmpty {
      entries[0] = last
      sink()
    }
    return (first.time, first.event)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
        if entries[child].isBefore(entries[least]) { least = child }
      }
      guard least != parent else { return }
      entries.swapAt(parent, least)
      parent = least
    }
  }

  /// Removes the latest of the events for which `body` gives a value, and returns the value.
  mutating func withdrawLast<Value>(_ body: (Event) -> Value?) -> Value? {
    var found: (index: Int, value: Value)?
    for (index, entry) in entries.enumerated() {
      guard let value = body(entry.event) else { continue }
      if let best = found, entry.isBefore(entries[best.index]) { continue }
      found = (index, value)
    }
    guard let found else { return nil }
    entries.remove(at: found.index)
    // Sorted ascending, an array is a heap.
    entries.sort { $0.isBefore($1) }
    return found.value
  }
}
