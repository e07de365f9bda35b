package import EphemeralModel

/// A file with one TensorProto, as ONNX's backend tests keep inputs and outputs.
package struct TensorFile: Sendable {
  /// The name that the file gives the tensor; may be empty.
  package let name: String
  /// The type of its elements.
  package let elementType: ElementType
  /// Its dimensions, outermost first.
  package let shape: [Int]
  /// Its elements, little-endian and dense.
  package let bytes: [UInt8]

  /// Reads `path` whole; meant for small files, since the values are held in memory.
  package init(path: String) throws(DecomposeError) {
    let file = try InputFile(path: path)
    var reader = ONNXReader(file)
    let tensor = try reader.readTensor(0..<file.size)
    var memory = MemorySink()
    try TensorStream.copy(tensor, to: &memory, path: path)
    name = tensor.name
    elementType = tensor.elementType
    shape = tensor.shape
    bytes = memory.bytes
  }
}

/// Gathers bytes in memory.
private struct MemorySink: ByteSink {
  var bytes: [UInt8] = []

  mutating func write(_ file: InputFile, _ range: Range<Int>) throws(DecomposeError) {
    var part = [UInt8](repeating: 0, count: range.count)
    var span = part.mutableSpan
    try file.read(at: range.lowerBound, into: &span)
    bytes += part
  }

  mutating func write(_ span: Span<UInt8>) throws(DecomposeError) {
    for index in 0..<span.count { bytes.append(span[index]) }
  }
}
