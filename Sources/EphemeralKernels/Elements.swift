internal import KernelInterface

/// Kernels that treat each element by itself.
enum Elements {
  /// output = f(input).
  static func map(
    _ function: Function, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ count: Int
  ) {
    let (source, target) = unsafe (Source(input), Target(output))
    switch function.kind {
    case .relu: loop(source, target, count) { VectorMath.maximum($0, .zero) }
    case .gelu: loop(source, target, count) { VectorMath.gelu($0) }
    case .erf: loop(source, target, count) { VectorMath.erf($0) }
    case .tanh: loop(source, target, count) { VectorMath.tanh($0) }
    default: loop(source, target, count) { function.apply($0) }
    }
  }

  @inline(__always)
  private static func loop(
    _ source: Source, _ target: Target, _ count: Int, _ function: (Sixteen) -> Sixteen
  ) {
    let whole = count & ~15
    var at = 0
    while at < whole {
      target.store(sixteen: function(source.sixteen(at)), at)
      at += 16
    }
    if whole < count {
      let rest = count - whole
      target.store(function(source.some(whole, rest)), whole, rest)
    }
  }

  /// output = f(left, right); a step of 0 repeats one element.
  static func combine(
    _ function: Pairing, _ left: UnsafePointer<Float>, _ leftStep: Int,
    _ right: UnsafePointer<Float>, _ rightStep: Int, _ output: UnsafeMutablePointer<Float>,
    _ count: Int
  ) {
    let (a, b, c) = unsafe (Source(left), Source(right), Target(output))
    switch function {
    case .add: pair(a, leftStep, b, rightStep, c, count) { $0 + $1 }
    case .subtract: pair(a, leftStep, b, rightStep, c, count) { $0 - $1 }
    case .multiply: pair(a, leftStep, b, rightStep, c, count) { $0 * $1 }
    case .divide: pair(a, leftStep, b, rightStep, c, count) { $0 / $1 }
    case .minimum:
      pair(a, leftStep, b, rightStep, c, count) {
        $0.replacing(with: $1, where: ($1 .< $0) .| ($1 .!= $1))
      }
    case .maximum:
      pair(a, leftStep, b, rightStep, c, count) {
        $0.replacing(with: $1, where: ($1 .> $0) .| ($1 .!= $1))
      }
    }
  }

  @inline(__always)
  private static func pair(
    _ a: Source, _ stepA: Int, _ b: Source, _ stepB: Int, _ c: Target, _ count: Int,
    _ function: (Sixteen, Sixteen) -> Sixteen
  ) {
    var at = 0
    while at < count {
      let size = min(16, count - at)
      let x = load(a, stepA, at, size)
      let y = load(b, stepB, at, size)
      let value = function(x, y)
      if size == 16 { c.store(sixteen: value, at) } else { c.store(value, at, size) }
      at += 16
    }
  }

  @inline(__always)
  private static func load(_ a: Source, _ step: Int, _ at: Int, _ size: Int) -> Sixteen {
    if step == 0 { return Sixteen(repeating: a[0]) }
    return size == 16 ? a.sixteen(at) : a.some(at, size)
  }

  /// Pools output rows `rows`, all channels of a place at a time.
  static func pool(_ pooling: borrowing Pooling, _ rows: Range<Int>) {
    let window = pooling.window
    let (kind, channels) = (pooling.kind, pooling.channels)
    let (bottom, right) = (window.height + pooling.padBottom, window.width + pooling.padRight)
    for row in rows {
      let image = row / window.outputHeight
      let y0 = (row - image * window.outputHeight) * window.strideY - window.padTop
      for column in 0..<window.outputWidth {
        let x0 = column * window.strideX - window.padLeft
        let target = unsafe Target(
          pooling.output + (row * window.outputWidth + column) * channels)
        for channel in stride(from: 0, to: channels, by: 16) {
          let size = min(16, channels - channel)
          var total = Sixteen(repeating: kind == .maximum ? -.infinity : 0)
          var (inside, padded) = (0, 0)
          for ky in 0..<window.kernelHeight {
            let y = y0 + ky * window.dilationY
            for kx in 0..<window.kernelWidth {
              let x = x0 + kx * window.dilationX
              if y < bottom && x < right {
                padded += 1
              }
              if y < 0 || y >= window.height || x < 0 || x >= window.width { continue }
              inside += 1
              let at = ((image * window.height + y) * window.width + x) * window.pixelStep
              let source = unsafe Source(pooling.input + at + channel)
              let value = size == 16 ? source.sixteen(0) : source.some(0, size)
              if kind == .maximum {
                total = total.replacing(with: value, where: (value .> total) .| (value .!= value))
              } else {
                total += value
              }
            }
          }
          switch kind {
          case .maximum: break
          case .meanInside: total /= Float(max(inside, 1))
          case .meanPadded: total /= Float(max(padded, 1))
          }
          if size == 16 {
            target.store(sixteen: total, channel)
          } else {
            target.store(total, channel, size)
          }
        }
      }
    }
  }
}
