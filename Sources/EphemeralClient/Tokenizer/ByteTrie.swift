/// Words by their bytes, for the longest that a text begins with.
struct ByteTrie: Sendable {
  /// A place in the trie: what has been read so far.
  typealias Node = Int32
  /// Nothing read yet.
  static let root: Node = 0

  private var children: [UInt64: Node] = [:]
  private var values: [Int32] = [-1]

  /// An empty trie with room for a number of bytes.
  init(capacity: Int = 0) {
    children.reserveCapacity(capacity)
    values.reserveCapacity(capacity)
  }

  /// Gives a word its value, not negative; the first of equal words keeps its own.
  mutating func insert(_ word: some Sequence<UInt8>, _ value: Int32) {
    var node = Self.root
    for byte in word {
      let key = Self.key(node, byte)
      if let next = children[key] {
        node = next
      } else {
        let next = Node(values.count)
        children[key] = next
        values.append(-1)
        node = next
      }
    }
    if values[Int(node)] < 0 { values[Int(node)] = value }
  }

  /// The place one byte further, or nil where no word goes on like this.
  func next(_ node: Node, _ byte: UInt8) -> Node? { children[Self.key(node, byte)] }

  /// The place after some bytes, or nil where no word goes on like this.
  func walk(_ bytes: some Sequence<UInt8>) -> Node? {
    var node = Self.root
    for byte in bytes {
      guard let next = next(node, byte) else { return nil }
      node = next
    }
    return node
  }

  /// The value of exactly this word.
  func value(_ word: some Sequence<UInt8>) -> Int32? {
    guard let node = walk(word), values[Int(node)] >= 0 else { return nil }
    return values[Int(node)]
  }

  /// The longest continuation of `node` that ends a word, of at least one byte.
  func longestMatch(
    in bytes: ArraySlice<UInt8>, from node: Node = ByteTrie.root
  ) -> (value: Int32, end: Int)? {
    var node = node
    var found: (value: Int32, end: Int)?
    for index in bytes.indices {
      guard let next = next(node, bytes[index]) else { break }
      node = next
      if values[Int(node)] >= 0 { found = (values[Int(node)], index + 1) }
    }
    return found
  }

  private static func key(_ node: Node, _ byte: UInt8) -> UInt64 {
    UInt64(UInt32(node)) << 8 | UInt64(byte)
  }
}
