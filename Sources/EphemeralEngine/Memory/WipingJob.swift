internal import Glibc

/// Writes zeros over parts of a block, in a way that the compiler keeps, on all threads of a pool.
final class WipingJob: PooledJob {
  private let block: ArenaBlock
  private let ranges: [Range<Int>]

  /// - Parameter ranges: bytes of the block; each lane takes an equal share of them.
  init(_ block: ArenaBlock, _ ranges: [Range<Int>], lanes: Int) {
    for range in ranges {
      precondition(range.lowerBound >= 0 && range.upperBound <= block.byteCount)
    }
    (self.block, self.ranges) = (block, ranges)
    super.init(taskCount: max(min(lanes, ranges.count), 1))
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let first = task * ranges.count / taskCount
    let end = (task + 1) * ranges.count / taskCount
    for range in ranges[first..<end] {
      unsafe explicit_bzero(block.base + range.lowerBound, range.count)
    }
  }
}
