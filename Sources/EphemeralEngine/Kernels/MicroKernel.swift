/// The innermost product: six rows of A by sixteen columns of B, in registers.
enum MicroKernel {
  /// Rows of A in one packed panel.
  static let rows = 6
  /// Columns of B in one packed panel: two vectors.
  static let columns = 16

  private typealias Vector = SIMD8<Float>

  @inline(__always)
  private static func load(_ at: UnsafePointer<Float>) -> Vector {
    unsafe UnsafeRawPointer(at).loadUnaligned(as: Vector.self)
  }

  @inline(__always)
  private static func store(_ value: Vector, _ at: UnsafeMutablePointer<Float>, adding: Bool) {
    let place = UnsafeMutableRawPointer(at)
    let old = unsafe adding ? place.loadUnaligned(as: Vector.self) : Vector.zero
    unsafe place.storeBytes(of: old + value, as: Vector.self)
  }

  /// C (+)= A · B for one tile.
  ///
  /// - Parameters:
  ///   - depth: how many products each element sums, always from first to last.
  ///   - a: a packed panel, six values for each step.
  ///   - b: sixteen values for each step, `stepB` elements apart.
  ///   - c: the tile's first element, rows `stepC` elements apart.
  ///   - adding: whether C's old values stay in the sum.
  @inline(never)
  static func run(
    depth: Int, a: UnsafePointer<Float>, b: UnsafePointer<Float>, stepB: Int,
    c: UnsafeMutablePointer<Float>, stepC: Int, adding: Bool
  ) {
    var (a, b) = unsafe (a, b)
    var (c00, c01, c10, c11) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var (c20, c21, c30, c31) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var (c40, c41, c50, c51) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    // All pointers advance within ranges that the caller has checked.
    for _ in 0..<depth {
      let b0 = unsafe load(b)
      let b1 = unsafe load(b + 8)
      let a0 = unsafe Vector(repeating: a[0])
      c00.addProduct(a0, b0)
      c01.addProduct(a0, b1)
      let a1 = unsafe Vector(repeating: a[1])
      c10.addProduct(a1, b0)
      c11.addProduct(a1, b1)
      let a2 = unsafe Vector(repeating: a[2])
      c20.addProduct(a2, b0)
      c21.addProduct(a2, b1)
      let a3 = unsafe Vector(repeating: a[3])
      c30.addProduct(a3, b0)
      c31.addProduct(a3, b1)
      let a4 = unsafe Vector(repeating: a[4])
      c40.addProduct(a4, b0)
      c41.addProduct(a4, b1)
      let a5 = unsafe Vector(repeating: a[5])
      c50.addProduct(a5, b0)
      c51.addProduct(a5, b1)
      unsafe a += rows
      unsafe b += stepB
    }
    unsafe store(c00, c, adding: adding)
    unsafe store(c01, c + 8, adding: adding)
    unsafe store(c10, c + stepC, adding: adding)
    unsafe store(c11, c + stepC + 8, adding: adding)
    unsafe store(c20, c + 2 * stepC, adding: adding)
    unsafe store(c21, c + 2 * stepC + 8, adding: adding)
    unsafe store(c30, c + 3 * stepC, adding: adding)
    unsafe store(c31, c + 3 * stepC + 8, adding: adding)
    unsafe store(c40, c + 4 * stepC, adding: adding)
    unsafe store(c41, c + 4 * stepC + 8, adding: adding)
    unsafe store(c50, c + 5 * stepC, adding: adding)
    unsafe store(c51, c + 5 * stepC + 8, adding: adding)
  }
}
