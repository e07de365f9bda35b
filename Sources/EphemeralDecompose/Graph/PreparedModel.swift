import EphemeralModel
import Foundation

/// A model that has been read and judged, its weights still in their files.
struct PreparedModel {
  let graph: Graph
  let builder: GraphBuilder
  let operatorSet: Int
  let modelVersion: Int64
  /// What the model is called where its owner says nothing.
  let name: String
  /// Whether it came from a Hugging Face folder.
  let isFolder: Bool

  /// Characters of a name that comes from a path.
  private static let nameCharacters = 64

  /// Reads the ONNX file or the Hugging Face folder at `path`.
  static func read(
    _ path: String, pooling: PoolingChoice
  ) throws(DecomposeError) -> PreparedModel {
    var isFolder: ObjCBool = false
    // The answer is written into the flag that is lent.
    _ = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return try isFolder.boolValue ? readFolder(path, pooling) : readFile(path, pooling)
  }

  private static func readFile(
    _ path: String, _ pooling: PoolingChoice
  ) throws(DecomposeError) -> PreparedModel {
    var reader = ONNXReader(try InputFile(path: path))
    let model = try reader.readModel()
    guard let read = model.graph, !read.outputs.isEmpty else {
      throw DecomposeError(file: path, problem: .noGraph)
    }
    let operatorSet = model.operatorSets[""] ?? 0
    guard (SupportedOperators.oldest...SupportedOperators.newest).contains(operatorSet) else {
      throw DecomposeError(file: path, problem: .operatorSet(domain: "", version: operatorSet))
    }
    var inliner = FunctionInliner(model, path: path)
    let expanded = try inliner.expand(read, operatorSets: model.operatorSets)
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    return try PreparedModel(
      expanded, path: path, operatorSet: operatorSet, modelVersion: model.modelVersion,
      name: name, isFolder: false, pooling: pooling)
  }

  private static func readFolder(
    _ path: String, _ pooling: PoolingChoice
  ) throws(DecomposeError) -> PreparedModel {
    let file = path + "/config.json"
    guard FileManager.default.fileExists(atPath: file) else {
      throw DecomposeError(
        file: path, problem: .folder("a folder without config.json, so not a Hugging Face model"))
    }
    let configuration = try EncoderConfiguration(path: file)
    let weights = try StoredWeights(folder: path)
    let graph = try EncoderGraph.build(configuration, weights, folder: path)
    let name = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
    return try PreparedModel(
      graph, path: path, operatorSet: GraphDraft.operatorSet, modelVersion: 0, name: name,
      isFolder: true, pooling: pooling)
  }

  private init(
    _ read: ONNXGraph, path: String, operatorSet: Int, modelVersion: Int64, name: String,
    isFolder: Bool, pooling: PoolingChoice
  ) throws(DecomposeError) {
    let head = try SentenceHead(pooling, folder: isFolder ? path : nil)
    let whole = try head?.appended(to: read, path: path) ?? read
    var builder = GraphBuilder(path: path)
    graph = try builder.build(whole, isOutermost: true)
    let unsupported = builder.unsupported.operators
    if !unsupported.isEmpty {
      throw DecomposeError(file: path, problem: .unsupportedOperators(unsupported))
    }
    self.builder = builder
    self.operatorSet = operatorSet
    self.modelVersion = modelVersion
    self.name = String(name.prefix(Self.nameCharacters))
    self.isFolder = isFolder
  }
}
