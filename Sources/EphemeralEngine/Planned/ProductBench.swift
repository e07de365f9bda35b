internal import Glibc
internal import KernelInterface

/// One matrix product on one thread, to be timed beside what the processor could do at best.
@safe public final class ProductBench {
  private let (rows, columns, depth): (Int, Int, Int)
  private let block: ArenaBlock
  private let arena = SecretArena(budget: 1 << 30)
  private let kernels = Processor.kernels
  private let (packed, output, scratch): (Int, Int, Int)

  /// A product of a `rows` × `depth` by a `depth` × `columns` matrix, both full of small numbers.
  public init(rows: Int, columns: Int, depth: Int) throws(EngineError) {
    _ = try Shape([rows, columns, depth])
    (self.rows, self.columns, self.depth) = (rows, columns, depth)
    packed = rows * depth
    output = packed + (kernels.packedCount(depth: depth, columns: columns) + 15) / 16 * 16
    scratch = output + rows * columns
    let count = scratch + kernels.productScratch(taps: 1) + 64
    block = try arena.allocate(count * 4)
    let cells = unsafe Cells(base: block.base.assumingMemoryBound(to: Float.self), count: count)
    for at in 0..<count { cells[at] = Float(at % 17) * 0.01 }
  }

  private var floats: UnsafeMutablePointer<Float> {
    unsafe block.base.assumingMemoryBound(to: Float.self)
  }

  /// Billions of operations a second of the product.
  public func product() -> Double {
    let product = unsafe Product(
      rows: rows, columns: columns, depth: depth, a: floats, rowStep: depth,
      panels: floats + packed, c: floats + output, stepC: columns)
    let began = Self.now()
    for _ in 0..<8 {
      unsafe kernels.multiply(
        product, 0..<rows, 0..<kernels.panelCount(columns), floats + scratch)
    }
    return Double(16 * rows * columns * depth) / Double(Self.now() - began)
  }

  /// Billions of operations a second of multiply-adds in registers.
  public func peak() -> Double {
    let began = Self.now()
    let count = unsafe kernels.peak(200_000, floats + scratch)
    return Double(2 * count) / Double(Self.now() - began)
  }

  private static func now() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
