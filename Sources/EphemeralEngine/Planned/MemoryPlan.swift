/// Places in one block for values with known lifetimes: first fit over what is free at the time.
struct MemoryPlan {
  private struct Free {
    var offset: Int
    var length: Int
  }
  private var free: [Free] = []
  /// Bytes behind each place that belong to nobody; with any, no place is used twice.
  private let guardBytes: Int
  /// Where they are.
  private(set) var guards: [Range<Int>] = []
  /// Bytes of the block so far.
  private(set) var byteCount = 0

  init(guardBytes: Int = 0) { self.guardBytes = guardBytes }

  /// Takes room; lengths are rounded up to the arena's alignment.
  ///
  /// - Throws: `budgetExceeded` where the sum would pass `limit`.
  mutating func take(_ byteCount: Int, limit: Int) throws(EngineError) -> Int {
    guard byteCount >= 0, byteCount <= limit, free.count <= ArenaState.maximumPieces else {
      throw .budgetExceeded
    }
    let length =
      max(SecretArena.roundUp(byteCount, SecretArena.alignment), SecretArena.alignment) + guardBytes
    if let index = free.firstIndex(where: { $0.length >= length }) {
      let offset = free[index].offset
      if free[index].length == length {
        free.remove(at: index)
      } else {
        free[index].offset += length
        free[index].length -= length
      }
      return offset
    }
    if let last = free.last, last.offset + last.length == self.byteCount {
      // The block grows only by what the free end lacks.
      free.removeLast()
      guard last.offset <= limit - length else { throw .budgetExceeded }
      self.byteCount = last.offset + length
      return last.offset
    }
    let offset = self.byteCount
    guard offset <= limit - length else { throw .budgetExceeded }
    self.byteCount += length
    if guardBytes > 0 { guards.append(offset + byteCount..<offset + length) }
    return offset
  }

  /// Gives room back.
  mutating func giveBack(_ offset: Int, _ byteCount: Int) {
    if guardBytes > 0 { return }
    let length = max(SecretArena.roundUp(byteCount, SecretArena.alignment), SecretArena.alignment)
    var (at, end) = (0, free.count)
    while at < end {
      let middle = (at + end) / 2
      if free[middle].offset > offset { end = middle } else { at = middle + 1 }
    }
    free.insert(Free(offset: offset, length: length), at: at)
    if at + 1 < free.count, free[at].offset + free[at].length == free[at + 1].offset {
      free[at].length += free.remove(at: at + 1).length
    }
    if at > 0, free[at - 1].offset + free[at - 1].length == free[at].offset {
      free[at - 1].length += free.remove(at: at).length
      at -= 1
    }
  }
}
