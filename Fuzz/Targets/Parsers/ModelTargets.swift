import EphemeralCrypto
import EphemeralDecompose
import EphemeralModel
import Glibc
import PropertyTesting

/// A topology decodes only from the bytes that it encodes to, alone and inside a key file.
let topologyTarget = FuzzTarget(
  "topology", "topologies and topology keys", maximumBytes: 2048,
  dictionary: ["MatMul", "Relu", "Gemm", "Add", "alpha", "axis"].map(ascii),
  seeds: {
    let topology = try sampleTopology()
    let key = try TopologyKey(
      topology: topology,
      blobKey: SecretBytes(copying: [UInt8](repeating: 1, count: TopologyKey.keyBytes).span))
    let file = try key.encoded().withSpan { span in span.indices.map { span[$0] } }
    return [FuzzSeed("topology", topology.encoded()), FuzzSeed("key", file)]
  }
) { (bytes, notes) throws(Violation) in
  if let topology = accepted({ try Topology(decoding: bytes.span) }) {
    try require(topology.encoded() == bytes, "a topology has a second encoding")
    notes.use(topology.graph.nodes.count)
  }
  let file = accepted { () throws(TopologyError) -> [UInt8] in
    let key = try TopologyKey(decoding: bytes.span)
    return try key.encoded().withSpan { span in span.indices.map { span[$0] } }
  }
  try require(file == nil || file == bytes, "a topology key has a second encoding")
}

private func sampleTopology() throws -> Topology {
  guard let layout = WeightBlobLayout(weightBytes: 1000),
    let weights = TensorEntry(elementType: .float32, shape: [4, 3], offset: 0)
  else { throw Violation(message: "the sample's sizes are not allowed") }
  let inner = Graph(
    inputs: [GraphValue(id: 5)], outputs: [GraphValue(id: 6)], constants: [],
    nodes: [Node(operation: "Add", sinceVersion: 14, inputs: [5, 1], outputs: [6])])
  return try Topology(
    modelName: "sample", modelVersion: "1", lifetime: .standard, maximumMessageBytes: 65_536,
    operatorSets: [OperatorSet(domain: "", version: 17)],
    blob: BlobReference(
      blobID: [UInt8](repeating: 0xb1, count: 32), layout: layout,
      weightsDigest: [UInt8](repeating: 0xd1, count: 32)),
    tensors: [weights],
    graph: Graph(
      inputs: [
        GraphValue(id: 1, name: "x", elementType: .float32, shape: [.symbol(0), .fixed(4)])
      ],
      outputs: [GraphValue(id: 4, name: "y", elementType: .float32)],
      constants: [GraphConstant(id: 2, tensor: 0)],
      nodes: [
        Node(operation: "MatMul", sinceVersion: 13, inputs: [1, 2], outputs: [3]),
        Node(
          operation: "Relu", sinceVersion: 14, inputs: [3], outputs: [4],
          attributes: [
            Attribute("i", .int(-7)), Attribute("f", .float(1.5)), Attribute("g", .graph(inner)),
          ]),
      ]))
}

/// A small blob and what was done to it before it is opened, both out of the same choices that
/// generators make.
let blobTarget = FuzzTarget(
  "blob", "weight blobs, their chunks in any order, changed or not", maximumBytes: 256,
  seeds: {
    var header = WeightBlobHeader(try SampleBlob.shared().reference.layout).encoded()
    header.insert(0, at: 0)
    // A number for what to do, then each chunk in its turn.
    return [
      FuzzSeed("header", header), FuzzSeed("whole", [1] + (0..<17).flatMap { [UInt8($0), 0] }),
      FuzzSeed("forged", [1, 0, 0, 1, 3, 0, 9]),
    ]
  }
) { (bytes, notes) throws(Violation) in
  var source = ChoiceSource(bytes: bytes)
  do {
    if try source.integer(maximum: 1, bias: { $0.upTo(1) }) == 0 {
      try checkHeader(Array(bytes.dropFirst()))
      return
    }
    try checkBlob(&source, &notes)
  } catch let error as Violation {
    throw error
  } catch {
    return
  }
}

private func checkHeader(_ bytes: [UInt8]) throws(Violation) {
  guard let header = accepted({ try WeightBlobHeader(decoding: bytes.span) }) else { return }
  try require(header.encoded() == bytes, "a header has a second encoding")
}

/// Opens chunks as the choices say; what opens is genuine and in its place.
private func checkBlob(_ source: inout ChoiceSource, _ notes: inout FuzzNotes) throws {
  let sample = try SampleBlob.shared()
  let layout = sample.reference.layout
  var opener = try WeightBlobOpener(reference: sample.reference, key: sample.key.bytes)
  let header = Array(sample.file.prefix(WeightBlobLayout.headerBytes))
  try opener.receive(header: header.span)
  var expected = 0
  for turn in 0..<(layout.chunkCount + 2) {
    let index = Int(try source.integer(maximum: 31) { $0.upTo(31) })
    let change = try source.integer(maximum: 3) { $0.upTo(3) }
    guard index < layout.chunkCount else { continue }
    var sealed = Array(sample.file[layout.fileRange(ofChunk: index)])
    if change == 1 {
      let place = Int(try source.integer(maximum: UInt64(sealed.count - 1)) { $0.upTo(64) })
      sealed[place] ^= 1
    } else if change == 2 {
      sealed = Array(sample.file[layout.fileRange(ofChunk: (index + 1) % layout.chunkCount)])
    } else if change == 3 {
      sealed.removeLast()
    }
    var output = [UInt8](repeating: 0xee, count: layout.plaintextRange(ofChunk: index).count)
    var span = output.mutableSpan
    var isOpen = true
    do throws(WeightBlobError) {
      try opener.open(index: index, sealed: sealed, into: &span)
    } catch {
      isOpen = false
    }
    try require(isOpen == (change == 0 && index == expected), "chunk \(index) in turn \(turn)")
    if !isOpen {
      try require(output.allSatisfy { $0 == 0 || $0 == 0xee }, "a forged chunk leaves plaintext")
      return
    }
    try require(output == sample.plaintext(of: index), "a chunk opens to something else")
    expected += 1
    notes.state(UInt64(expected))
  }
  var isWhole = true
  do throws(WeightBlobError) { try opener.finish() } catch { isWhole = false }
  try require(isWhole == (expected == layout.chunkCount), "a blob is whole without all its chunks")
}

/// A blob of sixteen chunks under a fixed key.
private final class SampleBlob: Sendable {
  /// A key, held so that it can be lent.
  final class Key: Sendable {
    let bytes: SecretBytes
    init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
  }

  private static let made = Result { try SampleBlob() }
  let key: Key
  let file: [UInt8]
  let reference: BlobReference

  static func shared() throws -> SampleBlob { try made.get() }

  func plaintext(of index: Int) -> [UInt8] {
    reference.layout.plaintextRange(ofChunk: index).map(Self.byte)
  }

  private static func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 167 >> 3) }

  private init() throws {
    guard let layout = WeightBlobLayout(plaintextBytes: 64 << 10, chunkBytes: 4 << 10) else {
      throw Violation(message: "the sample's layout is not allowed")
    }
    let key = [UInt8](repeating: 0x5c, count: 32)
    self.key = Key(try SecretBytes(copying: key.span))
    (file, reference) = try Self.sealed(layout, self.key)
  }

  private static func sealed(
    _ layout: WeightBlobLayout, _ key: Key
  ) throws -> ([UInt8], BlobReference) {
    var sealer = try WeightBlobSealer(layout: layout, key: key.bytes)
    var file = sealer.header
    for index in 0..<layout.chunkCount {
      let plaintext = layout.plaintextRange(ofChunk: index).map(byte)
      var output = [UInt8](repeating: 0, count: plaintext.count + WeightBlobLayout.tagBytes)
      var span = output.mutableSpan
      try sealer.sealNext(plaintext.span, into: &span)
      file += output
    }
    return (file, try sealer.finish())
  }
}

/// A model file gives a topology that checks, or an error; the same each time.
let onnxTarget = FuzzTarget(
  "onnx", "ONNX files and the protobuf below", maximumBytes: 4096,
  dictionary: [
    "Gemm", "Relu", "MatMul", "Constant", "If", "value", "ai.onnx", "location", "x", "y",
  ]
  .map(ascii),
  seeds: { [FuzzSeed("perceptron", sampleModel()), FuzzSeed("graph", [0x3a, 0x00])] }
) { (bytes, notes) throws(Violation) in
  guard let path = ScratchFile.shared?.write(bytes) else {
    throw Violation(message: "no scratch file")
  }
  let graph = accepted { try Decomposer.read(model: path) }
  let again = accepted { try Decomposer.read(model: path) }
  let pooled = accepted { try Decomposer.read(model: path, pooling: .to(.mean)) }
  try require(
    pooled == nil || pooled?.outputs.map(\.name) == ["sentence_embedding"],
    "a pooled model has other outputs")
  try require(graph == again, "a model reads otherwise the second time")
  guard let graph else { return }
  try require(graph.outputs.count <= bytes.count, "more outputs than bytes")
  notes.use(graph.nodes.count)
}

/// A file in memory that readers of paths can open, in a folder of its own.
final class ScratchFile: Sendable {
  static let shared = ScratchFile()
  private let path: String

  private init?() {
    var name = Array("/tmp/ephml-fuzz-XXXXXX".utf8CString)
    // The system writes the name into the array that it is lent.
    let made = unsafe name.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, let folder = unsafe mkdtemp(base) else { return nil }
      return unsafe String(cString: folder)
    }
    guard let made else { return nil }
    path = made + "/model.onnx"
    atexit { ScratchFile.shared?.remove() }
  }

  private func remove() {
    _ = unsafe unlink(path)
    _ = unsafe rmdir(String(path.dropLast("/model.onnx".utf8.count)))
  }

  func write(_ bytes: [UInt8]) -> String? {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let count = unsafe bytes.withUnsafeBytes { buffer in
      unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
    }
    return count == bytes.count ? path : nil
  }
}

/// x[batch, 4] → MatMul with w → Relu → y, as a ModelProto.
private func sampleModel() -> [UInt8] {
  func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    // Every message of the sample is shorter than 16,384 bytes.
    let length: [UInt8] =
      content.count < 128
      ? [UInt8(content.count)] : [UInt8(content.count & 127) | 128, UInt8(content.count >> 7)]
    return [number << 3 | 2] + length + content
  }
  func number(_ field: UInt8, _ value: UInt8) -> [UInt8] { [field << 3, value] }
  func node(_ operation: String, _ inputs: [String], _ output: String) -> [UInt8] {
    let names = inputs.flatMap { field(1, ascii($0)) }
    return field(1, names + field(2, ascii(output)) + field(4, ascii(operation)))
  }
  func value(_ name: String, _ shape: [UInt8]) -> [UInt8] {
    let sizes = shape.flatMap { field(1, $0 == 0 ? field(2, ascii("batch")) : number(1, $0)) }
    return field(1, ascii(name)) + field(2, field(1, number(1, 1) + field(2, sizes)))
  }
  let floats = (0..<12).flatMap { index -> [UInt8] in
    let bits = Float(index).bitPattern
    return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
  }
  let tensor = number(1, 4) + number(1, 3) + number(2, 1) + field(8, ascii("w")) + field(9, floats)
  let graph =
    node("MatMul", ["x", "w"], "h") + node("Relu", ["h"], "y") + field(2, ascii("g"))
    + field(5, tensor) + field(11, value("x", [0, 4])) + field(12, value("y", [0, 3]))
  return number(1, 8) + number(5, 3) + field(8, number(2, 17)) + field(7, graph)
}
