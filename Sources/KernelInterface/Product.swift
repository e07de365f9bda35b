/// C = f(s · (A · B) + bias + residual) with B packed in panels.
///
/// A is a matrix in rows, or the windows of an image (``window``). The binding that makes one has
/// compared every range with the block that it lies in.
@safe public struct Product {
  /// Rows of A and C.
  public var rows: Int
  /// Columns of B and C.
  public var columns: Int
  /// Steps of the sum in one tap.
  public var depth: Int
  /// How many taps are summed: 1 for a matrix, the kernel's places for windows.
  public var taps = 1
  /// A's first element.
  public var a: UnsafePointer<Float>
  /// Elements from one row of A to the next.
  public var rowStep: Int
  /// Where the rows of A come from instead, for a convolution.
  public var window: ImageWindow?
  /// B, packed by the same table.
  public var panels: UnsafePointer<Float>
  /// C's first element.
  public var c: UnsafeMutablePointer<Float>
  /// Elements from one row of C to the next.
  public var stepC: Int
  /// A factor for each column, before the bias.
  public var columnScale: UnsafePointer<Float>?
  /// An addend for each column.
  public var bias: UnsafePointer<Float>?
  /// An addend for each element.
  public var residual: UnsafePointer<Float>?
  /// Elements from one row of the residual to the next.
  public var residualStep = 0
  /// s
  public var scale: Float = 1
  /// f
  public var function = Function.identity
  /// What will be read after this product, to be fetched into the cache meanwhile.
  public var ahead: UnsafePointer<Float>?
  /// Floats of that.
  public var aheadCount = 0

  /// A product of matrices without more; the rest is set afterwards.
  public init(
    rows: Int, columns: Int, depth: Int, a: UnsafePointer<Float>, rowStep: Int,
    panels: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>, stepC: Int
  ) {
    self.rows = rows
    self.columns = columns
    self.depth = depth
    unsafe self.a = unsafe a
    self.rowStep = rowStep
    unsafe self.panels = unsafe panels
    unsafe self.c = unsafe c
    self.stepC = stepC
  }
}

// The pointers name arena memory that the run owns; tasks of one step write disjoint parts of it.
extension Product: @unchecked Sendable {}

/// Places of a sliding window over images whose channels lie together (batch, y, x, channel).
@safe public struct ImageWindow {
  /// As many zeros as one tap has steps: what the padding reads.
  public var zeros: UnsafePointer<Float>
  /// Rows of pixels of the input.
  public var height: Int
  /// Pixels of an input row.
  public var width: Int
  /// Elements from one pixel to the next.
  public var pixelStep: Int
  /// Rows of taps of the kernel.
  public var kernelHeight: Int
  /// Taps of a kernel row.
  public var kernelWidth: Int
  /// Input rows from one output row to the next.
  public var strideY: Int
  /// Input pixels from one output pixel to the next.
  public var strideX: Int
  /// Input rows from one kernel row to the next.
  public var dilationY: Int
  /// Input pixels from one tap to the next.
  public var dilationX: Int
  /// Rows of padding above the image.
  public var padTop: Int
  /// Columns of padding left of the image.
  public var padLeft: Int
  /// Rows of the output.
  public var outputHeight: Int
  /// Pixels of an output row.
  public var outputWidth: Int

  /// A window; `zeros` are elements that stay zero.
  public init(
    zeros: UnsafePointer<Float>, height: Int, width: Int, pixelStep: Int, kernelHeight: Int,
    kernelWidth: Int, strideY: Int, strideX: Int, dilationY: Int, dilationX: Int, padTop: Int,
    padLeft: Int, outputHeight: Int, outputWidth: Int
  ) {
    unsafe self.zeros = unsafe zeros
    self.height = height
    self.width = width
    self.pixelStep = pixelStep
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.strideY = strideY
    self.strideX = strideX
    self.dilationY = dilationY
    self.dilationX = dilationX
    self.padTop = padTop
    self.padLeft = padLeft
    self.outputHeight = outputHeight
    self.outputWidth = outputWidth
  }
}

extension ImageWindow: @unchecked Sendable {}
