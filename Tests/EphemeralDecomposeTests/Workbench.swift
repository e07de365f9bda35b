import EphemeralCrypto
import EphemeralDecompose
import EphemeralModel
import Foundation

/// A folder that ends with the test, and the steps that most tests take.
final class Workbench {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("ephml-decompose-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Writes a file and returns its path.
  func write(_ bytes: [UInt8], as name: String = "model.onnx") throws -> String {
    let url = folder.appendingPathComponent(name)
    try Data(bytes).write(to: url)
    return url.path
  }

  /// The content of the bundled digits model.
  static func digits() throws -> [UInt8] {
    [UInt8](
      try Data(
        contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
          .deletingLastPathComponent().appendingPathComponent("Fixtures/digits.onnx")))
  }

  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  /// The names in the folder.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  func decompose(
    _ model: [UInt8], options: DecomposeOptions = DecomposeOptions()
  ) throws -> Decomposition {
    let path = try write(model)
    return try Decomposer.decompose(
      model: path, to: folder.appendingPathComponent("out").path, options: options)
  }

  /// Opens the written pair and returns the plaintext weights.
  func openPair() throws -> (topology: Topology, weights: [UInt8]) {
    let keyFile = try read("out.ephk")
    let key = try TopologyKey(decoding: keyFile.span)
    let topology = key.topology
    let file = try read("out.ephw")
    let layout = topology.blob.layout
    var opener = try WeightBlobOpener(reference: topology.blob, key: key.blobKey)
    let header = Array(file[..<32])
    try opener.receive(header: header.span)
    var weights: [UInt8] = []
    for index in 0..<layout.chunkCount {
      let sealed = Array(file[layout.fileRange(ofChunk: index)])
      weights += try Self.open(&opener, index, sealed)
    }
    try opener.finish()
    return (topology, weights)
  }

  private static func open(
    _ opener: inout WeightBlobOpener, _ index: Int, _ sealed: [UInt8]
  ) throws -> [UInt8] {
    var chunk = [UInt8](repeating: 0, count: sealed.count - 16)
    var span = chunk.mutableSpan
    try opener.open(index: index, sealed: sealed, into: &span)
    return chunk
  }

  /// The values of the tensor at `index`.
  static func values(_ topology: Topology, _ weights: [UInt8], _ index: Int) -> [UInt8] {
    let entry = topology.tensors[index]
    return Array(weights[entry.offset..<(entry.offset + entry.byteCount)])
  }
}
