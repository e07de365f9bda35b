internal import CLinux
internal import Glibc

/// The arena's books: segments, and in each the free ranges in ascending order.
struct ArenaState: Sendable {
  /// Where a block lies.
  struct Place: Sendable {
    var generation: UInt64
    var address: UInt
    var length: Int
  }

  /// The most free ranges of all segments together.
  static let maximumPieces = 1 << 14

  var segments: [ArenaSegment] = []
  var mapped = 0
  var peak = 0
  var lockFailures = 0
  var generation: UInt64 = 0

  /// Finds `length` bytes (a multiple of the alignment), mapping a new segment if need be.
  ///
  /// - Throws: `budgetExceeded`, also where the free memory is in so many pieces that finding
  ///   room would become the most of the work; `memoryUnavailable`.
  mutating func take(_ length: Int, budget: Int) throws(EngineError) -> Place {
    guard segments.reduce(0, { $0 + $1.freeCount }) <= Self.maximumPieces else {
      throw .budgetExceeded
    }
    for index in segments.indices {
      if let address = segments[index].take(length) {
        return Place(generation: generation, address: address, length: length)
      }
    }
    let exact = SecretArena.roundUp(length, SecretArena.page)
    if exact > budget - mapped { dropUnused() }
    let room = budget - mapped
    guard exact <= room else { throw .budgetExceeded }
    let size = max(exact, min(SecretArena.minimumSegment, room & ~(SecretArena.page - 1)))
    guard var segment = ArenaSegment(mapping: size) else { throw .memoryUnavailable }
    if !segment.locked { lockFailures += 1 }
    mapped += size
    peak = max(peak, mapped)
    // A fresh segment is at least as long as asked.
    let address = segment.take(length) ?? segment.address
    segments.append(segment)
    return Place(generation: generation, address: address, length: length)
  }

  /// Returns a block's bytes; blocks from before a wipe are ignored.
  mutating func giveBack(_ place: Place) {
    guard place.generation == generation else { return }
    for index in segments.indices where segments[index].contains(place.address) {
      segments[index].giveBack(place.address, place.length)
      return
    }
  }

  /// Wipes and unmaps the segments in which nothing is in use.
  private mutating func dropUnused() {
    segments.removeAll { segment in
      guard segment.isUnused else { return false }
      segment.overwrite()
      segment.unmap()
      mapped -= segment.length
      return true
    }
  }
}

/// One mapping and its free ranges.
@safe struct ArenaSegment: Sendable {
  private struct Free {
    var address: UInt
    var length: Int
    var end: UInt { address + UInt(length) }
  }

  let address: UInt
  let length: Int
  let locked: Bool
  private var free: [Free]

  /// Large segments are asked to lie in pages of this many bytes.
  private static let largePage = 2 << 20

  /// Maps `length` bytes (whole pages), keeps them out of core dumps and tries to lock them.
  init?(mapping length: Int) {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    let isLarge = length >= Self.largePage
    let mapped = length + (isLarge ? Self.largePage : 0)
    guard var pointer = unsafe mmap(nil, mapped, PROT_READ | PROT_WRITE, flags, -1, 0),
      unsafe pointer != MAP_FAILED
    else { return nil }
    if isLarge {
      // The part that begins at a large page stays; what is before and behind it goes back.
      let start = UInt(bitPattern: pointer)
      let aligned = (start + UInt(Self.largePage) - 1) & ~(UInt(Self.largePage) - 1)
      let head = Int(aligned - start)
      if head > 0 { unsafe munmap(pointer, head) }
      unsafe pointer += head
      unsafe munmap(pointer + length, mapped - head - length)
      // Only speed depends on the answer.
      unsafe madvise(pointer, length, MADV_HUGEPAGE)
    }
    guard unsafe madvise(pointer, length, MADV_DONTDUMP) == 0 else {
      unsafe munmap(pointer, length)
      return nil
    }
    locked = unsafe mlock(pointer, length) == 0
    address = UInt(bitPattern: pointer)
    self.length = length
    free = [Free(address: address, length: length)]
  }

  /// The mapping's first byte.
  var pointer: UnsafeMutableRawPointer {
    // The address came from mmap and is never zero.
    unsafe UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
  }

  /// How many free ranges there are.
  var freeCount: Int { free.count }

  var isUnused: Bool { free.count == 1 && free[0].length == length }

  func contains(_ other: UInt) -> Bool { other >= address && other < address + UInt(length) }

  /// First fit.
  mutating func take(_ wanted: Int) -> UInt? {
    guard let index = free.firstIndex(where: { $0.length >= wanted }) else { return nil }
    let found = free[index].address
    if free[index].length == wanted {
      free.remove(at: index)
    } else {
      free[index].address += UInt(wanted)
      free[index].length -= wanted
    }
    return found
  }

  /// Inserts a range in order and joins it with its neighbours.
  mutating func giveBack(_ start: UInt, _ count: Int) {
    var (at, end) = (0, free.count)
    while at < end {
      let middle = (at + end) / 2
      if free[middle].address > start { end = middle } else { at = middle + 1 }
    }
    free.insert(Free(address: start, length: count), at: at)
    if at + 1 < free.count, free[at].end == free[at + 1].address {
      free[at].length += free.remove(at: at + 1).length
    }
    if at > 0, free[at - 1].end == free[at].address {
      free[at - 1].length += free.remove(at: at).length
      at -= 1
    }
  }

  /// Writes zeros over the whole mapping, in a way that the compiler keeps.
  func overwrite() { unsafe explicit_bzero(pointer, length) }

  /// Writes zeros over the free ranges.
  func overwriteFree() {
    for range in free {
      unsafe explicit_bzero(pointer + Int(range.address - address), range.length)
    }
  }

  func unmap() { unsafe munmap(pointer, length) }
}
