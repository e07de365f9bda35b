/// The content of an InferRequest, and of the response inside an InferResult
/// (Spec/Protocol.md, "Inference").
///
/// CBOR `[sequence uint, random bstr .size 32, [* [name tstr, elementType uint, [* dim uint],
/// data bstr]]]`. Names, shapes and data are secret: reading gives ranges into the caller's bytes,
/// writing goes into the caller's buffer, and the data is for the caller to put there.
public struct InferBody: Equatable, Sendable {
  /// Bytes of the random value that keeps hashes of short inputs from being guessed.
  public static let randomBytes = 32
  /// The most tensors in one message.
  public static let maximumTensors = 64

  /// The inference's number in its session, echoed by the response.
  public let sequence: UInt64
  /// Where the 32 random bytes lie.
  public let random: Range<Int>
  /// The tensors, in the order sent; names differ.
  public let tensors: [TensorDescriptor]

  /// Reads a message that fills `bytes`.
  public init(decoding bytes: Span<UInt8>) throws(WireError) {
    var reader = CBORReader()
    let (sequence, random, count) = try wire { () throws(CBORError) in
      try reader.array(in: bytes, exactly: 3)
      return (
        try reader.unsigned(in: bytes),
        try reader.byteRange(in: bytes, exactly: Self.randomBytes),
        try reader.arrayHeader(in: bytes, maximum: Self.maximumTensors)
      )
    }
    var tensors: [TensorDescriptor] = []
    tensors.reserveCapacity(count)
    for _ in 0..<count {
      let tensor = try Self.tensor(from: &reader, in: bytes)
      for other in tensors where Self.isEqual(other.name, tensor.name, in: bytes) {
        throw .invalidField
      }
      tensors.append(tensor)
    }
    try wire { () throws(CBORError) in try reader.finish(in: bytes) }
    self.sequence = sequence
    self.random = random
    self.tensors = tensors
  }

  /// Bytes of the message with these tensors, their data included.
  public static func byteCount(
    sequence: UInt64, tensors: [TensorHeader]
  ) throws(WireError) -> Int {
    let sizes = try dataSizes(of: tensors)
    return try wire { () throws(CBORError) in
      try CBORWriter.byteCount { (writer, output) throws(CBORError) in
        _ = try write(sequence, tensors, sizes, with: &writer, into: &output)
      }
    }
  }

  /// Writes the message but for the tensors' data, from the start of `output`.
  ///
  /// - Returns: the message's layout. The caller fills each tensor's `data` range.
  public static func encode(
    sequence: UInt64, random: Span<UInt8>, tensors: [TensorHeader],
    into output: inout MutableSpan<UInt8>
  ) throws(WireError) -> InferBody {
    precondition(random.count == randomBytes)
    let sizes = try dataSizes(of: tensors)
    let body: InferBody
    do {
      var writer = CBORWriter()
      body = try write(sequence, tensors, sizes, with: &writer, into: &output)
    } catch {
      throw .malformed(error)
    }
    for index in 0..<randomBytes { output[body.random.lowerBound + index] = random[index] }
    return body
  }

  private init(sequence: UInt64, random: Range<Int>, tensors: [TensorDescriptor]) {
    self.sequence = sequence
    self.random = random
    self.tensors = tensors
  }

  /// Data bytes of each tensor; throws `invalidField` past a bound or where a name comes twice.
  private static func dataSizes(of tensors: [TensorHeader]) throws(WireError) -> [Int] {
    guard tensors.count <= maximumTensors else { throw .invalidField }
    var sizes: [Int] = []
    var names: Set<String> = []
    for tensor in tensors {
      guard (1...TensorDescriptor.maximumNameBytes).contains(tensor.name.utf8.count),
        names.insert(tensor.name).inserted,
        let size = tensor.elementType.byteCount(shape: tensor.shape)
      else { throw .invalidField }
      sizes.append(size)
    }
    return sizes
  }

  private static func write(
    _ sequence: UInt64, _ tensors: [TensorHeader], _ sizes: [Int],
    with writer: inout CBORWriter, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) -> InferBody {
    try writer.array(3, into: &output)
    try writer.unsigned(sequence, into: &output)
    let random = try writer.byteString(count: randomBytes, into: &output)
    try writer.array(tensors.count, into: &output)
    var descriptors: [TensorDescriptor] = []
    for (tensor, size) in zip(tensors, sizes) {
      try writer.array(4, into: &output)
      try writer.text(tensor.name, into: &output)
      let name = (writer.position - tensor.name.utf8.count)..<writer.position
      try writer.unsigned(UInt64(tensor.elementType.rawValue), into: &output)
      try writer.array(tensor.shape.count, into: &output)
      for dimension in tensor.shape {
        try writer.integer(Int64(dimension), into: &output)
      }
      let data = try writer.byteString(count: size, into: &output)
      descriptors.append(
        TensorDescriptor(
          name: name, elementType: tensor.elementType, shape: tensor.shape, data: data))
    }
    return InferBody(sequence: sequence, random: random, tensors: descriptors)
  }

  private static func tensor(
    from reader: inout CBORReader, in bytes: Span<UInt8>
  ) throws(WireError) -> TensorDescriptor {
    let (name, type, shape, data) = try wire { () throws(CBORError) in
      try reader.array(in: bytes, exactly: 4)
      let name = try reader.textRange(in: bytes, maximum: TensorDescriptor.maximumNameBytes)
      let type = try reader.unsigned(in: bytes, maximum: 0xff)
      let rank = try reader.arrayHeader(in: bytes, maximum: TensorDescriptor.maximumRank)
      var shape: [Int] = []
      for _ in 0..<rank {
        shape.append(try reader.count(in: bytes, maximum: TensorDescriptor.maximumElements))
      }
      return (name, type, shape, try reader.byteRange(in: bytes, maximum: .max))
    }
    guard !name.isEmpty, let type = ElementType(rawValue: UInt8(type)),
      type.byteCount(shape: shape) == data.count
    else { throw .invalidField }
    return TensorDescriptor(name: name, elementType: type, shape: shape, data: data)
  }

  private static func isEqual(
    _ left: Range<Int>, _ right: Range<Int>, in bytes: Span<UInt8>
  ) -> Bool {
    guard left.count == right.count else { return false }
    for offset in 0..<left.count
    where bytes[left.lowerBound + offset] != bytes[right.lowerBound + offset] {
      return false
    }
    return true
  }
}

/// The content of an InferRequest.
public typealias InferRequest = InferBody
/// The response inside an InferResult, without the receipt.
public typealias InferResponse = InferBody
