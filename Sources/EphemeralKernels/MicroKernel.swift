#if WIDE_VECTORS
  /// Rows of A in one tile.
  let tileRows = 8
  /// Registers of columns in a full panel.
  let panelLanes = 3
#else
  /// Rows of A in one tile.
  let tileRows = 6
  /// Registers of columns in a full panel.
  let panelLanes = 2
#endif
/// Floats in one register.
let laneWidth = Lane.scalarCount
/// Columns in a full panel, and the step between rows of a tile.
let panelColumns = panelLanes * laneWidth

/// Where the rows of A start: for each tap ``tileRows`` of them.
@safe struct RowPointers {
  let base: UnsafeMutablePointer<UnsafePointer<Float>>

  @inline(__always)
  init(_ base: UnsafeMutablePointer<UnsafePointer<Float>>) { unsafe self.base = unsafe base }

  @inline(__always)
  subscript(at: Int) -> Source {
    get { unsafe Source(base[at]) }
    nonmutating set { unsafe base[at] = newValue.base }
  }
}

/// The sums of one row of a tile, in registers.
protocol TileRow {
  /// As many registers of a panel's step.
  associatedtype Columns
  static var lanes: Int { get }
  init()
  static func load(_ panel: Source) -> Columns
  mutating func add(_ factor: Float, _ columns: Columns)
  func store(_ tile: Target)
}

/// A row of one register.
struct SingleRow: TileRow {
  static var lanes: Int { 1 }
  private var x = Lane.zero

  @inline(__always)
  init() {}

  @inline(__always)
  static func load(_ panel: Source) -> Lane { panel.lane(0) }

  @inline(__always)
  mutating func add(_ factor: Float, _ columns: Lane) {
    x.addProduct(Lane(repeating: factor), columns)
  }

  @inline(__always)
  func store(_ tile: Target) { tile.store(x, 0) }
}

/// A row of two registers.
struct DoubleRow: TileRow {
  static var lanes: Int { 2 }
  private var x = Lane.zero
  private var y = Lane.zero

  @inline(__always)
  init() {}

  @inline(__always)
  static func load(_ panel: Source) -> (Lane, Lane) { (panel.lane(0), panel.lane(laneWidth)) }

  @inline(__always)
  mutating func add(_ factor: Float, _ columns: (Lane, Lane)) {
    let factor = Lane(repeating: factor)
    x.addProduct(factor, columns.0)
    y.addProduct(factor, columns.1)
  }

  @inline(__always)
  func store(_ tile: Target) {
    tile.store(x, 0)
    tile.store(y, laneWidth)
  }
}

/// A row of three registers.
struct TripleRow: TileRow {
  static var lanes: Int { 3 }
  private var x = Lane.zero
  private var y = Lane.zero
  private var z = Lane.zero

  @inline(__always)
  init() {}

  @inline(__always)
  static func load(_ panel: Source) -> (Lane, Lane, Lane) {
    (panel.lane(0), panel.lane(laneWidth), panel.lane(2 * laneWidth))
  }

  @inline(__always)
  mutating func add(_ factor: Float, _ columns: (Lane, Lane, Lane)) {
    let factor = Lane(repeating: factor)
    x.addProduct(factor, columns.0)
    y.addProduct(factor, columns.1)
    z.addProduct(factor, columns.2)
  }

  @inline(__always)
  func store(_ tile: Target) {
    tile.store(x, 0)
    tile.store(y, laneWidth)
    tile.store(z, 2 * laneWidth)
  }
}

/// The innermost product: a few rows of A by one panel of columns of B.
///
/// Each element is one chain of fused multiply-adds, tap by tap, from first to last, whatever the
/// tile: so results depend neither on the tiles nor on the width of the registers.
enum MicroKernel {
  /// tile = A · B.
  ///
  /// Reads `taps` × `depth` elements of each row and as many steps of the panel, and writes the
  /// tile's first `count` rows, ``panelColumns`` apart, and perhaps others.
  @inline(__always)
  static func run(
    lanes: Int, count: Int, taps: Int, depth: Int, rows: RowPointers, panel: Source, tile: Target
  ) {
    #if WIDE_VECTORS
      switch (lanes, count > 4) {
      case (3, true): tripleEight(taps, depth, rows, panel, tile)
      case (3, false): tripleFour(taps, depth, rows, panel, tile)
      case (2, true): doubleEight(taps, depth, rows, panel, tile)
      case (2, false): doubleFour(taps, depth, rows, panel, tile)
      case (_, true): singleEight(taps, depth, rows, panel, tile)
      case (_, false): singleFour(taps, depth, rows, panel, tile)
      }
    #else
      switch (lanes, count > 4) {
      case (2, true): doubleSix(taps, depth, rows, panel, tile)
      case (2, false): doubleFour(taps, depth, rows, panel, tile)
      case (_, true): singleSix(taps, depth, rows, panel, tile)
      case (_, false): singleFour(taps, depth, rows, panel, tile)
      }
    #endif
  }

  #if WIDE_VECTORS
    @inline(never)
    private static func tripleEight(
      _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ tile: Target
    ) { eight(TripleRow.self, taps, depth, rows, panel, tile) }

    @inline(never)
    private static func tripleFour(
      _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ tile: Target
    ) { four(TripleRow.self, taps, depth, rows, panel, tile) }

    @inline(never)
    private static func doubleEight(
      _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ tile: Target
    ) { eight(DoubleRow.self, taps, depth, rows, panel, tile) }

    @inline(never)
    private static func singleEight(
      _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ tile: Target
    ) { eight(SingleRow.self, taps, depth, rows, panel, tile) }

    @inline(__always)
    private static func eight<Row: TileRow>(
      _ row: Row.Type, _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source,
      _ tile: Target
    ) {
      var (r0, r1, r2, r3) = (Row(), Row(), Row(), Row())
      var (r4, r5, r6, r7) = (Row(), Row(), Row(), Row())
      var panel = panel
      for tap in 0..<taps {
        let at = tap * tileRows
        let (a0, a1, a2, a3) = (rows[at], rows[at + 1], rows[at + 2], rows[at + 3])
        let (a4, a5, a6, a7) = (rows[at + 4], rows[at + 5], rows[at + 6], rows[at + 7])
        for k in 0..<depth {
          let columns = Row.load(panel)
          r0.add(a0[k], columns)
          r1.add(a1[k], columns)
          r2.add(a2[k], columns)
          r3.add(a3[k], columns)
          r4.add(a4[k], columns)
          r5.add(a5[k], columns)
          r6.add(a6[k], columns)
          r7.add(a7[k], columns)
          panel = panel.advanced(by: Row.lanes * laneWidth)
        }
      }
      r0.store(tile)
      r1.store(tile.advanced(by: panelColumns))
      r2.store(tile.advanced(by: 2 * panelColumns))
      r3.store(tile.advanced(by: 3 * panelColumns))
      r4.store(tile.advanced(by: 4 * panelColumns))
      r5.store(tile.advanced(by: 5 * panelColumns))
      r6.store(tile.advanced(by: 6 * panelColumns))
      r7.store(tile.advanced(by: 7 * panelColumns))
    }
  #else
    @inline(never)
    private static func doubleSix(
      _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ tile: Target
    ) { six(DoubleRow.self, taps, depth, rows, panel, tile) }

    @inline(never)
    private static func singleSix(
      _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ tile: Target
    ) { six(SingleRow.self, taps, depth, rows, panel, tile) }

    @inline(__always)
    private static func six<Row: TileRow>(
      _ row: Row.Type, _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source,
      _ tile: Target
    ) {
      var (r0, r1, r2, r3, r4, r5) = (Row(), Row(), Row(), Row(), Row(), Row())
      var panel = panel
      for tap in 0..<taps {
        let at = tap * tileRows
        let (a0, a1, a2) = (rows[at], rows[at + 1], rows[at + 2])
        let (a3, a4, a5) = (rows[at + 3], rows[at + 4], rows[at + 5])
        for k in 0..<depth {
          let columns = Row.load(panel)
          r0.add(a0[k], columns)
          r1.add(a1[k], columns)
          r2.add(a2[k], columns)
          r3.add(a3[k], columns)
          r4.add(a4[k], columns)
          r5.add(a5[k], columns)
          panel = panel.advanced(by: Row.lanes * laneWidth)
        }
      }
      r0.store(tile)
      r1.store(tile.advanced(by: panelColumns))
      r2.store(tile.advanced(by: 2 * panelColumns))
      r3.store(tile.advanced(by: 3 * panelColumns))
      r4.store(tile.advanced(by: 4 * panelColumns))
      r5.store(tile.advanced(by: 5 * panelColumns))
    }
  #endif

  @inline(never)
  private static func doubleFour(
    _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ tile: Target
  ) { four(DoubleRow.self, taps, depth, rows, panel, tile) }

  @inline(never)
  private static func singleFour(
    _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ tile: Target
  ) { four(SingleRow.self, taps, depth, rows, panel, tile) }

  @inline(__always)
  private static func four<Row: TileRow>(
    _ row: Row.Type, _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source,
    _ tile: Target
  ) {
    var (r0, r1, r2, r3) = (Row(), Row(), Row(), Row())
    var panel = panel
    for tap in 0..<taps {
      let at = tap * tileRows
      let (a0, a1, a2, a3) = (rows[at], rows[at + 1], rows[at + 2], rows[at + 3])
      for k in 0..<depth {
        let columns = Row.load(panel)
        r0.add(a0[k], columns)
        r1.add(a1[k], columns)
        r2.add(a2[k], columns)
        r3.add(a3[k], columns)
        panel = panel.advanced(by: Row.lanes * laneWidth)
      }
    }
    r0.store(tile)
    r1.store(tile.advanced(by: panelColumns))
    r2.store(tile.advanced(by: 2 * panelColumns))
    r3.store(tile.advanced(by: 3 * panelColumns))
  }
}
