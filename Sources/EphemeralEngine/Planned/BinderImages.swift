internal import EphemeralModel
internal import KernelInterface

// Convolution and pooling over images whose channels lie together.
extension Binder {
  /// A window in two dimensions, from what a node states.
  private func window(
    _ node: Node, height: Int, width: Int, channels: Int, kernel: [Int]?
  ) throws(EngineError) -> (ImageWindow, padBottom: Int, padRight: Int) {
    let window = try WindowReader(NodeReader(node)).window(over: [height, width], kernel: kernel)
    let (y, x) = (window.height, window.width)
    // A pointer that no kernel follows: each run puts the place of its zeros here.
    let nowhere = unsafe UnsafePointer<Float>(bitPattern: 64).unsafelyUnwrapped
    let image = unsafe ImageWindow(
      zeros: nowhere, height: height, width: width, pixelStep: channels, kernelHeight: y.kernel,
      kernelWidth: x.kernel, strideY: y.stride, strideX: x.stride, dilationY: y.dilation,
      dilationX: x.dilation, padTop: y.head, padLeft: x.head, outputHeight: y.count,
      outputWidth: x.count)
    return (image, y.tail, x.tail)
  }

  mutating func visit(_ convolved: PlannedNode.Convolved, _ node: PlannedNode)
    throws(EngineError)
  {
    let given = try floats(node.inputs[0])
    let filters = convolved.filters
    let groupChannels = filters[1]
    guard given.shape.rank == 4, given.shape[1] == groupChannels * convolved.group,
      groupChannels > 0, let panels = program.panels[.init(convolved)]
    else { throw .shapeMismatch }
    let dims = given.shape.dims
    let channels = dims[1]
    var (image, _, _) = try window(
      convolved.node, height: dims[2], width: dims[3], channels: channels,
      kernel: [filters[2], filters[3]])
    let shape = try Shape([dims[0], filters[0], image.outputHeight, image.outputWidth])
    let rows = shape.count / filters[0]
    let taps = filters[2] * filters[3]
    let isPointwise =
      taps == 1 && image.strideX == 1 && image.strideY == 1 && image.padTop == 0
      && image.padLeft == 0 && image.outputHeight == dims[2] && image.outputWidth == dims[3]
    var input: (place: Place, buffer: Int?)
    var depth = groupChannels
    if groupChannels < 8, filters[3] > 1, image.dilationX == 1, convolved.group == 1 {
      // Few channels: a padded copy lets one row of the kernel be one tap.
      input = try pad(given, node.inputs[0], &image)
      depth = groupChannels * filters[3]
    } else {
      input = (try channelsLast(node.inputs[0]).place, nil)
    }
    var residual: BoundValue?
    if convolved.hasResidual {
      let value = try value(node.inputs[1])
      residual = value.shape.rank == 4 ? try channelsLast(node.inputs[1]) : value
    }
    let isFused = residual.map { $0.shape == shape && $0.type == .float32 } ?? true
    guard isFused else { throw .unsupportedOperator }
    let out = try make(node.outputs[0], .float32, shape, isChannelsLast: true)
    let groupFilters = filters[0] / convolved.group
    let packed = kernels.packedCount(depth: groupChannels * taps, columns: groupFilters)
    let folding = program.foldings[node.outputs[0]]
    guard (folding != nil) == (convolved.batchNormalization != nil) else { throw .shapeMismatch }
    var bias = folding?.addends
    if folding == nil { bias = try convolved.bias.map(placeOfConstant) }
    guard residual == nil || convolved.group == 1 else { throw .unsupportedOperator }
    let parts = (0..<convolved.group).map { group in
      let first = group * groupFilters * 4
      return ProductStep.Part(
        columns: groupFilters, panels: panels.advanced(by: group * packed * 4),
        columnScale: folding?.factors.advanced(by: first), bias: bias?.advanced(by: first),
        output: out.advanced(by: first), step: filters[0],
        inputOffset: group * groupChannels * 4)
    }
    needScratch(kernels.productScratch(taps: image.kernelHeight * image.kernelWidth))
    try add(
      ProductStep(
        rows: rows, depth: depth, input: input.place, rowStep: channels,
        window: isPointwise ? nil : image, zeros: isPointwise ? nil : program.derived.zeros,
        parts: parts, residual: residual?.place, scale: 1, function: convolved.function,
        kernels: kernels, width: width), visits: 1,
      products: [rows, filters[0], groupChannels * taps])
    if let buffer = input.buffer { free(buffer) }
  }

  /// Copies an image into one that holds its own padding, and changes the window accordingly.
  private mutating func pad(_ value: BoundValue, _ id: ValueID, _ image: inout ImageWindow)
    throws(EngineError) -> (Place, Int?)
  {
    let dims = value.shape.dims
    let (channels, height, width) = (dims[1], dims[2], dims[3])
    let paddedHeight =
      (image.outputHeight - 1) * image.strideY
      + (image.kernelHeight - 1) * image.dilationY + 1
    let paddedWidth = (image.outputWidth - 1) * image.strideX + image.kernelWidth
    let shape = try Shape([dims[0], paddedHeight, paddedWidth, channels])
    let (place, buffer) = try room(shape.count * 4)
    try add(ClearStep(place, byteCount: shape.count * 4), visits: shape.count)
    let rows = min(height, max(paddedHeight - image.padTop, 0))
    let columns = min(width, max(paddedWidth - image.padLeft, 0))
    let isLast = value.isChannelsLast
    let plane = height * width
    let target = place.advanced(
      by: (image.padTop * paddedWidth + image.padLeft) * channels * 4)
    if rows > 0 && columns > 0 {
      try add(
        MoveStep(
          input: value.place, output: target, elementBytes: 4,
          axes: [
            (dims[0], plane * channels, paddedHeight * paddedWidth * channels),
            (rows, isLast ? width * channels : width, paddedWidth * channels),
            (channels, isLast ? 1 : plane, 1),
            (columns, isLast ? channels : 1, channels),
          ]), visits: shape.count)
    }
    image.height = paddedHeight
    image.width = paddedWidth
    image.padTop = 0
    image.padLeft = 0
    image.kernelWidth = 1
    image.pixelStep = channels
    return (place, buffer)
  }

  mutating func pool(_ node: Node) throws(EngineError) {
    guard node.outputs.dropFirst().allSatisfy({ $0 == 0 }) else { throw .unsupportedOperator }
    guard try floats(node.inputs[0]).shape.rank == 4 else { throw .unsupportedOperator }
    let input = try channelsLast(node.inputs[0])
    let dims = input.shape.dims
    let (image, bottom, right) = try window(
      node, height: dims[2], width: dims[3], channels: dims[1], kernel: nil)
    let shape = try Shape([dims[0], dims[1], image.outputHeight, image.outputWidth])
    let kind: Pooling.Kind =
      node.operation == "MaxPool"
      ? .maximum : node.int("count_include_pad") ?? 0 != 0 ? .meanPadded : .meanInside
    let out = try make(node.outputs[0], .float32, shape, isChannelsLast: true)
    let (from, to) = unsafe (
      UnsafePointer<Float>(bitPattern: 64).unsafelyUnwrapped,
      UnsafeMutablePointer<Float>(bitPattern: 64).unsafelyUnwrapped
    )
    guard shape.count > 0 else { return }
    let (visits, overflow) = shape.count.multipliedReportingOverflow(
      by: image.kernelHeight * image.kernelWidth)
    guard !overflow else { throw .workExceeded }
    try add(
      PoolStep(
        unsafe Pooling(
          kind: kind, channels: dims[1], input: from, output: to, window: image,
          padBottom: bottom, padRight: right), batch: dims[0], input: input.place, output: out),
      visits: visits)
  }
}
