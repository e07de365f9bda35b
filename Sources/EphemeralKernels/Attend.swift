internal import KernelInterface

/// Attention of one head, a tile of queries at a time.
enum Attend {
  /// Computes query rows `rows`; only a tile's scores exist at any time.
  static func run(
    _ head: borrowing HeadAttention, _ rows: Range<Int>, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let keys = head.keys
    let padded = (keys + laneWidth - 1) / laneWidth * laneWidth
    let paddedValues = (head.valueWidth + laneWidth - 1) / laneWidth * laneWidth
    // The parts of the scratch, in the order in which the table adds them up.
    let scoreStep = padded + 16
    let keyPanels = unsafe Target(scratch)
    let valuePanels = keyPanels.advanced(by: head.width * padded)
    let scores = valuePanels.advanced(by: keys * paddedValues)
    let tile = scores.advanced(by: tileRows * scoreStep)
    let sums = tile.advanced(by: tileRows * panelColumns)
    let pointers = unsafe RowPointers(
      UnsafeMutableRawPointer(sums.base + tileRows).assumingMemoryBound(
        to: UnsafePointer<Float>.self))
    unsafe Products.pack(head.k, 1, head.kStep, head.width, keys, keyPanels.base)
    unsafe Products.pack(head.v, head.vStep, 1, keys, head.valueWidth, valuePanels.base)
    for row in stride(from: rows.lowerBound, to: rows.upperBound, by: tileRows) {
      let count = min(tileRows, rows.upperBound - row)
      for i in 0..<tileRows {
        pointers[i] = unsafe Source(head.q + (row + min(i, count - 1)) * head.qStep)
      }
      for column in stride(from: 0, to: keys, by: panelColumns) {
        let width = min(panelColumns, keys - column)
        MicroKernel.run(
          lanes: (width + laneWidth - 1) / laneWidth, count: count, taps: 1, depth: head.width,
          rows: pointers, panel: keyPanels.source.advanced(by: column * head.width),
          ending: Ending(tile: tile))
        for i in 0..<count {
          for part in stride(from: 0, to: width, by: 16) {
            let value = tile.source.sixteen(i * panelColumns + part)
            // The last sixteen may pass the row's end; there is room before the next row.
            scores.store(sixteen: value, i * scoreStep + column + part)
          }
        }
      }
      for i in 0..<count {
        sums[i] = soften(head, scores.advanced(by: i * scoreStep), query: row + i)
      }
      for i in 0..<tileRows {
        pointers[i] = scores.source.advanced(by: min(i, count - 1) * scoreStep)
      }
      for column in stride(from: 0, to: head.valueWidth, by: panelColumns) {
        let width = min(panelColumns, head.valueWidth - column)
        MicroKernel.run(
          lanes: (width + laneWidth - 1) / laneWidth, count: count, taps: 1, depth: keys,
          rows: pointers, panel: valuePanels.source.advanced(by: column * keys),
          ending: Ending(tile: tile))
        for i in 0..<count {
          let factor = Sixteen(repeating: 1 / sums[i])
          let out = unsafe Target(head.out + (row + i) * head.outStep + column)
          for part in stride(from: 0, to: width, by: 16) {
            let value = tile.source.sixteen(i * panelColumns + part) * factor
            let size = min(16, width - part)
            if size == 16 {
              out.store(sixteen: value, part)
            } else {
              out.store(value, part, size)
            }
          }
        }
      }
    }
  }

  /// Turns a row of raw scores into exponentials; returns their sum.
  @inline(__always)
  private static func soften(_ head: borrowing HeadAttention, _ row: Target, query: Int) -> Float {
    let keys = head.keys
    let scale = Sixteen(repeating: head.scale)
    let whole = keys & ~15
    var top = Sixteen(repeating: -.infinity)
    if let mask = unsafe head.mask {
      let mask = unsafe Source(mask + query * head.maskQueryStep)
      let step = head.maskKeyStep
      var at = 0
      while at < keys {
        let size = min(16, keys - at)
        let addend: Sixteen
        if step == 0 {
          addend = Sixteen(repeating: mask[0])
        } else if step == 1 && size == 16 {
          addend = mask.sixteen(at)
        } else {
          var some = Sixteen.zero
          for i in 0..<size { some[i] = mask[(at + i) * step] }
          addend = some
        }
        let value = addend.addingProduct(row.source.sixteen(at), scale)
        row.store(sixteen: value, at)
        if size == 16 { top = VectorMath.maximum(top, value) }
        at += 16
      }
    } else {
      var at = 0
      while at < keys {
        let value = row.source.sixteen(at) * scale
        row.store(sixteen: value, at)
        if at < whole { top = VectorMath.maximum(top, value) }
        at += 16
      }
    }
    var greatest = VectorMath.greatest(top)
    for i in whole..<keys { greatest = max(greatest, row[i]) }
    return Rows.exponentials(row.source, row, keys, greatest)
  }
}
