internal import EphemeralCrypto
internal import EphemeralModel
internal import EphemeralWire

/// Takes a request's tensors into the arena, if they are what the model declares.
struct RequestReader {
  let inputs: [GraphValue]

  /// An input as the request has it, checked against what the model declares.
  struct Input: Sendable {
    let type: ElementType
    let shape: Shape
    /// Where its elements are in the request.
    let data: Range<Int>

    /// The same input in a message whose bytes lie `count` further on.
    func moved(by count: Int) -> Input {
      Input(type: type, shape: shape, data: data.lowerBound + count..<data.upperBound + count)
    }

    /// Copies the elements.
    ///
    /// - Throws: `inputInvalid` for truth values other than 0 and 1.
    func copy(from request: Span<UInt8>, to bytes: Cells<UInt8>) throws(EngineError) {
      precondition(bytes.count >= data.count)
      unsafe request.extracting(data).withUnsafeBytes { source in
        // Both ranges were compared above.
        if let from = source.baseAddress {
          unsafe UnsafeMutableRawPointer(bytes.base).copyMemory(
            from: from, byteCount: source.count)
        }
      }
      if type == .bool {
        for at in 0..<data.count where bytes[at] > 1 { throw .inputInvalid }
      }
    }
  }

  /// One tensor for each input of the graph, in its order.
  ///
  /// - Throws: `inputInvalid` for truth values other than 0 and 1; `budgetExceeded`,
  ///   `memoryUnavailable`.
  static func tensors(_ inputs: [Input], in request: Span<UInt8>, arena: SecretArena)
    throws(EngineError) -> [Tensor]
  {
    var tensors: [Tensor] = []
    for input in inputs {
      let block = try arena.allocate(input.data.count)
      let tensor = Tensor(type: input.type, shape: input.shape, block: block)
      try input.copy(from: request, to: tensor.bytes)
      tensors.append(tensor)
    }
    return tensors
  }

  /// The request's tensors in the order of the graph's inputs.
  ///
  /// - Throws: `inputInvalid` for a tensor missing, unknown, of another type or shape.
  func matched(_ body: InferBody, in request: Span<UInt8>) throws(EngineError) -> [Input] {
    guard body.tensors.count == inputs.count else { throw .inputInvalid }
    var sizes: [Int: Int] = [:]
    var matched: [Input] = []
    for input in inputs {
      guard let found = body.tensors.first(where: { $0.isNamed(input.name, in: request) }),
        let type = input.elementType, found.elementType == type
      else { throw .inputInvalid }
      let shape = try Shape(found.shape, or: .inputInvalid)
      try Self.check(shape, declared: input.shape, sizes: &sizes)
      guard found.data.count == shape.count * type.byteCount else { throw .inputInvalid }
      matched.append(Input(type: type, shape: shape, data: found.data))
    }
    return matched
  }

  /// Compares a shape with the declared one; `sizes` remembers what each symbol stands for.
  private static func check(
    _ shape: Shape, declared: [Dimension]?, sizes: inout [Int: Int]
  ) throws(EngineError) {
    guard let declared else { return }
    guard declared.count == shape.rank else { throw .inputInvalid }
    for (size, dimension) in zip(shape.dims, declared) {
      switch dimension {
      case .fixed(let expected): if size != expected { throw .inputInvalid }
      case .symbol(let symbol):
        if let known = sizes[symbol], known != size { throw .inputInvalid }
        sizes[symbol] = size
      case .unknown: break
      }
    }
  }
}

/// Writes outputs as a response into secret memory.
struct ResponseWriter {
  let outputs: [GraphValue]
  let limits: EngineLimits

  /// The response's CBOR. Throws `workExceeded` where it is longer than the limit.
  func response(to request: InferBody, in bytes: Span<UInt8>, _ tensors: [Tensor])
    throws(EngineError) -> SecretBytes
  {
    var headers: [TensorHeader] = []
    for (output, tensor) in zip(outputs, tensors) {
      headers.append(
        TensorHeader(name: output.name, elementType: tensor.type, shape: tensor.shape.dims))
    }
    let random = bytes.extracting(request.random)
    let count: Int
    do {
      count = try InferBody.byteCount(sequence: request.sequence, tensors: headers)
    } catch { throw .topologyInvalid }
    guard count <= limits.maximumResponseBytes else { throw .workExceeded }
    var response: SecretBytes
    do {
      response = try SecretBytes(count: count)
    } catch { throw .memoryUnavailable }
    do {
      try response.withMutableSpan { (output) throws(WireError) in
        let body = try InferBody.encode(
          sequence: request.sequence, random: random, tensors: headers, into: &output)
        for (place, tensor) in zip(body.tensors, tensors) {
          let data = tensor.bytes
          precondition(data.count == place.data.count)
          var part = output._mutatingExtracting(place.data)
          unsafe part.withUnsafeMutableBytes { target in
            // Both lengths were compared above.
            if let to = target.baseAddress {
              unsafe to.copyMemory(from: data.base, byteCount: target.count)
            }
          }
        }
      }
    } catch { throw .topologyInvalid }
    return response
  }

  /// The response to a request framed as one before: its one allocation is the secret itself.
  func response(
    framedAs answered: AnsweredRequest, to request: Span<UInt8>, behind head: Int,
    _ values: [BoundValue], _ frame: RunFrame
  ) throws(EngineError) -> SecretBytes {
    let form = answered.response
    let count = head + form.byteCount
    guard count <= limits.maximumResponseBytes else { throw .workExceeded }
    var response: SecretBytes
    do {
      response = try SecretBytes(count: count)
    } catch { throw .memoryUnavailable }
    let random = answered.request.gaps[0]
    response.withMutableSpan { output in
      // The head is the request's: the same array and the same sequence.
      for at in 0..<head { output[at] = request[at] }
      form.write(to: &output, behind: head)
      for at in 0..<random.count {
        output[head + form.gaps[0].lowerBound + at] = request[head + random.lowerBound + at]
      }
      for index in values.indices {
        let (data, gap) = (frame.cells(values[index]), form.gaps[index + 1])
        precondition(data.count == gap.count)
        var part = output._mutatingExtracting(head + gap.lowerBound..<head + gap.upperBound)
        unsafe part.withUnsafeMutableBytes { target in
          // Both lengths were compared above.
          if let to = target.baseAddress {
            unsafe to.copyMemory(from: data.base, byteCount: target.count)
          }
        }
      }
    }
    return response
  }
}
