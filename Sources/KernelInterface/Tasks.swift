/// Attention of one batch entry's head: softmax(s · Q·Kᵀ + mask) · V.
@safe public struct HeadAttention {
  /// Rows of Q and of the output.
  public var queries: Int
  /// Rows of K and V.
  public var keys: Int
  /// Elements of a row of Q and K.
  public var width: Int
  /// Elements of a row of V and of the output.
  public var valueWidth: Int
  /// The first element of Q.
  public var q: UnsafePointer<Float>
  /// Elements from one row of Q to the next.
  public var qStep: Int
  /// The first element of K.
  public var k: UnsafePointer<Float>
  /// Elements from one row of K to the next.
  public var kStep: Int
  /// The first element of V.
  public var v: UnsafePointer<Float>
  /// Elements from one row of V to the next.
  public var vStep: Int
  /// The output's first element.
  public var out: UnsafeMutablePointer<Float>
  /// Elements from one row of the output to the next.
  public var outStep: Int
  /// s
  public var scale: Float
  /// An addend for each score.
  public var mask: UnsafePointer<Float>?
  /// Elements of the mask from one query to the next.
  public var maskQueryStep = 0
  /// Elements of the mask from one key to the next.
  public var maskKeyStep = 0

  /// A head without a mask.
  public init(
    queries: Int, keys: Int, width: Int, valueWidth: Int, q: UnsafePointer<Float>, qStep: Int,
    k: UnsafePointer<Float>, kStep: Int, v: UnsafePointer<Float>, vStep: Int,
    out: UnsafeMutablePointer<Float>, outStep: Int, scale: Float
  ) {
    self.queries = queries
    self.keys = keys
    self.width = width
    self.valueWidth = valueWidth
    unsafe self.q = unsafe q
    self.qStep = qStep
    unsafe self.k = unsafe k
    self.kStep = kStep
    unsafe self.v = unsafe v
    self.vStep = vStep
    unsafe self.out = unsafe out
    self.outStep = outStep
    self.scale = scale
  }
}

extension HeadAttention: @unchecked Sendable {}

/// Rows that are brought to mean 0 and variance 1, then scaled and shifted.
@safe public struct RowNormalization {
  /// Elements of a row.
  public var columns: Int
  /// The first row.
  public var input: UnsafePointer<Float>
  /// Where its result goes.
  public var output: UnsafeMutablePointer<Float>
  /// A factor for each column.
  public var scale: UnsafePointer<Float>?
  /// An addend for each column.
  public var shift: UnsafePointer<Float>?
  /// What is added to the variance.
  public var epsilon: Float
  /// Whether the mean is subtracted; otherwise the root mean square alone divides.
  public var centers: Bool

  /// A normalization of rows that lie one after another.
  public init(
    columns: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    scale: UnsafePointer<Float>?, shift: UnsafePointer<Float>?, epsilon: Float, centers: Bool
  ) {
    self.columns = columns
    unsafe self.input = unsafe input
    unsafe self.output = unsafe output
    unsafe self.scale = unsafe scale
    unsafe self.shift = unsafe shift
    self.epsilon = epsilon
    self.centers = centers
  }
}

extension RowNormalization: @unchecked Sendable {}

/// Pooling over images whose channels lie together.
@safe public struct Pooling {
  /// What a window becomes.
  public enum Kind: UInt8, Sendable {
    /// The greatest element inside the image.
    case maximum
    /// The mean of the elements inside the image.
    case meanInside
    /// The mean with the padding counted as zeros.
    case meanPadded
  }
  /// What a window becomes.
  public var kind: Kind
  /// Channels of a pixel.
  public var channels: Int
  /// The first pixel.
  public var input: UnsafePointer<Float>
  /// Where the first result goes.
  public var output: UnsafeMutablePointer<Float>
  /// The places of the window.
  public var window: ImageWindow
  /// Rows of padding below the image, which `meanPadded` counts.
  public var padBottom: Int
  /// Columns of padding right of the image, which `meanPadded` counts.
  public var padRight: Int

  /// A pooling; the window's `zeros` are not read.
  public init(
    kind: Kind, channels: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    window: ImageWindow, padBottom: Int, padRight: Int
  ) {
    self.kind = kind
    self.channels = channels
    unsafe self.input = unsafe input
    unsafe self.output = unsafe output
    self.window = window
    self.padBottom = padBottom
    self.padRight = padRight
  }
}

extension Pooling: @unchecked Sendable {}

/// The kernels of one instruction set, and the sizes that their packing has.
@safe public struct KernelTable: Sendable {
  /// A name for reports.
  public var name: String
  /// Columns in a full panel; a narrower last panel is whole registers wide.
  public var panelColumns: Int
  /// Columns in one register.
  public var laneColumns: Int
  /// Rows of the left side in one tile.
  public var tileRows: Int
  /// Rows `rows` and panels `panels` of a product; scratch as ``productScratch(taps:)`` says.
  public var multiply:
    @Sendable (
      _ product: borrowing Product, _ rows: Range<Int>, _ panels: Range<Int>,
      _ scratch: UnsafeMutablePointer<Float>
    ) -> Void
  /// Packs B (`depth` rows by `columns`, any steps) into panels.
  public var pack:
    @Sendable (
      _ b: UnsafePointer<Float>, _ rowStep: Int, _ columnStep: Int, _ depth: Int, _ columns: Int,
      _ panels: UnsafeMutablePointer<Float>
    ) -> Void
  /// Query rows `rows` of one head; scratch as ``attentionScratch(keys:width:valueWidth:)`` says.
  public var attend:
    @Sendable (
      _ attention: borrowing HeadAttention, _ rows: Range<Int>,
      _ scratch: UnsafeMutablePointer<Float>
    ) -> Void
  /// Normalizes the rows.
  public var normalize: @Sendable (_ rows: borrowing RowNormalization, _ range: Range<Int>) -> Void
  /// Softmax of `rows` rows of `columns` elements.
  public var softmax:
    @Sendable (
      _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ rows: Int,
      _ columns: Int
    ) -> Void
  /// output = f(input), element by element; they may be the same place.
  public var map:
    @Sendable (
      _ function: Function, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
      _ count: Int
    ) -> Void
  /// output = f(left, right) for `count` elements; a step of 0 repeats one element.
  public var combine:
    @Sendable (
      _ function: Pairing, _ left: UnsafePointer<Float>, _ leftStep: Int,
      _ right: UnsafePointer<Float>, _ rightStep: Int, _ output: UnsafeMutablePointer<Float>,
      _ count: Int
    ) -> Void
  /// Pools output rows (batch × y) `rows`.
  public var pool: @Sendable (_ pooling: borrowing Pooling, _ rows: Range<Int>) -> Void
  /// `rounds` times a fixed number of multiply-adds in registers; returns how many there were.
  public var peak: @Sendable (_ rounds: Int, _ place: UnsafeMutablePointer<Float>) -> Int

  /// Makes a table.
  public init(
    name: String, panelColumns: Int, laneColumns: Int, tileRows: Int,
    multiply:
      @escaping @Sendable (
        borrowing Product, Range<Int>, Range<Int>, UnsafeMutablePointer<Float>
      ) -> Void,
    pack:
      @escaping @Sendable (
        UnsafePointer<Float>, Int, Int, Int, Int, UnsafeMutablePointer<Float>
      ) -> Void,
    attend:
      @escaping @Sendable (borrowing HeadAttention, Range<Int>, UnsafeMutablePointer<Float>) -> Void,
    normalize: @escaping @Sendable (borrowing RowNormalization, Range<Int>) -> Void,
    softmax:
      @escaping @Sendable (
        UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int
      ) -> Void,
    map:
      @escaping @Sendable (
        Function, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int
      ) -> Void,
    combine:
      @escaping @Sendable (
        Pairing, UnsafePointer<Float>, Int, UnsafePointer<Float>, Int,
        UnsafeMutablePointer<Float>, Int
      ) -> Void,
    pool: @escaping @Sendable (borrowing Pooling, Range<Int>) -> Void,
    peak: @escaping @Sendable (Int, UnsafeMutablePointer<Float>) -> Int
  ) {
    self.name = name
    self.panelColumns = panelColumns
    self.laneColumns = laneColumns
    self.tileRows = tileRows
    unsafe self.multiply = unsafe multiply
    unsafe self.pack = unsafe pack
    unsafe self.attend = unsafe attend
    self.normalize = normalize
    unsafe self.softmax = unsafe softmax
    unsafe self.map = unsafe map
    unsafe self.combine = unsafe combine
    self.pool = pool
    unsafe self.peak = unsafe peak
  }

  /// Columns rounded up to whole registers.
  public func paddedColumns(_ columns: Int) -> Int {
    (columns + laneColumns - 1) / laneColumns * laneColumns
  }

  /// How many panels `columns` make.
  public func panelCount(_ columns: Int) -> Int { (columns + panelColumns - 1) / panelColumns }

  /// Floats of a packed matrix.
  public func packedCount(depth: Int, columns: Int) -> Int { depth * paddedColumns(columns) }

  /// Floats of scratch for a product: one tile, and the row pointers of each tap.
  public func productScratch(taps: Int) -> Int { tileRows * panelColumns + 2 * taps * tileRows }

  /// Floats of scratch for a head: keys and values packed, the scores of one tile, and a tile.
  public func attentionScratch(keys: Int, width: Int, valueWidth: Int) -> Int {
    let padded = paddedColumns(keys)
    return width * padded + keys * paddedColumns(valueWidth) + tileRows * (padded + 16)
      + tileRows * panelColumns + 2 * tileRows + tileRows
  }
}
