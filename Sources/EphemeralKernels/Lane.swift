internal import CLinux

#if WIDE_VECTORS
  /// One vector register of this build.
  typealias Lane = SIMD16<Float>
#else
  /// One vector register of this build.
  typealias Lane = SIMD8<Float>
#endif

/// Sixteen numbers: one register of the wide build, two of the other.
///
/// Everything but the tiles of products is written over these, so that sums are taken in the same
/// order, and results are the same bits, in both builds.
typealias Sixteen = SIMD16<Float>

/// Floats that the engine has laid out, read and written without checks.
///
/// Every kernel here states which elements it touches; the binding that calls it has compared them
/// with the blocks that they lie in. Nothing in this module computes an address from tensor data.
@safe struct Source {
  let base: UnsafePointer<Float>

  @inline(__always)
  init(_ base: UnsafePointer<Float>) { unsafe self.base = unsafe base }

  @inline(__always)
  subscript(at: Int) -> Float { unsafe base[at] }

  @inline(__always)
  func lane(_ at: Int) -> Lane {
    unsafe UnsafeRawPointer(base + at).loadUnaligned(as: Lane.self)
  }

  @inline(__always)
  func sixteen(_ at: Int) -> Sixteen {
    unsafe UnsafeRawPointer(base + at).loadUnaligned(as: Sixteen.self)
  }

  /// Brings the line here into the second-level cache, in its own time.
  @inline(__always)
  func prefetch() { unsafe ephml_prefetch(base) }

  /// The first `count` of sixteen, the rest `filler`.
  @inline(__always)
  func some(_ at: Int, _ count: Int, filler: Float = 0) -> Sixteen {
    var result = Sixteen(repeating: filler)
    for i in 0..<count { result[i] = self[at + i] }
    return result
  }

  @inline(__always)
  func advanced(by count: Int) -> Source { unsafe Source(base + count) }
}

/// As ``Source``, for writing.
@safe struct Target {
  let base: UnsafeMutablePointer<Float>

  @inline(__always)
  init(_ base: UnsafeMutablePointer<Float>) { unsafe self.base = unsafe base }

  @inline(__always)
  var source: Source { unsafe Source(base) }

  @inline(__always)
  subscript(at: Int) -> Float {
    get { unsafe base[at] }
    nonmutating set { unsafe base[at] = newValue }
  }

  @inline(__always)
  func store(_ value: Lane, _ at: Int) {
    unsafe UnsafeMutableRawPointer(base + at).storeBytes(of: value, as: Lane.self)
  }

  @inline(__always)
  func store(sixteen value: Sixteen, _ at: Int) {
    unsafe UnsafeMutableRawPointer(base + at).storeBytes(of: value, as: Sixteen.self)
  }

  /// Writes the first `count` of sixteen.
  @inline(__always)
  func store(_ value: Sixteen, _ at: Int, _ count: Int) {
    for i in 0..<count { self[at + i] = value[i] }
  }

  @inline(__always)
  func advanced(by count: Int) -> Target { unsafe Target(base + count) }
}
