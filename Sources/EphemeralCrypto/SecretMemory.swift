import CLinux
import Synchronization

/// The pages that secrets live on: locked, left out of core dumps, cleansed before release.
///
/// Small secrets share slabs with a free list; large ones get a mapping of their own, and some
/// mappings are kept, cleansed, for the next. A page that
/// the system will not lock (the usual limit is 8 MiB) is counted here. By default it is still
/// used, and a development build warns; after `refuseUnlockedPages()` it is an error instead.
public enum SecretMemory {
  /// How well the secrets of this process are kept out of swap and core dumps.
  public struct Status: Equatable, Sendable {
    /// Bytes mapped for secrets now and locked; mappings without a secret do not count.
    public internal(set) var lockedByteCount = 0
    /// Bytes mapped for secrets now and not locked, or not left out of core dumps.
    public internal(set) var unlockedByteCount = 0
    /// How many mappings could not be locked since the process began.
    public internal(set) var lockFailureCount = 0
    /// Whether every page for a secret was locked so far.
    public var isFullyLocked: Bool { lockFailureCount == 0 }
  }

  /// What has been mapped and locked so far.
  public static var status: Status { state.withLock { $0.status } }

  /// From now on `CryptoError.memoryNotLocked` is thrown rather than a secret put on such a page.
  public static func refuseUnlockedPages() {
    state.withLock { $0.refusesUnlocked = true }
  }

  /// Where one secret lives. An address and not a pointer: the owner is `SecretBytes` alone.
  struct Place: Sendable {
    let address: UInt
    let capacity: Int
    let isSlot: Bool
    let isLocked: Bool
  }

  /// Slot sizes in bytes; a larger secret has a mapping of its own.
  static let slotSizes = [64, 256, 1024]
  /// Bytes of one slab.
  static let slabByteCount = 16_384
  /// Most bytes of one secret: 64 GiB.
  static let maximumByteCount = 1 << 36

  /// Most bytes of the large mappings that are kept for the next secrets: 4 MiB. Mapping and locking
  /// pages anew costs more than sealing a record on them.
  static let idleByteCount = 4 << 20
  /// A kept mapping serves secrets down to this share of its capacity.
  private static let leastUse = 0.75
  private static let pageByteCount = 4096

  private struct State {
    var free: [[Place]] = Array(repeating: [], count: slotSizes.count)
    /// Large mappings without a secret, cleansed and locked, the oldest first.
    var idle: [Place] = []
    var idleBytes = 0
    var status = Status()
    var refusesUnlocked = false

    mutating func map(_ byteCount: Int) throws(CryptoError) -> (address: UInt, isLocked: Bool) {
      var kept: Int32 = 0
      var mapped = unsafe ephml_map_secret(byteCount, &kept)
      if unsafe mapped == nil || kept == 0, !idle.isEmpty {
        // What lies idle may be what keeps this from being mapped or locked.
        if let pages = unsafe mapped { unsafe munmap(pages, byteCount) }
        while let place = idle.first { unmapIdle(place) }
        unsafe mapped = ephml_map_secret(byteCount, &kept)
      }
      guard let pages = unsafe mapped else { throw .memoryUnavailable }
      if kept == 0 {
        status.lockFailureCount += 1
        if refusesUnlocked {
          unsafe munmap(pages, byteCount)
          throw .memoryNotLocked
        }
        status.unlockedByteCount += byteCount
      } else {
        status.lockedByteCount += byteCount
      }
      return (UInt(bitPattern: pages), kept != 0)
    }

    /// A kept mapping for so many bytes, the smallest that serves.
    mutating func takeIdle(_ byteCount: Int) -> Place? {
      // Nothing is allocated here: an inference's response comes this way.
      var best: Int?
      for index in idle.indices {
        let capacity = idle[index].capacity
        guard capacity >= byteCount,
          Double(byteCount) >= Double(capacity) * SecretMemory.leastUse
        else { continue }
        if let found = best, idle[found].capacity <= capacity { continue }
        best = index
      }
      guard let index = best else { return nil }
      let place = idle.remove(at: index)
      idleBytes -= place.capacity
      status.lockedByteCount += place.capacity
      return place
    }

    /// Keeps a cleansed mapping; older ones make room for it.
    mutating func keep(_ place: Place) {
      status.lockedByteCount -= place.capacity
      idle.append(place)
      idleBytes += place.capacity
      while idleBytes > SecretMemory.idleByteCount, let oldest = idle.first { unmapIdle(oldest) }
    }

    /// Unmaps the oldest kept mapping.
    private mutating func unmapIdle(_ place: Place) {
      idle.removeFirst()
      idleBytes -= place.capacity
      guard let start = unsafe UnsafeMutableRawPointer(bitPattern: place.address) else { return }
      unsafe munmap(start, place.capacity)
    }
  }

  private static let state = Mutex(State())

  /// Zeroed memory for a secret of `byteCount` bytes; errors: tooLarge, memoryUnavailable,
  /// memoryNotLocked.
  static func allocate(_ byteCount: Int) throws(CryptoError) -> Place {
    guard byteCount >= 0 else { throw .wrongLength }
    guard byteCount <= maximumByteCount else { throw .tooLarge }
    return try state.withLock { (state) throws(CryptoError) -> Place in
      guard let sizeClass = slotSizes.firstIndex(where: { byteCount <= $0 }) else {
        if let place = state.takeIdle(byteCount) { return place }
        let capacity = (byteCount + pageByteCount - 1) / pageByteCount * pageByteCount
        let (address, isLocked) = try state.map(capacity)
        return Place(address: address, capacity: capacity, isSlot: false, isLocked: isLocked)
      }
      if let place = state.free[sizeClass].popLast() { return place }
      let (address, isLocked) = try state.map(slabByteCount)
      let size = slotSizes[sizeClass]
      for slot in 1..<(slabByteCount / size) {
        state.free[sizeClass].append(
          Place(
            address: address + UInt(slot * size), capacity: size, isSlot: true, isLocked: isLocked))
      }
      return Place(address: address, capacity: size, isSlot: true, isLocked: isLocked)
    }
  }

  /// Cleanses the whole place, then gives it back.
  static func release(_ place: Place) {
    guard let start = unsafe UnsafeMutableRawPointer(bitPattern: place.address) else { return }
    unsafe ephml_overwrite(start, place.capacity)
    state.withLock { state in
      if place.isSlot, let sizeClass = slotSizes.firstIndex(of: place.capacity) {
        state.free[sizeClass].append(place)
        return
      }
      if place.isLocked, place.capacity <= idleByteCount { return state.keep(place) }
      unsafe munmap(start, place.capacity)
      if place.isLocked {
        state.status.lockedByteCount -= place.capacity
      } else {
        state.status.unlockedByteCount -= place.capacity
      }
    }
  }
}
