public import KernelInterface

/// The kernels of this build of the module.
///
/// The sources of this module are compiled twice: once for the processor that the project asks for
/// and once, as EphemeralKernelsWide, for registers of sixteen numbers. The engine asks the
/// processor and takes one of the tables. No code of this module may be inlined elsewhere.
public enum Kernels {
  /// The table.
  public static let table = unsafe KernelTable(
    name: name, panelColumns: panelColumns, laneColumns: laneWidth, tileRows: tileRows,
    multiply: { unsafe Products.multiply($0, $1, $2, $3) },
    pack: { unsafe Products.pack($0, $1, $2, $3, $4, $5) },
    attend: { unsafe Attend.run($0, $1, $2) },
    normalize: { Rows.normalize($0, $1) },
    softmax: { unsafe Rows.softmax($0, $1, $2, $3) },
    map: { unsafe Elements.map($0, $1, $2, $3) },
    combine: { unsafe Elements.combine($0, $1, $2, $3, $4, $5, $6) },
    pool: { Elements.pool($0, $1) },
    peak: { unsafe Peak.run($0, $1) })

  #if WIDE_VECTORS
    private static let name = "avx512"
  #elseif arch(x86_64)
    private static let name = "avx2"
  #else
    private static let name = "generic"
  #endif
}

/// Multiply-adds in registers alone: what the processor could do at best.
enum Peak {
  /// Twelve independent chains, `rounds` times; returns the number of multiply-adds.
  static func run(_ rounds: Int, _ place: UnsafeMutablePointer<Float>) -> Int {
    let target = unsafe Target(place)
    let (a, b) = (Lane(repeating: target[0]), Lane(repeating: target[1]))
    var (x0, x1, x2, x3, x4, x5) = (a, a, a, a, a, a)
    var (y0, y1, y2, y3, y4, y5) = (b, b, b, b, b, b)
    for _ in 0..<rounds {
      x0.addProduct(a, b)
      x1.addProduct(a, b)
      x2.addProduct(a, b)
      x3.addProduct(a, b)
      x4.addProduct(a, b)
      x5.addProduct(a, b)
      y0.addProduct(a, b)
      y1.addProduct(a, b)
      y2.addProduct(a, b)
      y3.addProduct(a, b)
      y4.addProduct(a, b)
      y5.addProduct(a, b)
    }
    target.store(x0 + x1 + x2 + x3 + x4 + x5 + y0 + y1 + y2 + y3 + y4 + y5, 0)
    return rounds * 12 * laneWidth
  }
}
