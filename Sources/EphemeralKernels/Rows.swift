internal import KernelInterface

/// Kernels that go over a matrix row by row.
enum Rows {
  /// output = e^(input − greatest), where none is greater; returns the sum. Reads and writes `count` elements.
  @inline(__always)
  static func exponentials(_ input: Source, _ output: Target, _ count: Int, _ greatest: Float)
    -> Float
  {
    let shift = Sixteen(repeating: greatest == -.infinity ? 0 : greatest)
    let whole = count & ~15
    var total = Sixteen.zero
    var at = 0
    while at < whole {
      let value = VectorMath.expBelow(input.sixteen(at) - shift)
      output.store(sixteen: value, at)
      total += value
      at += 16
    }
    if whole < count {
      let value = VectorMath.expBelow(input.some(whole, count - whole, filler: -.infinity) - shift)
      output.store(value, whole, count - whole)
      total += value
    }
    return VectorMath.sum(total)
  }

  /// Softmax of each row.
  static func softmax(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ rows: Int,
    _ columns: Int
  ) {
    let whole = columns & ~15
    for row in 0..<rows {
      let source = unsafe Source(input + row * columns)
      let target = unsafe Target(output + row * columns)
      var top = Sixteen(repeating: -.infinity)
      var at = 0
      while at < whole {
        top = VectorMath.maximum(top, source.sixteen(at))
        at += 16
      }
      var greatest = VectorMath.greatest(top)
      for i in whole..<columns { greatest = max(greatest, source[i]) }
      let factor = 1 / exponentials(source, target, columns, greatest)
      at = 0
      while at < whole {
        target.store(sixteen: target.source.sixteen(at) * factor, at)
        at += 16
      }
      for i in whole..<columns { target[i] *= factor }
    }
  }

  /// Layer normalization of rows `range`.
  static func normalize(_ rows: borrowing RowNormalization, _ range: Range<Int>) {
    let columns = rows.columns
    let whole = columns & ~15
    let rest = columns - whole
    // Sums are kept twice, sixteen each: an addition must not wait for the one before it.
    let pairs = columns & ~31
    for row in range {
      let source = unsafe Source(rows.input + row * columns)
      let target = unsafe Target(rows.output + row * columns)
      var mean: Float = 0
      if rows.centers {
        var total = (Sixteen.zero, Sixteen.zero)
        for at in stride(from: 0, to: pairs, by: 32) {
          total.0 += source.sixteen(at)
          total.1 += source.sixteen(at + 16)
        }
        if pairs < whole { total.0 += source.sixteen(pairs) }
        if rest > 0 { total.1 += source.some(whole, rest) }
        mean = VectorMath.sum(total.0 + total.1) / Float(columns)
      }
      let shift = Sixteen(repeating: mean)
      var squares = (Sixteen.zero, Sixteen.zero)
      for at in stride(from: 0, to: pairs, by: 32) {
        let values = (source.sixteen(at) - shift, source.sixteen(at + 16) - shift)
        squares.0.addProduct(values.0, values.0)
        squares.1.addProduct(values.1, values.1)
      }
      if pairs < whole {
        let value = source.sixteen(pairs) - shift
        squares.0.addProduct(value, value)
      }
      if rest > 0 {
        let value = source.some(whole, rest, filler: mean) - shift
        squares.1.addProduct(value, value)
      }
      let variance = VectorMath.sum(squares.0 + squares.1) / Float(columns)
      let factor = Sixteen(repeating: 1 / (variance + rows.epsilon).squareRoot())
      for at in stride(from: 0, to: columns, by: 16) {
        let size = min(16, columns - at)
        var value = ((size == 16 ? source.sixteen(at) : source.some(at, size)) - shift) * factor
        if let scale = unsafe rows.scale {
          let scale = unsafe Source(scale)
          value *= size == 16 ? scale.sixteen(at) : scale.some(at, size)
        }
        if let addend = unsafe rows.shift {
          let addend = unsafe Source(addend)
          value += size == 16 ? addend.sixteen(at) : addend.some(at, size)
        }
        if size == 16 { target.store(sixteen: value, at) } else { target.store(value, at, size) }
      }
    }
  }
}
