internal import EphemeralCrypto
internal import EphemeralModel
internal import EphemeralWire

/// Takes a request's tensors into the arena, if they are what the model declares.
struct RequestReader {
  let inputs: [GraphValue]

  /// One tensor for each input of the graph, in its order.
  ///
  /// - Throws: `inputInvalid` for a tensor missing, unknown, of another type or shape;
  ///   `budgetExceeded`, `memoryUnavailable`.
  func tensors(of body: InferBody, in request: Span<UInt8>, arena: SecretArena)
    throws(EngineError) -> [Tensor]
  {
    guard body.tensors.count == inputs.count else { throw .inputInvalid }
    var sizes: [Int: Int] = [:]
    var tensors: [Tensor] = []
    for input in inputs {
      guard let found = body.tensors.first(where: { $0.isNamed(input.name, in: request) }),
        let type = input.elementType, found.elementType == type
      else { throw .inputInvalid }
      let shape = try Shape(found.shape, or: .inputInvalid)
      try Self.check(shape, declared: input.shape, sizes: &sizes)
      guard found.data.count == shape.count * type.byteCount else { throw .inputInvalid }
      let block = try arena.allocate(found.data.count)
      let tensor = Tensor(type: type, shape: shape, block: block)
      let bytes = tensor.bytes
      for (at, from) in found.data.enumerated() { bytes[at] = request[from] }
      if type == .bool {
        for at in 0..<bytes.count where bytes[at] > 1 { throw .inputInvalid }
      }
      tensors.append(tensor)
    }
    return tensors
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
          for (at, to) in place.data.enumerated() { output[to] = data[at] }
        }
      }
    } catch { throw .topologyInvalid }
    return response
  }
}
