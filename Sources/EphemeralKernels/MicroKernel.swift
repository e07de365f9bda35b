/// The innermost product: a few rows of A by one panel of columns of B.
///
/// Each element is one chain of fused multiply-adds, tap by tap, from first to last, whatever the
/// tile: so results depend neither on the tiles nor on the width of the registers.
enum MicroKernel {
  /// tile = A · B.
  ///
  /// Reads `taps` × `depth` elements of each row and as many steps of the panel. Writes a tile of
  /// `count` rows as `ending` says; where it is not finished, rows of the tile beyond may change.
  @inline(__always)
  static func run(
    lanes: Int, count: Int, taps: Int, depth: Int, rows: RowPointers, panel: Source, ending: Ending
  ) {
    #if WIDE_VECTORS
      switch (lanes, count > 4) {
      case (3, true): tripleEight(taps, depth, rows, panel, ending)
      case (3, false): tripleFour(taps, depth, rows, panel, ending)
      case (2, true): doubleEight(taps, depth, rows, panel, ending)
      case (2, false): doubleFour(taps, depth, rows, panel, ending)
      case (_, true): singleEight(taps, depth, rows, panel, ending)
      case (_, false): singleFour(taps, depth, rows, panel, ending)
      }
    #else
      switch (lanes, count > 4) {
      case (2, true): doubleSix(taps, depth, rows, panel, ending)
      case (2, false): doubleFour(taps, depth, rows, panel, ending)
      case (_, true): singleSix(taps, depth, rows, panel, ending)
      case (_, false): singleFour(taps, depth, rows, panel, ending)
      }
    #endif
  }

  #if WIDE_VECTORS
    @inline(never)
    private static func tripleEight(
      _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ ending: Ending
    ) { eight(TripleRow.self, taps, depth, rows, panel, ending) }

    @inline(never)
    private static func tripleFour(
      _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ ending: Ending
    ) { four(TripleRow.self, taps, depth, rows, panel, ending) }

    @inline(never)
    private static func doubleEight(
      _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ ending: Ending
    ) { eight(DoubleRow.self, taps, depth, rows, panel, ending) }

    @inline(never)
    private static func singleEight(
      _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ ending: Ending
    ) { eight(SingleRow.self, taps, depth, rows, panel, ending) }

    @inline(__always)
    private static func eight<Row: TileRow>(
      _ row: Row.Type, _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source,
      _ ending: Ending
    ) {
      var (r0, r1, r2, r3) = (Row(), Row(), Row(), Row())
      var (r4, r5, r6, r7) = (Row(), Row(), Row(), Row())
      var (panel, ahead) = (panel, ending.ahead)
      for tap in 0..<taps {
        let at = tap * tileRows
        let (a0, a1, a2, a3) = (rows[at], rows[at + 1], rows[at + 2], rows[at + 3])
        let (a4, a5, a6, a7) = (rows[at + 4], rows[at + 5], rows[at + 6], rows[at + 7])
        for k in 0..<depth {
          let columns = Row.load(panel)
          ahead.prefetch()
          ahead = ahead.advanced(by: ending.aheadStep)
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
      if ending.isFinished {
        let factors = ending.factors.map { Row.load($0) } ?? Row.repeating(ending.scale)
        let addends = ending.addends.map { Row.load($0) } ?? Row.repeating(0)
        var (target, residual) = (ending.target, ending.residual)
        r0.finish(factors, addends, residual, floor: ending.floor, target)
        advance(&target, &residual, ending)
        r1.finish(factors, addends, residual, floor: ending.floor, target)
        advance(&target, &residual, ending)
        r2.finish(factors, addends, residual, floor: ending.floor, target)
        advance(&target, &residual, ending)
        r3.finish(factors, addends, residual, floor: ending.floor, target)
        advance(&target, &residual, ending)
        r4.finish(factors, addends, residual, floor: ending.floor, target)
        advance(&target, &residual, ending)
        r5.finish(factors, addends, residual, floor: ending.floor, target)
        advance(&target, &residual, ending)
        r6.finish(factors, addends, residual, floor: ending.floor, target)
        advance(&target, &residual, ending)
        r7.finish(factors, addends, residual, floor: ending.floor, target)
        return
      }
      let tile = ending.tile
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
      _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ ending: Ending
    ) { six(DoubleRow.self, taps, depth, rows, panel, ending) }

    @inline(never)
    private static func singleSix(
      _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ ending: Ending
    ) { six(SingleRow.self, taps, depth, rows, panel, ending) }

    @inline(__always)
    private static func six<Row: TileRow>(
      _ row: Row.Type, _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source,
      _ ending: Ending
    ) {
      var (r0, r1, r2, r3, r4, r5) = (Row(), Row(), Row(), Row(), Row(), Row())
      var (panel, ahead) = (panel, ending.ahead)
      for tap in 0..<taps {
        let at = tap * tileRows
        let (a0, a1, a2) = (rows[at], rows[at + 1], rows[at + 2])
        let (a3, a4, a5) = (rows[at + 3], rows[at + 4], rows[at + 5])
        for k in 0..<depth {
          let columns = Row.load(panel)
          ahead.prefetch()
          ahead = ahead.advanced(by: ending.aheadStep)
          r0.add(a0[k], columns)
          r1.add(a1[k], columns)
          r2.add(a2[k], columns)
          r3.add(a3[k], columns)
          r4.add(a4[k], columns)
          r5.add(a5[k], columns)
          panel = panel.advanced(by: Row.lanes * laneWidth)
        }
      }
      if ending.isFinished {
        let factors = ending.factors.map { Row.load($0) } ?? Row.repeating(ending.scale)
        let addends = ending.addends.map { Row.load($0) } ?? Row.repeating(0)
        var (target, residual) = (ending.target, ending.residual)
        r0.finish(factors, addends, residual, floor: ending.floor, target)
        advance(&target, &residual, ending)
        r1.finish(factors, addends, residual, floor: ending.floor, target)
        advance(&target, &residual, ending)
        r2.finish(factors, addends, residual, floor: ending.floor, target)
        advance(&target, &residual, ending)
        r3.finish(factors, addends, residual, floor: ending.floor, target)
        advance(&target, &residual, ending)
        r4.finish(factors, addends, residual, floor: ending.floor, target)
        advance(&target, &residual, ending)
        r5.finish(factors, addends, residual, floor: ending.floor, target)
        return
      }
      let tile = ending.tile
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
    _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ ending: Ending
  ) { four(DoubleRow.self, taps, depth, rows, panel, ending) }

  @inline(never)
  private static func singleFour(
    _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source, _ ending: Ending
  ) { four(SingleRow.self, taps, depth, rows, panel, ending) }

  @inline(__always)
  private static func four<Row: TileRow>(
    _ row: Row.Type, _ taps: Int, _ depth: Int, _ rows: RowPointers, _ panel: Source,
    _ ending: Ending
  ) {
    var (r0, r1, r2, r3) = (Row(), Row(), Row(), Row())
    var (panel, ahead) = (panel, ending.ahead)
    for tap in 0..<taps {
      let at = tap * tileRows
      let (a0, a1, a2, a3) = (rows[at], rows[at + 1], rows[at + 2], rows[at + 3])
      for k in 0..<depth {
        let columns = Row.load(panel)
        ahead.prefetch()
        ahead = ahead.advanced(by: ending.aheadStep)
        r0.add(a0[k], columns)
        r1.add(a1[k], columns)
        r2.add(a2[k], columns)
        r3.add(a3[k], columns)
        panel = panel.advanced(by: Row.lanes * laneWidth)
      }
    }
    if ending.isFinished {
      let factors = ending.factors.map { Row.load($0) } ?? Row.repeating(ending.scale)
      let addends = ending.addends.map { Row.load($0) } ?? Row.repeating(0)
      var (target, residual) = (ending.target, ending.residual)
      r0.finish(factors, addends, residual, floor: ending.floor, target)
      advance(&target, &residual, ending)
      r1.finish(factors, addends, residual, floor: ending.floor, target)
      advance(&target, &residual, ending)
      r2.finish(factors, addends, residual, floor: ending.floor, target)
      advance(&target, &residual, ending)
      r3.finish(factors, addends, residual, floor: ending.floor, target)
      return
    }
    let tile = ending.tile
    r0.store(tile)
    r1.store(tile.advanced(by: panelColumns))
    r2.store(tile.advanced(by: 2 * panelColumns))
    r3.store(tile.advanced(by: 3 * panelColumns))
  }

  /// Goes on to the next row of C.
  @inline(__always)
  private static func advance(
    _ target: inout Target, _ residual: inout Source?, _ ending: Ending
  ) {
    target = target.advanced(by: ending.targetStep)
    if let row = residual { residual = row.advanced(by: ending.residualStep) }
  }
}
