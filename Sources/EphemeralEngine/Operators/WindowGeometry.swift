internal import EphemeralModel

/// Where a sliding window goes: kernel, strides, dilations and pads as a node states them.
struct WindowReader: Sendable {
  /// How a node leaves the padding to the operator.
  enum AutoPad: Sendable {
    case notSet, sameUpper, sameLower, valid

    init(_ node: NodeReader) throws(EngineError) {
      switch String(decoding: try node.string("auto_pad", "NOTSET"), as: UTF8.self) {
      case "NOTSET": self = .notSet
      case "SAME_UPPER": self = .sameUpper
      case "SAME_LOWER": self = .sameLower
      case "VALID": self = .valid
      default: throw .topologyInvalid
      }
    }
  }
  let kernel: [Int]?
  let strides: [Int]?
  let dilations: [Int]?
  let pads: [Int]?
  let autoPad: AutoPad
  let roundsUp: Bool

  init(_ node: NodeReader) throws(EngineError) {
    kernel = try node.ints("kernel_shape")
    strides = try node.ints("strides")
    dilations = try node.ints("dilations")
    pads = try node.ints("pads")
    roundsUp = try node.flag("ceil_mode")
    autoPad = try AutoPad(node)
  }

  /// A window that is stated without a kernel or automatic padding.
  init(strides: [Int]?, dilations: [Int]?, pads: [Int]?) {
    (kernel, autoPad, roundsUp) = (nil, .notSet, false)
    (self.strides, self.dilations, self.pads) = (strides, dilations, pads)
  }

  /// The window over an input of the given spatial dimensions.
  ///
  /// - Parameter kernel: the kernel's extents, where they do not come from the attribute.
  func window(over spatial: [Int], kernel weights: [Int]? = nil) throws(EngineError) -> Window {
    guard let kernel = weights ?? kernel, kernel.count == spatial.count else {
      throw .shapeMismatch
    }
    if let stated = self.kernel, stated != kernel { throw .shapeMismatch }
    let strides = strides ?? spatial.map { _ in 1 }
    let dilations = dilations ?? spatial.map { _ in 1 }
    let pads = pads ?? [Int](repeating: 0, count: 2 * spatial.count)
    guard strides.count == spatial.count, dilations.count == spatial.count,
      pads.count == 2 * spatial.count
    else { throw .shapeMismatch }
    var axes: [Window.Axis] = []
    for (at, size) in spatial.enumerated() {
      axes.append(
        try axis(
          size, kernel[at], strides[at], dilations[at], pads[at], pads[at + spatial.count]))
    }
    return Window(axes: axes)
  }

  /// One axis; every number is bounded first, so that none of the sums overflows.
  private func axis(
    _ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ head: Int, _ tail: Int
  ) throws(EngineError) -> Window.Axis {
    let bound = 1 << 16
    guard (1...bound).contains(kernel), (1...bound).contains(stride),
      (1...bound).contains(dilation), (0...bound).contains(head), (0...bound).contains(tail)
    else { throw .shapeMismatch }
    let extent = (kernel - 1) * dilation + 1
    var (head, tail, count) = (head, tail, 0)
    switch autoPad {
    case .notSet, .valid:
      if autoPad == .valid { (head, tail) = (0, 0) }
      let room = size + head + tail - extent
      guard room >= 0 else { throw .shapeMismatch }
      count = (roundsUp ? (room + stride - 1) / stride : room / stride) + 1
      // A window that would start in the padding after the input is left out.
      if roundsUp && (count - 1) * stride >= size + head { count -= 1 }
    case .sameUpper, .sameLower:
      count = (size + stride - 1) / stride
      let needed = max((count - 1) * stride + extent - size, 0)
      let less = needed / 2
      (head, tail) = autoPad == .sameUpper ? (less, needed - less) : (needed - less, less)
    }
    return Window.Axis(
      size: size, kernel: kernel, stride: stride, dilation: dilation, head: head, tail: tail,
      count: max(count, 0))
  }
}

/// A sliding window over up to three spatial axes; missing ones are of one place.
struct Window {
  struct Axis {
    /// The input's extent, the kernel's, and how far both move.
    let size: Int
    let kernel: Int
    let stride: Int
    let dilation: Int
    /// Padding before and after the input.
    let head: Int
    let tail: Int
    /// How many places the window takes.
    let count: Int

    /// The input place under kernel element `k` at window place `at`; may lie in the padding.
    @inline(__always)
    func place(_ at: Int, _ k: Int) -> Int { at * stride - head + k * dilation }
  }

  /// The axes as the node has them.
  let axes: [Axis]

  /// Depth, height and width; axes that the node lacks come first and have one place.
  let (depth, height, width): (Axis, Axis, Axis)

  init(axes: [Axis]) {
    self.axes = axes
    let one = Axis(size: 1, kernel: 1, stride: 1, dilation: 1, head: 0, tail: 0, count: 1)
    let padded = [Axis](repeating: one, count: max(3 - axes.count, 0)) + axes
    (depth, height, width) = (padded[0], padded[1], padded[2])
  }

  /// How many places the window takes in all.
  var count: Int { axes.reduce(1) { $0 * $1.count } }
  /// How many elements the kernel has.
  var kernelCount: Int { axes.reduce(1) { $0 * $1.kernel } }
  /// How many elements one channel of the input has.
  var inputCount: Int { axes.reduce(1) { $0 * $1.size } }
}
