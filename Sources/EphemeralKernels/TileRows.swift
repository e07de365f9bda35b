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
  /// Writes max(sums · factors + addends + residual, floor).
  func finish(
    _ factors: Columns, _ addends: Columns, _ residual: Source?, floor: Float, _ target: Target)
  static func repeating(_ value: Float) -> Columns
}

/// What becomes of the sums of a tile: stored as they are, or finished on the way to C.
@safe struct Ending {
  /// Where they are stored as they are, rows ``panelColumns`` apart.
  let tile: Target
  /// Whether they are finished; then the whole tile lies inside C.
  var isFinished = false
  /// The tile's place in C.
  var target: Target
  var targetStep = 0
  var scale: Float = 1
  var factors: Source?
  var addends: Source?
  var residual: Source?
  var residualStep = 0
  /// The least result: 0, or −∞ for all.
  var floor = -Float.infinity
  /// What will be read next, fetched on the way: one line for each step of the sum.
  var ahead: Source
  /// Floats from one such line to the next.
  var aheadStep = 0

  @inline(__always)
  init(tile: Target) {
    self.tile = tile
    target = tile
    ahead = tile.source
  }
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

  @inline(__always)
  func finish(
    _ factors: Lane, _ addends: Lane, _ residual: Source?, floor: Float, _ target: Target
  ) {
    ending(x, factors, addends, residual, 0, floor, target)
  }

  @inline(__always)
  static func repeating(_ value: Float) -> Lane { Lane(repeating: value) }
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

  @inline(__always)
  func finish(
    _ factors: (Lane, Lane), _ addends: (Lane, Lane), _ residual: Source?, floor: Float,
    _ target: Target
  ) {
    ending(x, factors.0, addends.0, residual, 0, floor, target)
    ending(y, factors.1, addends.1, residual, laneWidth, floor, target)
  }

  @inline(__always)
  static func repeating(_ value: Float) -> (Lane, Lane) {
    (Lane(repeating: value), Lane(repeating: value))
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

  @inline(__always)
  func finish(
    _ factors: (Lane, Lane, Lane), _ addends: (Lane, Lane, Lane), _ residual: Source?, floor: Float,
    _ target: Target
  ) {
    ending(x, factors.0, addends.0, residual, 0, floor, target)
    ending(y, factors.1, addends.1, residual, laneWidth, floor, target)
    ending(z, factors.2, addends.2, residual, 2 * laneWidth, floor, target)
  }

  @inline(__always)
  static func repeating(_ value: Float) -> (Lane, Lane, Lane) {
    (Lane(repeating: value), Lane(repeating: value), Lane(repeating: value))
  }
}

/// One register of sums on its way to C.
@inline(__always)
func ending(
  _ sum: Lane, _ factor: Lane, _ addend: Lane, _ residual: Source?, _ at: Int, _ floor: Float,
  _ target: Target
) {
  var value = addend.addingProduct(sum, factor)
  if let residual { value += residual.lane(at) }
  let floor = Lane(repeating: floor)
  target.store(value.replacing(with: floor, where: value .< floor), at)
}
