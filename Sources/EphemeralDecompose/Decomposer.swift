public import EphemeralCrypto
public import EphemeralModel
import Foundation

/// What the owner chooses about a decomposition.
public struct DecomposeOptions: Sendable {
  /// How long an assembled model may live.
  public var lifetime = LifetimePolicy.standard
  /// The model's name; nil takes the file's.
  public var modelName: String?
  /// The owner's version of it; nil takes the file's.
  public var modelVersion: String?
  /// The size to which requests and results are padded, in bytes; nil means powers of two.
  public var maximumMessageBytes: Int?
  /// What sealing the topology key with a passphrase costs.
  public var passphraseCost = Scrypt.Cost.standard

  /// The defaults.
  public init() {}
}

/// How far a decomposition has come.
public enum DecomposeProgress: Equatable, Sendable {
  /// Reading names and graph.
  case reading
  /// Sealing: plaintext bytes done, of all.
  case sealing(done: Int, of: Int)
  /// Making both files durable.
  case finishing
}

/// What a decomposition made.
public struct Decomposition: Sendable {
  /// The topology key's path: keep it.
  public let topologyPath: String
  /// The weight blob's path: give it to the host.
  public let blobPath: String
  /// The topology that the key file holds.
  public let topology: Topology
  /// The model hash that receipts will name, 32 bytes.
  public let modelHash: [UInt8]
  /// Bytes of the weights before padding.
  public let weightBytes: Int
}

/// Splits a model into a topology key and a weight blob.
public enum Decomposer {
  /// Reads the ONNX file at `model` and writes `name`.ephk and `name`.ephw.
  ///
  /// Neither name changes before both files are complete and durable; then the blob gets its name,
  /// durably where the file system can, and the key last. Where giving the key its name fails, or
  /// the process or machine ends between the two, `name`.ephw is the new blob, which no key opens,
  /// and `name`.ephk is what it was before, an earlier run's key included: run again. A new key
  /// never stands beside an earlier blob. Every run draws 32 fresh random bytes as the blob's key.
  /// Memory does not grow with the weights.
  ///
  /// - Parameters:
  ///   - passphrase: UTF-8 bytes that seal the topology key; nil leaves it plain.
  ///   - progress: called on this thread.
  /// - Throws: what is wrong with which file.
  public static func decompose(
    model path: String, to name: String, options: DecomposeOptions = DecomposeOptions(),
    passphrase: Span<UInt8>? = nil, progress: @escaping (DecomposeProgress) -> Void = { _ in }
  ) throws(DecomposeError) -> Decomposition {
    progress(.reading)
    let prepared = try prepare(path)
    guard let layout = WeightBlobLayout(weightBytes: prepared.builder.weightBytes) else {
      throw DecomposeError(file: path, problem: .tooMany("weights"))
    }
    let blobPath = name + ".ephw"
    let topologyPath = name + ".ephk"
    let blobFile = try AtomicFile(path: blobPath, mode: 0o644)
    let topologyFile = try AtomicFile(path: topologyPath, mode: 0o600)
    let key = try freshKey(for: topologyPath)
    let reference = try seal(prepared.builder, layout, key, blobFile, path: path) {
      progress(.sealing(done: $0, of: layout.plaintextBytes))
    }
    let topology: Topology
    do throws(TopologyError) {
      topology = try Topology(
        modelName: options.modelName ?? stem(path),
        modelVersion: options.modelVersion ?? String(prepared.modelVersion),
        lifetime: options.lifetime, maximumMessageBytes: options.maximumMessageBytes,
        operatorSets: [OperatorSet(domain: "", version: prepared.operatorSet)],
        blob: reference, tensors: prepared.builder.entries, graph: prepared.graph)
    } catch { throw DecomposeError(file: path, problem: .topology(error)) }
    progress(.finishing)
    let modelHash = try write(
      topology, key, to: topologyFile, passphrase: passphrase, cost: options.passphraseCost)
    try blobFile.finish()
    try topologyFile.finish()
    try blobFile.publish()
    try topologyFile.publish()
    return Decomposition(
      topologyPath: topologyPath, blobPath: blobPath, topology: topology, modelHash: modelHash,
      weightBytes: prepared.builder.weightBytes)
  }

  // MARK: Steps

  /// A model that has been read and judged, its weights still in the file.
  private struct Prepared {
    let graph: Graph
    let builder: GraphBuilder
    let operatorSet: Int
    let modelVersion: Int64
  }

  /// Reads and checks the ONNX file at `path` and seals nothing; gives its graph.
  package static func read(model path: String) throws(DecomposeError) -> Graph {
    try prepare(path).graph
  }

  private static func prepare(_ path: String) throws(DecomposeError) -> Prepared {
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
    var builder = GraphBuilder(path: path)
    let graph = try builder.build(expanded, isOutermost: true)
    let unsupported = builder.unsupported.operators
    if !unsupported.isEmpty {
      throw DecomposeError(file: path, problem: .unsupportedOperators(unsupported))
    }
    return Prepared(
      graph: graph, builder: builder, operatorSet: operatorSet, modelVersion: model.modelVersion)
  }

  private static func freshKey(for path: String) throws(DecomposeError) -> SecretBytes {
    do { return try SecretBytes(randomCount: TopologyKey.keyBytes) } catch {
      throw DecomposeError(file: path, problem: .sealing)
    }
  }

  private static func seal(
    _ builder: GraphBuilder, _ layout: WeightBlobLayout, _ key: borrowing SecretBytes,
    _ file: AtomicFile, path: String, progress: @escaping (Int) -> Void
  ) throws(DecomposeError) -> BlobReference {
    var blob = try BlobWriter(layout: layout, key: key, output: file, progress: progress)
    for (tensor, entry) in zip(builder.tensors, builder.entries) {
      try blob.pad(to: entry.offset)
      try TensorStream.copy(tensor, to: &blob, path: path)
    }
    return try blob.finish()
  }

  private static func write(
    _ topology: Topology, _ key: consuming SecretBytes, to file: AtomicFile,
    passphrase: Span<UInt8>?, cost: Scrypt.Cost
  ) throws(DecomposeError) -> [UInt8] {
    let topologyKey: TopologyKey
    do { topologyKey = try TopologyKey(topology: topology, blobKey: key) } catch {
      throw DecomposeError(file: file.path, problem: .topology(error))
    }
    if let passphrase {
      let sealed: [UInt8]
      do { sealed = try topologyKey.sealed(passphrase: passphrase, cost: cost) } catch {
        throw DecomposeError(file: file.path, problem: .topology(error))
      }
      try file.write(sealed.span)
    } else {
      let plain: SecretBytes
      do { plain = try topologyKey.encoded() } catch {
        throw DecomposeError(file: file.path, problem: .topology(error))
      }
      try plain.withSpan { (span) throws(DecomposeError) in try file.write(span) }
    }
    return topologyKey.modelHash
  }

  private static func stem(_ path: String) -> String {
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    return String(name.prefix(64))
  }
}
