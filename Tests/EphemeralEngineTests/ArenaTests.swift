import Foundation
import Testing

@testable import EphemeralEngine

@Suite("Secret arena")
struct ArenaTests {
  @Test("A budget that is exceeded is an error, and freed places count again")
  func budget() throws {
    let arena = SecretArena(budget: 1 << 20)
    #expect(throws: EngineError.budgetExceeded) { try arena.allocate((1 << 20) + 1) }
    #expect(throws: EngineError.budgetExceeded) { try arena.allocate(-1) }
    #expect(throws: EngineError.budgetExceeded) { try arena.allocate(.max) }
    do {
      let first = try arena.allocate(700_000)
      #expect(throws: EngineError.budgetExceeded) { try arena.allocate(700_000) }
      #expect(first.byteCount == 700_000)
    }
    _ = try arena.allocate(700_000)
    #expect(arena.mappedBytes <= 1 << 20)
    #expect(SecretArena(budget: -5).budget == 0)
    #expect(throws: EngineError.budgetExceeded) { try SecretArena(budget: 0).allocate(1) }
  }

  @Test("Unused segments make room for one that is larger")
  func replacing() throws {
    let arena = SecretArena(budget: 4 << 20)
    do {
      let blocks = try (0..<3).map { _ in try arena.allocate(1 << 20) }
      #expect(blocks.count == 3)
    }
    let large = try arena.allocate(4 << 20)
    #expect(large.byteCount == 4 << 20)
    #expect(arena.mappedBytes == 4 << 20)
  }

  @Test("Blocks are aligned, never overlap, and their places come back", arguments: 1...8)
  func stress(_ seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    let arena = SecretArena(budget: 16 << 20)
    var held: [(block: ArenaBlock, mark: UInt8)] = []
    for step in 0..<2_000 {
      if held.count < 40, random.next() % 2 == 0 {
        let block = try arena.allocate(Int(random.next() % 60_000))
        #expect(UInt(bitPattern: unsafe block.base) % 64 == 0)
        let mark = UInt8(truncatingIfNeeded: step)
        block.withMutableBytes(0..<block.byteCount) { bytes in
          for index in bytes.indices { bytes[index] = mark }
        }
        held.append((block, mark))
      } else if !held.isEmpty {
        let (block, mark) = held.remove(at: Int(random.next() % UInt64(held.count)))
        var isIntact = true
        block.withMutableBytes(0..<block.byteCount) { bytes in
          for index in bytes.indices where bytes[index] != mark { isIntact = false }
        }
        #expect(isIntact, "seed \(seed), step \(step): another block wrote here")
      }
    }
    held = []
    let whole = try arena.allocate(16 << 20)
    #expect(whole.byteCount == 16 << 20, "seed \(seed): places were lost")
  }

  @Test("After a wipe every byte was zero, blocks are dead, and the arena can be used again")
  func wiping() throws {
    let arena = SecretArena(budget: 8 << 20)
    let block = try arena.allocate(3 << 20)
    let small = try arena.allocate(100)
    for filled in [block, small] {
      filled.withMutableBytes(0..<filled.byteCount) { bytes in
        for index in bytes.indices { bytes[index] = 0xa5 }
      }
    }
    let mapped = arena.mappedBytes
    var (seen, dirty) = (0, 0)
    let count = unsafe arena.wipe { bytes in
      seen += bytes.count
      dirty += unsafe bytes.count { $0 != 0 }
    }
    #expect(count == SecretArena.WipeCount(regions: 2, bytes: mapped))
    #expect(seen == mapped)
    #expect(dirty == 0)
    #expect(arena.mappedBytes == 0)
    #expect(arena.wipe() == SecretArena.WipeCount(regions: 0, bytes: 0))
    let again = try arena.allocate(64)
    #expect(again.byteCount == 64)
    #expect(arena.peakMappedBytes == mapped)
  }

  @Test("Overwriting what is free leaves what is held")
  func wipingFree() throws {
    let arena = SecretArena(budget: 1 << 20)
    let kept = try arena.allocate(64)
    kept.withMutableBytes(0..<64) { $0[0] = 7 }
    do {
      let freed = try arena.allocate(1_000)
      freed.withMutableBytes(0..<1_000) { bytes in
        for index in bytes.indices { bytes[index] = 0xee }
      }
    }
    #expect(Self.contains(arena, 0xee))
    arena.wipeFree()
    #expect(!Self.contains(arena, 0xee))
    #expect(Self.contains(arena, 7))
    #expect(kept.byteCount == 64)
  }

  @Test("Whether memory is locked can be asked")
  func locking() throws {
    let arena = SecretArena(budget: 1 << 30)
    #expect(arena.isLocked, "nothing mapped, nothing unlocked")
    let block = try arena.allocate(4_096)
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmLck:") })
    let locked = try #require(Int(line.split { $0 == " " || $0 == "\t" }[1])) << 10
    // Other tests may have locked more; a claim that nothing backs is what must not be.
    #expect(!arena.isLocked || locked >= arena.mappedBytes)
    #expect(block.byteCount == 4_096)
  }

  static func contains(_ arena: SecretArena, _ byte: UInt8) -> Bool {
    var found = false
    unsafe arena.inspect { bytes in if unsafe bytes.contains(byte) { found = true } }
    return found
  }
}

/// A small seeded generator, the same on every machine.
struct SplitMix {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
  /// Between −1 and 1.
  mutating func real() -> Double { Double(Int64(bitPattern: next()) >> 11) / Double(1 << 52) }
  /// In a range.
  mutating func number(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }
}
