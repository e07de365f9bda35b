internal import KernelInterface

/// Products of a matrix in rows, or of image windows, with a packed matrix.
enum Products {
  /// Bytes of panels that one pass over the rows keeps in the second-level cache.
  private static let cachedPanelBytes = 320 << 10

  /// Computes rows `rows` of panels `panels`.
  static func multiply(
    _ product: borrowing Product, _ rows: Range<Int>, _ panels: Range<Int>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    let tile = unsafe Target(scratch)
    let pointers = unsafe RowPointers(
      UnsafeMutableRawPointer(scratch + tileRows * panelColumns)
        .assumingMemoryBound(to: UnsafePointer<Float>.self))
    let steps = product.taps * product.depth
    var ending = Ending(tile: tile)
    ending.targetStep = product.stepC
    ending.residualStep = product.residualStep
    ending.scale = product.scale
    let (kind, scale) = (product.function.kind, product.scale)
    let hasFactors = unsafe product.columnScale != nil
    if kind == .relu { ending.floor = 0 }
    let isLinear = (kind == .identity || kind == .relu) && (scale == 1 || !hasFactors)
    let group = max(cachedPanelBytes / max(steps * panelColumns * 4, 1), 1)
    var first = panels.lowerBound
    while first < panels.upperBound {
      let last = min(first + group, panels.upperBound)
      fetch(&ending, product, rows, first..<last, before: min(last + group, panels.upperBound))
      var row = rows.lowerBound
      while row < rows.upperBound {
        let count = min(tileRows, rows.upperBound - row)
        point(pointers, product, row, count)
        for panel in first..<last {
          let column = panel * panelColumns
          let width = min(panelColumns, product.columns - column)
          let lanes = (width + laneWidth - 1) / laneWidth
          let isWhole = width == lanes * laneWidth && (count == tileRows || count == 4)
          ending.isFinished = isLinear && isWhole
          if ending.isFinished { aim(&ending, product, row, column) }
          MicroKernel.run(
            lanes: lanes, count: count, taps: product.taps, depth: product.depth, rows: pointers,
            panel: unsafe Source(product.panels + column * steps), ending: ending)
          if !ending.isFinished { finish(product, tile.source, row, count, column, width) }
          ending.ahead = ending.ahead.advanced(by: steps * ending.aheadStep)
        }
        row += tileRows
      }
      first = last
    }
  }

  /// Has the panels behind `panels`, up to `next`, fetched while these are read.
  ///
  /// The first pass over panels in memory is slower than the arithmetic; spread over all passes over
  /// the panels before them, their way into the cache costs nothing.
  @inline(__always)
  private static func fetch(
    _ ending: inout Ending, _ product: borrowing Product, _ rows: Range<Int>, _ panels: Range<Int>,
    before next: Int
  ) {
    let steps = product.taps * product.depth
    var count = (next - panels.upperBound) * panelColumns * steps
    if count > 0 {
      ending.ahead = unsafe Source(product.panels + panels.upperBound * panelColumns * steps)
    } else if let ahead = unsafe product.ahead {
      count = product.aheadCount
      ending.ahead = unsafe Source(ahead)
    }
    let passes = (rows.count + tileRows - 1) / tileRows * panels.count * steps
    ending.aheadStep = min((count + passes - 1) / max(passes, 1), 16)
  }

  /// Points an ending at a tile of C.
  @inline(__always)
  private static func aim(
    _ ending: inout Ending, _ product: borrowing Product, _ row: Int, _ column: Int
  ) {
    ending.target = unsafe Target(product.c + row * product.stepC + column)
    if let factors = unsafe product.columnScale {
      ending.factors = unsafe Source(factors + column)
    }
    if let bias = unsafe product.bias { ending.addends = unsafe Source(bias + column) }
    if let residual = unsafe product.residual {
      ending.residual = unsafe Source(residual + row * product.residualStep + column)
    }
  }

  /// Where the tile's rows start, for each tap; rows beyond the last repeat it.
  @inline(__always)
  private static func point(
    _ pointers: RowPointers, _ product: borrowing Product, _ row: Int, _ count: Int
  ) {
    guard let window = product.window else {
      for i in 0..<tileRows {
        let at = (row + min(i, count - 1)) * product.rowStep
        pointers[i] = unsafe Source(product.a + at)
      }
      return
    }
    let pixels = window.outputHeight * window.outputWidth
    for i in 0..<tileRows {
      let at = row + min(i, count - 1)
      let image = at / pixels
      let place = at - image * pixels
      let line = place / window.outputWidth
      let y0 = line * window.strideY - window.padTop
      let x0 = (place - line * window.outputWidth) * window.strideX - window.padLeft
      var tap = i
      for ky in 0..<window.kernelHeight {
        let y = y0 + ky * window.dilationY
        let inside = y >= 0 && y < window.height
        let start = (image * window.height + y) * window.width
        for kx in 0..<window.kernelWidth {
          let x = x0 + kx * window.dilationX
          if inside && x >= 0 && x < window.width {
            pointers[tap] = unsafe Source(product.a + (start + x) * window.pixelStep)
          } else {
            pointers[tap] = unsafe Source(window.zeros)
          }
          tap += tileRows
        }
      }
    }
  }

  /// Scale, bias, residual and function on the way from the tile to C.
  @inline(__always)
  private static func finish(
    _ product: borrowing Product, _ tile: Source, _ row: Int, _ count: Int, _ column: Int,
    _ width: Int
  ) {
    switch product.function.kind {
    case .identity: finish(product, tile, row, count, column, width) { $0 }
    case .relu:
      finish(product, tile, row, count, column, width) {
        (VectorMath.maximum($0.0, .zero), VectorMath.maximum($0.1, .zero))
      }
    case .gelu: finish(product, tile, row, count, column, width) { VectorMath.gelu($0) }
    default:
      let function = product.function
      finish(product, tile, row, count, column, width) {
        (function.apply($0.0), function.apply($0.1))
      }
    }
  }

  @inline(__always)
  private static func finish(
    _ product: borrowing Product, _ tile: Source, _ row: Int, _ count: Int, _ column: Int,
    _ width: Int, _ function: (VectorMath.Two) -> VectorMath.Two
  ) {
    for part in stride(from: 0, to: width, by: 16) {
      let at = column + part
      let size = min(16, width - part)
      var factor = Sixteen(repeating: product.scale)
      if let columns = unsafe product.columnScale {
        factor *= unsafe some(Source(columns + at), size)
      }
      var bias = Sixteen.zero
      if let columns = unsafe product.bias { bias = unsafe some(Source(columns + at), size) }
      var from = tile.advanced(by: part)
      var target = unsafe Target(product.c + row * product.stepC + at)
      let stepC = product.stepC
      if let residual = unsafe product.residual {
        var source = unsafe Source(residual + row * product.residualStep + at)
        let step = product.residualStep
        for _ in 0..<count {
          let value = bias.addingProduct(from.sixteen(0), factor) + some(source, size)
          put(function((value, value)).0, target, size)
          from = from.advanced(by: panelColumns)
          source = source.advanced(by: step)
          target = target.advanced(by: stepC)
        }
      } else {
        // Two rows at a time; of an odd number the last comes twice.
        for i in stride(from: 0, to: count, by: 2) {
          let next = i + 1 < count ? 1 : 0
          let (first, second) = (from.sixteen(0), from.sixteen(next * panelColumns))
          let values = function(
            (bias.addingProduct(first, factor), bias.addingProduct(second, factor)))
          put(values.0, target, size)
          put(values.1, target.advanced(by: next * stepC), size)
          from = from.advanced(by: 2 * panelColumns)
          target = target.advanced(by: 2 * stepC)
        }
      }
    }
  }

  /// Up to sixteen numbers, missing ones as zeros.
  @inline(__always)
  private static func some(_ source: Source, _ count: Int) -> Sixteen {
    count == 16 ? source.sixteen(0) : source.some(0, count)
  }

  @inline(__always)
  private static func put(_ value: Sixteen, _ target: Target, _ count: Int) {
    if count == 16 { target.store(sixteen: value, 0) } else { target.store(value, 0, count) }
  }

  /// Copies B into panels of whole registers, missing columns as zeros.
  static func pack(
    _ b: UnsafePointer<Float>, _ rowStep: Int, _ columnStep: Int, _ depth: Int, _ columns: Int,
    _ panels: UnsafeMutablePointer<Float>
  ) {
    let b = unsafe Source(b)
    for column in stride(from: 0, to: columns, by: panelColumns) {
      let width = min(panelColumns, columns - column)
      let padded = (width + laneWidth - 1) / laneWidth * laneWidth
      let panel = unsafe Target(panels + column * depth)
      // Where columns lie in line, squares of sixteen are turned at once.
      let turned = rowStep == 1 && width % 16 == 0 ? depth & ~15 : 0
      for step in stride(from: 0, to: turned, by: 16) {
        for i in stride(from: 0, to: width, by: 16) {
          Transpose.square(
            b.advanced(by: step + (column + i) * columnStep), columnStep,
            panel.advanced(by: step * padded + i), padded)
        }
      }
      for step in turned..<depth {
        let from = step * rowStep + column * columnStep
        let to = step * padded
        if columnStep == 1 {
          var i = 0
          while i + laneWidth <= width {
            panel.store(b.lane(from + i), to + i)
            i += laneWidth
          }
          while i < width {
            panel[to + i] = b[from + i]
            i += 1
          }
        } else {
          for i in 0..<width { panel[to + i] = b[from + i * columnStep] }
        }
        for i in width..<padded { panel[to + i] = 0 }
      }
    }
  }
}
