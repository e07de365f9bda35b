internal import CLinux
internal import Glibc
internal import Synchronization

/// Locked, undumpable memory under one budget, for everything of a model that must not survive it.
///
/// Weights, activations, inputs and outputs live here. Memory is mapped in segments, each excluded
/// from core dumps and locked where the system allows it (`isLocked` tells). Freed places are
/// reused; `wipe()` overwrites and unmaps all of them, and so does the last release of the arena.
public final class SecretArena: Sendable {
  /// What a wipe destroyed.
  public struct WipeCount: Equatable, Sendable {
    /// How many separately mapped regions were overwritten.
    public var regions: Int
    /// How many bytes were overwritten.
    public var bytes: Int

    /// Makes a count.
    public init(regions: Int, bytes: Int) {
      self.regions = regions
      self.bytes = bytes
    }
  }

  /// The most bytes that the arena will have mapped at one time.
  public let budget: Int

  /// Every allocation starts at a multiple of this many bytes.
  static let alignment = 64
  /// Segments smaller than this are rounded up to it, within the budget.
  static let minimumSegment = 1 << 20
  static let page = 4096

  private let state = Mutex(ArenaState())
  #if Mock
    /// Called at the end of each inference, before anything of it is overwritten.
    private let witness = Mutex<(@Sendable () -> Void)?>(nil)

    /// Has `look` called at the end of each inference, before anything of it is overwritten: for
    /// showing what a memory scan finds there.
    public func watch(_ look: @escaping @Sendable () -> Void) { witness.withLock { $0 = look } }

    func callWitness() { witness.withLock { $0 }?() }
  #endif

  /// Bytes behind each block, and between the values of a plan, that must never change: tests look
  /// there for kernels that leave their ranges. Zero outside of tests.
  let guardBytes: Int
  /// What guarded bytes hold; as a float it is a not-a-number, so reading it shows too.
  static let guardPattern: UInt8 = 0xff
  private let damages = Atomic(0)

  /// Makes an empty arena; nothing is mapped yet. A negative `budget` counts as zero.
  public convenience init(budget: Int) { self.init(budget: budget, guardBytes: 0) }

  /// As `init(budget:)`, with guards of a multiple of the alignment, for tests.
  init(budget: Int, guardBytes: Int) {
    self.budget = max(budget, 0)
    self.guardBytes = guardBytes
  }

  /// How many guards were found changed.
  var damageCount: Int { damages.load(ordering: .relaxed) }

  /// Looks at a guard.
  func check(_ bytes: UnsafeRawBufferPointer) {
    if unsafe bytes.contains(where: { $0 != Self.guardPattern }) {
      damages.add(1, ordering: .relaxed)
    }
  }

  deinit { _ = wipe() }

  /// Bytes mapped now.
  public var mappedBytes: Int { state.withLock { $0.mapped } }

  /// The most bytes that were ever mapped at one time.
  public var peakMappedBytes: Int { state.withLock { $0.peak } }

  /// Whether every segment mapped so far could be locked into memory.
  public var isLocked: Bool { state.withLock { $0.lockFailures == 0 } }

  /// Overwrites and unmaps everything. Idempotent; blocks still held become useless.
  public func wipe() -> WipeCount { unsafe wipe(inspecting: nil) }

  /// As `wipe()`, and shows each region's bytes after they were overwritten, for tests.
  func wipe(inspecting look: ((UnsafeRawBufferPointer) -> Void)?) -> WipeCount {
    state.withLock { state in
      var count = WipeCount(regions: 0, bytes: 0)
      for segment in state.segments {
        segment.overwrite()
        unsafe look?(UnsafeRawBufferPointer(start: segment.pointer, count: segment.length))
        segment.unmap()
        count.regions += 1
        count.bytes += segment.length
      }
      let generation = state.generation &+ 1
      let (peak, failures) = (state.peak, state.lockFailures)
      state = ArenaState()
      state.generation = generation
      state.peak = peak
      state.lockFailures = failures
      return count
    }
  }

  /// Shows each mapped region's bytes as they are, for tests.
  func inspect(_ look: (UnsafeRawBufferPointer) -> Void) {
    state.withLock { state in
      for segment in state.segments {
        unsafe look(UnsafeRawBufferPointer(start: segment.pointer, count: segment.length))
      }
    }
  }

  /// Overwrites every place that is free now, so that nothing of a finished request remains.
  func wipeFree() {
    state.withLock { state in
      for index in state.segments.indices { state.segments[index].overwriteFree() }
    }
  }

  /// Takes `byteCount` bytes; they are returned when the block is released.
  ///
  /// - Throws: `budgetExceeded`, or `memoryUnavailable` where the system has none.
  func allocate(_ byteCount: Int) throws(EngineError) -> ArenaBlock {
    guard byteCount >= 0, byteCount <= budget else { throw .budgetExceeded }
    let length = max(Self.roundUp(byteCount, Self.alignment), Self.alignment) + guardBytes
    let budget = budget
    let place = try state.withLock { state throws(EngineError) -> ArenaState.Place in
      try state.take(length, budget: budget)
    }
    return ArenaBlock(arena: self, place: place, byteCount: byteCount)
  }

  fileprivate func release(_ place: ArenaState.Place, byteCount: Int) {
    state.withLock { state in
      if guardBytes > 0, place.generation == state.generation {
        // The place is mapped as long as its generation lasts.
        unsafe check(UnsafeRawBufferPointer(Self.guardOf(place, byteCount)))
      }
      state.giveBack(place)
    }
  }

  /// What lies between a block's bytes and the end of its place.
  fileprivate static func guardOf(_ place: ArenaState.Place, _ byteCount: Int)
    -> UnsafeMutableRawBufferPointer
  {
    unsafe UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(bitPattern: place.address + UInt(byteCount)),
      count: place.length - byteCount)
  }

  /// Rounds up to a multiple of a power of two; the sums here are far below overflow.
  static func roundUp(_ value: Int, _ multiple: Int) -> Int {
    (value + multiple - 1) & ~(multiple - 1)
  }
}

/// A piece of an arena, given back when its last reference goes.
final class ArenaBlock: Sendable {
  /// The usable length in bytes.
  let byteCount: Int
  private let arena: SecretArena
  private let place: ArenaState.Place

  fileprivate init(arena: SecretArena, place: ArenaState.Place, byteCount: Int) {
    self.arena = arena
    self.place = place
    self.byteCount = byteCount
    guard arena.guardBytes > 0 else { return }
    unsafe SecretArena.guardOf(place, byteCount)
      .initializeMemory(as: UInt8.self, repeating: SecretArena.guardPattern)
  }

  deinit { arena.release(place, byteCount: byteCount) }

  /// The first byte; valid while the block lives and its arena is not wiped.
  var base: UnsafeMutableRawPointer {
    // The address came from mmap and is never zero.
    unsafe UnsafeMutableRawPointer(bitPattern: place.address).unsafelyUnwrapped
  }
}
