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
      score(head, rows: pointers, count: count, panels: keyPanels.source, scores, scoreStep, tile)
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

  /// A mask with one number for each key, in order, which is added on the way.
  @inline(__always)
  private static func keyMask(_ head: borrowing HeadAttention) -> Source? {
    guard let mask = unsafe head.mask else { return nil }
    let (queryStep, keyStep) = (head.maskQueryStep, head.maskKeyStep)
    return queryStep == 0 && keyStep == 1 ? unsafe Source(mask) : nil
  }

  /// Scores of a tile of queries: scaled products, and the mask where it is one for keys.
  @inline(__always)
  private static func score(
    _ head: borrowing HeadAttention, rows: RowPointers, count: Int, panels: Source,
    _ scores: Target, _ scoreStep: Int, _ tile: Target
  ) {
    let (keys, mask) = (head.keys, keyMask(head))
    var ending = Ending(tile: tile)
    ending.scale = head.scale
    ending.targetStep = scoreStep
    let isWholeTile = count == tileRows || count == 4
    for column in stride(from: 0, to: keys, by: panelColumns) {
      let width = min(panelColumns, keys - column)
      let lanes = (width + laneWidth - 1) / laneWidth
      ending.isFinished = isWholeTile && width == lanes * laneWidth
      ending.target = scores.advanced(by: column)
      ending.addends = mask.map { $0.advanced(by: column) }
      MicroKernel.run(
        lanes: lanes, count: count, taps: 1, depth: head.width, rows: rows,
        panel: panels.advanced(by: column * head.width), ending: ending)
      if ending.isFinished { continue }
      let scale = Sixteen(repeating: head.scale)
      for part in stride(from: 0, to: width, by: 16) {
        let size = min(16, width - part)
        var addend = Sixteen.zero
        if let mask {
          let from = mask.advanced(by: column + part)
          addend = size == 16 ? from.sixteen(0) : from.some(0, size)
        }
        for i in 0..<count {
          let value = tile.source.sixteen(i * panelColumns + part)
          // The last sixteen may pass the row's end; there is room before the next row.
          scores.store(
            sixteen: addend.addingProduct(value, scale), i * scoreStep + column + part)
        }
      }
    }
  }

  /// Turns a row of scores into exponentials; returns their sum.
  @inline(__always)
  private static func soften(_ head: borrowing HeadAttention, _ row: Target, query: Int) -> Float {
    let keys = head.keys
    let whole = keys & ~15
    if keyMask(head) == nil, let mask = unsafe head.mask {
      let mask = unsafe Source(mask + query * head.maskQueryStep)
      let step = head.maskKeyStep
      for key in 0..<keys { row[key] += mask[key * step] }
    }
    var top = Sixteen(repeating: -.infinity)
    var at = 0
    while at < whole {
      top = VectorMath.maximum(top, row.source.sixteen(at))
      at += 16
    }
    var greatest = VectorMath.greatest(top)
    for i in whole..<keys { greatest = max(greatest, row[i]) }
    return Rows.exponentials(row.source, row, keys, greatest)
  }
}
