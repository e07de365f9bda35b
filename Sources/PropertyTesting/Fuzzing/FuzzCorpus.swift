/// The inputs that are worth mutating, and which to mutate next.
struct FuzzCorpus {
  /// One kept input.
  struct Entry {
    var bytes: [UInt8]
    /// The features for which it was kept.
    let features: [Int]
    /// Comparisons of unequal sides that it met.
    var operands: [ComparedOperands]
    /// How often it was chosen.
    var choices: UInt32 = 0
  }

  private(set) var entries: [Entry] = []
  /// Weights added up, one sum for each entry.
  private var sums: [Double] = []
  private var choicesUntilRefresh = 0

  var byteCount: Int { entries.reduce(0) { $0 + $1.bytes.count } }

  mutating func add(_ entry: Entry) {
    entries.append(entry)
    choicesUntilRefresh = 0
  }

  /// Gives an entry fewer bytes that show the same.
  mutating func replace(at index: Int, bytes: [UInt8], operands: [ComparedOperands]) {
    entries[index].bytes = bytes
    entries[index].operands = operands
  }

  /// Chooses an entry: most often one with rare features that was not chosen much, now and then any.
  mutating func choose(_ map: FeatureMap, _ random: inout SeededRandom) -> Int {
    if choicesUntilRefresh == 0 { refresh(map) }
    choicesUntilRefresh -= 1
    var index = random.index(below: entries.count)
    if !random.oneIn(4), let total = sums.last, total > 0 {
      let point = Double(random.next() >> 11) * 0x1p-53 * total
      index = min(firstSum(above: point), entries.count - 1)
    }
    entries[index].choices &+= 1
    return index
  }

  /// Any entry, for crossing over.
  func any(_ random: inout SeededRandom) -> [UInt8] {
    entries.isEmpty ? [] : entries[random.index(below: entries.count)].bytes
  }

  private mutating func refresh(_ map: FeatureMap) {
    var sum = 0.0
    sums = entries.map { entry in
      let rarest = Double(map.rarest(of: entry.features))
      let used = Double(32 - entry.choices.leadingZeroBitCount)
      sum += 1 / ((1 + rarest) * (1 + used))
      return sum
    }
    choicesUntilRefresh = max(64, entries.count / 2)
  }

  private func firstSum(above point: Double) -> Int {
    var low = 0
    var high = sums.count
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > point { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
