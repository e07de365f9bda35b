import PropertyTesting

/// Numbers by fingerprint: what has been met before, and a memory for pure functions.
///
/// Open addressing; at most half of the slots are in use.
struct InternTable {
  private var keys: ContiguousArray<Fingerprint>
  private var values: ContiguousArray<UInt32>
  private var mask: Int
  private(set) var count = 0

  /// An empty table.
  init() {
    keys = ContiguousArray(repeating: .zero, count: 1 << 10)
    values = ContiguousArray(repeating: 0, count: 1 << 10)
    mask = keys.count - 1
  }

  /// The number of a fingerprint; nil where there is none.
  func find(_ key: Fingerprint) -> UInt32? {
    var slot = Int(truncatingIfNeeded: key.low) & mask
    while keys[slot] != .zero {
      if keys[slot] == key { return values[slot] }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Remembers a number under a fingerprint that has none.
  mutating func insert(_ key: Fingerprint, _ value: UInt32) {
    precondition(key != .zero, "zero marks a free slot")
    place(key, value)
    count += 1
    if count * 2 > keys.count { grow() }
  }

  private mutating func place(_ key: Fingerprint, _ value: UInt32) {
    var slot = Int(truncatingIfNeeded: key.low) & mask
    while keys[slot] != .zero { slot = (slot + 1) & mask }
    keys[slot] = key
    values[slot] = value
  }

  private mutating func grow() {
    let oldKeys = keys
    let oldValues = values
    keys = ContiguousArray(repeating: .zero, count: oldKeys.count * 2)
    values = ContiguousArray(repeating: 0, count: oldKeys.count * 2)
    mask = keys.count - 1
    for index in oldKeys.indices where oldKeys[index] != .zero {
      place(oldKeys[index], oldValues[index])
    }
  }
}

/// What can be a member of a history.
protocol HistoryItem {
  /// Feeds all that the item consists of.
  func feed(into builder: inout FingerprintBuilder)
}

/// Growing lists, each known by the number of its last node: equal lists have equal numbers.
struct Histories<Item: HistoryItem> {
  /// A list's last item and the list before it.
  struct Node {
    let parent: UInt32
    let item: Item
  }

  /// The list without items.
  static var empty: UInt32 { 0 }

  private var nodes: ContiguousArray<Node> = []
  private var index = InternTable()

  /// The number of a list with one more item.
  mutating func append(_ item: Item, to list: UInt32) -> UInt32 {
    var builder = FingerprintBuilder()
    builder.combine(UInt64(list))
    item.feed(into: &builder)
    let key = builder.finish()
    if let known = index.find(key) { return known }
    nodes.append(Node(parent: list, item: item))
    let number = UInt32(nodes.count)
    index.insert(key, number)
    return number
  }

  /// The last node of a list that is not empty.
  @inline(__always)
  func last(of list: UInt32) -> Node { nodes[Int(list) - 1] }

  /// The items in their order.
  func items(of list: UInt32) -> [Item] {
    var reversed: [Item] = []
    var list = list
    while list != Self.empty {
      let node = last(of: list)
      reversed.append(node.item)
      list = node.parent
    }
    return reversed.reversed()
  }
}
