/// Turns a square of sixteen by sixteen numbers.
enum Transpose {
  /// Copies `to[j · toStep + i] = from[i · fromStep + j]` for i and j below 16.
  ///
  /// Each round splits pairs of rows into even and odd places, which moves one bit of the column's
  /// number into the row's; after four all have changed places, in reverse order.
  @inline(__always)
  static func square(_ from: Source, _ fromStep: Int, _ to: Target, _ toStep: Int) {
    func row(_ i: Int) -> Sixteen { from.sixteen(i * fromStep) }
    func put(_ value: Sixteen, _ j: Int) { to.store(sixteen: value, j * toStep) }
    let (a0, a1, a2, a3) = (row(0), row(8), row(4), row(12))
    let (a4, a5, a6, a7) = (row(2), row(10), row(6), row(14))
    let (a8, a9, a10, a11) = (row(1), row(9), row(5), row(13))
    let (a12, a13, a14, a15) = (row(3), row(11), row(7), row(15))
    let (b0, b1) = split(a0, a8)
    let (b2, b3) = split(a1, a9)
    let (b4, b5) = split(a2, a10)
    let (b6, b7) = split(a3, a11)
    let (b8, b9) = split(a4, a12)
    let (b10, b11) = split(a5, a13)
    let (b12, b13) = split(a6, a14)
    let (b14, b15) = split(a7, a15)
    let (c0, c1) = split(b0, b8)
    let (c2, c3) = split(b1, b9)
    let (c4, c5) = split(b2, b10)
    let (c6, c7) = split(b3, b11)
    let (c8, c9) = split(b4, b12)
    let (c10, c11) = split(b5, b13)
    let (c12, c13) = split(b6, b14)
    let (c14, c15) = split(b7, b15)
    let (d0, d1) = split(c0, c8)
    let (d2, d3) = split(c1, c9)
    let (d4, d5) = split(c2, c10)
    let (d6, d7) = split(c3, c11)
    let (d8, d9) = split(c4, c12)
    let (d10, d11) = split(c5, c13)
    let (d12, d13) = split(c6, c14)
    let (d14, d15) = split(c7, c15)
    let (e0, e1) = split(d0, d8)
    let (e2, e3) = split(d1, d9)
    let (e4, e5) = split(d2, d10)
    let (e6, e7) = split(d3, d11)
    let (e8, e9) = split(d4, d12)
    let (e10, e11) = split(d5, d13)
    let (e12, e13) = split(d6, d14)
    let (e14, e15) = split(d7, d15)
    put(e0, 0)
    put(e1, 8)
    put(e2, 4)
    put(e3, 12)
    put(e4, 2)
    put(e5, 10)
    put(e6, 6)
    put(e7, 14)
    put(e8, 1)
    put(e9, 9)
    put(e10, 5)
    put(e11, 13)
    put(e12, 3)
    put(e13, 11)
    put(e14, 7)
    put(e15, 15)
  }

  /// The even and the odd places of two rows in line.
  @inline(__always)
  private static func split(_ a: Sixteen, _ b: Sixteen) -> (Sixteen, Sixteen) {
    let both = SIMD32<Float>(lowHalf: a, highHalf: b)
    return (both.evenHalf, both.oddHalf)
  }
}
