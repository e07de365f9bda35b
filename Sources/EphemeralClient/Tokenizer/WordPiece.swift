/// Cuts a word into the longest pieces that the vocabulary has.
struct WordPiece: Sendable {
  /// The vocabulary's words, by their bytes.
  let vocabulary: ByteTrie
  /// The number of words.
  let wordCount: Int
  /// What stands for a word that cannot be cut.
  let unknownID: Int32
  /// Longer words are unknown, in scalars.
  let maximumScalars: Int
  /// Where the words begin that go on with another; nil where there are none.
  private let continuing: ByteTrie.Node?

  init(
    vocabulary: ByteTrie, wordCount: Int, unknownID: Int32, maximumScalars: Int,
    continuingPrefix: String
  ) {
    self.vocabulary = vocabulary
    self.wordCount = wordCount
    self.unknownID = unknownID
    self.maximumScalars = maximumScalars
    continuing = vocabulary.walk(continuingPrefix.utf8)
  }

  /// Appends the ids of a word that is not empty.
  func append(word: [UInt8], scalarCount: Int, to ids: inout [Int32]) {
    guard scalarCount <= maximumScalars else { return ids.append(unknownID) }
    let first = ids.count
    var rest = word[...]
    while !rest.isEmpty {
      let node = rest.startIndex == 0 ? ByteTrie.root : continuing
      guard let node, let (id, end) = vocabulary.longestMatch(in: rest, from: node) else {
        ids.removeSubrange(first...)
        return ids.append(unknownID)
      }
      ids.append(id)
      rest = rest[end...]
    }
  }
}
