/// A matrix as it lies in memory: any strides, so that transposing costs nothing.
struct MatrixView<T: BitwiseCopyable> {
  let cells: Cells<T>
  let rows: Int
  let columns: Int
  let rowStep: Int
  let columnStep: Int

  /// A view from `start` on; all of it must lie inside `cells`.
  init(
    _ cells: Cells<T>, start: Int = 0, rows: Int, columns: Int, rowStep: Int, columnStep: Int = 1
  ) {
    let last = rows == 0 || columns == 0 ? 0 : (rows - 1) * rowStep + (columns - 1) * columnStep + 1
    self.cells = cells.window(start, last)
    self.rows = rows
    self.columns = columns
    self.rowStep = rowStep
    self.columnStep = columnStep
  }

  /// The same elements, rows and columns exchanged.
  var transposed: MatrixView {
    MatrixView(
      cells, rows: columns, columns: rows, rowStep: columnStep, columnStep: rowStep)
  }
}

extension MatrixProduct {
  /// What one multiply-add of a product costs in the unit that work is counted in.
  static func cost<T: Number>(_ type: T.Type) -> Int { type == Float.self ? 1 : Call.visitCost }
}

/// C = A · B. Each element of C is summed in one fixed order, whatever the sizes of blocks.
enum MatrixProduct {
  /// Rows of A, steps of the sum, columns of B that are packed at a time; they fit the caches.
  static let blockRows = 96
  static let blockDepth = 256
  static let blockColumns = 2048

  /// Computes C = A · B; C is row-major with columns next to each other.
  ///
  /// The caller has accounted for the work.
  static func run<T: Number>(
    _ a: MatrixView<T>, _ b: MatrixView<T>, into c: MatrixView<T>, call: inout Call
  ) throws(EngineError) {
    precondition(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns)
    precondition(c.columnStep == 1)
    if c.rows == 0 || c.columns == 0 { return }
    if let a = a as? MatrixView<Float>, let b = b as? MatrixView<Float>,
      let c = c as? MatrixView<Float>
    {
      try blocked(a, b, into: c, call: &call)
    } else {
      try plain(a, b, into: c, call: call)
    }
  }

  /// Any number type: row by row, each row of C as a sum of rows of B.
  private static func plain<T: Number>(
    _ a: MatrixView<T>, _ b: MatrixView<T>, into c: MatrixView<T>, call: borrowing Call
  ) throws(EngineError) {
    for row in 0..<c.rows {
      try call.checkpoint()
      let out = c.cells.window(row * c.rowStep, c.columns)
      out.fill(T.none)
      for depth in 0..<a.columns {
        let factor = a.cells[row * a.rowStep + depth * a.columnStep]
        let start = depth * b.rowStep
        for column in 0..<c.columns {
          out[column] = out[column].plus(factor.times(b.cells[start + column * b.columnStep]))
        }
      }
    }
  }

  /// f32: packed panels through the micro-kernel.
  private static func blocked(
    _ a: MatrixView<Float>, _ b: MatrixView<Float>, into c: MatrixView<Float>, call: inout Call
  ) throws(EngineError) {
    let depth = a.columns
    if depth == 0 {
      for row in 0..<c.rows { c.cells.window(row * c.rowStep, c.columns).fill(0) }
      return
    }
    let (mr, nr) = (MicroKernel.rows, MicroKernel.columns)
    let packedDepth = min(depth, blockDepth)
    let columnPanels = (min(c.columns, blockColumns) + nr - 1) / nr
    let rowPanels = (min(c.rows, blockRows) + mr - 1) / mr
    let packedB = try call.scratch(Float.self, columnPanels * nr * packedDepth)
    let packedA = try call.scratch(Float.self, rowPanels * mr * packedDepth)
    let tile = try call.scratch(Float.self, mr * nr)
    // Few rows use each packed panel too seldom to pay for packing it.
    let direct = b.columnStep == 1 && c.rows <= 6 * mr
    for left in stride(from: 0, to: c.columns, by: blockColumns) {
      let width = min(blockColumns, c.columns - left)
      for top in stride(from: 0, to: depth, by: blockDepth) {
        let steps = min(blockDepth, depth - top)
        packColumns(b, top: top, steps: steps, left: left, width: width, direct, packedB)
        for first in stride(from: 0, to: c.rows, by: blockRows) {
          let height = min(blockRows, c.rows - first)
          try call.checkpoint()
          packRows(a, first: first, height: height, top: top, steps: steps, packedA)
          for column in stride(from: 0, to: width, by: nr) {
            let whole = width - column >= nr
            let source =
              direct && whole
              ? b.cells.window(top * b.rowStep + left + column, (steps - 1) * b.rowStep + nr)
              : packedB.window(column * steps, steps * nr)
            let stepB = direct && whole ? b.rowStep : nr
            for row in stride(from: 0, to: height, by: mr) {
              let panel = packedA.window(row * steps, steps * mr)
              let rows = min(mr, height - row)
              let place = (first + row) * c.rowStep + left + column
              if rows == mr && whole {
                let target = c.cells.window(place, (mr - 1) * c.rowStep + nr)
                unsafe MicroKernel.run(
                  depth: steps, a: panel.base, b: source.base, stepB: stepB, c: target.base,
                  stepC: c.rowStep, adding: top > 0)
              } else {
                unsafe MicroKernel.run(
                  depth: steps, a: panel.base, b: source.base, stepB: stepB, c: tile.base,
                  stepC: nr, adding: false)
                let columns = min(nr, width - column)
                for r in 0..<rows {
                  let target = c.cells.window(place + r * c.rowStep, columns)
                  for i in 0..<columns {
                    target[i] = (top > 0 ? target[i] : 0) + tile[r * nr + i]
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// Copies columns of B into panels of sixteen, missing ones as zeros.
  private static func packColumns(
    _ b: MatrixView<Float>, top: Int, steps: Int, left: Int, width: Int, _ direct: Bool,
    _ packed: Cells<Float>
  ) {
    let nr = MicroKernel.columns
    for column in stride(from: 0, to: width, by: nr) {
      let count = min(nr, width - column)
      if direct && count == nr { continue }
      let panel = packed.window(column * steps, steps * nr)
      for step in 0..<steps {
        let start = (top + step) * b.rowStep + (left + column) * b.columnStep
        if b.columnStep == 1 && count == nr {
          // Both windows are checked; the fixed length lets the copy be two vector moves.
          let (from, to) = (b.cells.window(start, nr), panel.window(step * nr, nr))
          for i in 0..<16 { unsafe to.base[i] = from.base[i] }
          continue
        } else {
          for i in 0..<count { panel[step * nr + i] = b.cells[start + i * b.columnStep] }
        }
        for i in count..<nr { panel[step * nr + i] = 0 }
      }
    }
  }

  /// Copies rows of A into panels of six, missing ones as zeros.
  private static func packRows(
    _ a: MatrixView<Float>, first: Int, height: Int, top: Int, steps: Int, _ packed: Cells<Float>
  ) {
    let mr = MicroKernel.rows
    for row in stride(from: 0, to: height, by: mr) {
      let count = min(mr, height - row)
      let panel = packed.window(row * steps, steps * mr)
      for i in 0..<mr {
        let start = (first + row + i) * a.rowStep + top * a.columnStep
        if i < count {
          let from = a.cells.window(start, (steps - 1) * a.columnStep + 1)
          // The window and the panel hold every place that this loop visits.
          for step in 0..<steps {
            unsafe panel.base[step * mr + i] = from.base[step * a.columnStep]
          }
        } else {
          for step in 0..<steps { panel[step * mr + i] = 0 }
        }
      }
    }
  }
}
