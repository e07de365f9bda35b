public import EphemeralCrypto
public import EphemeralModel
import Glibc

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
  /// Whether a text encoder gives a vector for each text instead of one for each token.
  public var pooling = PoolingChoice.asStated
  /// The content of a folder's tokenizer.json, to be kept beside the key.
  public var tokenizer: [UInt8]?
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
  /// The tokenizer's path, where there is one: keep it too.
  public let tokenizerPath: String?
  /// The topology that the key file holds.
  public let topology: Topology
  /// The model hash that receipts will name, 32 bytes.
  public let modelHash: [UInt8]
  /// Bytes of the weights before padding.
  public let weightBytes: Int
}

/// Splits a model into a topology key and a weight blob.
public enum Decomposer {
  /// What a decomposition calls the tokenizer of the model `name`.
  public static func tokenizerPath(of name: String) -> String { name + ".tokenizer.json" }

  /// Reads the ONNX file or Hugging Face folder at `model` and writes `name`.ephk and `name`.ephw.
  ///
  /// Of a folder, the tokenizer of the options is written beside them as `name`.tokenizer.json,
  /// between blob and key; without one an earlier file of that name is taken away, because it is
  /// another model's.
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
    let prepared = try PreparedModel.read(path, pooling: options.pooling)
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
        modelName: options.modelName ?? prepared.name,
        modelVersion: options.modelVersion ?? String(prepared.modelVersion),
        lifetime: options.lifetime, maximumMessageBytes: options.maximumMessageBytes,
        operatorSets: [OperatorSet(domain: "", version: prepared.operatorSet)],
        blob: reference, tensors: prepared.builder.entries, graph: prepared.graph)
    } catch { throw DecomposeError(file: path, problem: .topology(error)) }
    progress(.finishing)
    let modelHash = try write(
      topology, key, to: topologyFile, passphrase: passphrase, cost: options.passphraseCost)
    let tokenizer = try prepared.isFolder ? writeTokenizer(options.tokenizer, name) : nil
    try blobFile.finish()
    try topologyFile.finish()
    try blobFile.publish()
    if prepared.isFolder { try publish(tokenizer, name) }
    try topologyFile.publish()
    return Decomposition(
      topologyPath: topologyPath, blobPath: blobPath, tokenizerPath: tokenizer?.path,
      topology: topology, modelHash: modelHash, weightBytes: prepared.builder.weightBytes)
  }

  // MARK: Steps

  /// Reads and checks the model at `path` and seals nothing; gives its graph.
  package static func read(
    model path: String, pooling: PoolingChoice = .asStated
  ) throws(DecomposeError) -> Graph {
    try PreparedModel.read(path, pooling: pooling).graph
  }

  private static func writeTokenizer(
    _ content: [UInt8]?, _ name: String
  ) throws(DecomposeError) -> AtomicFile? {
    guard let content else { return nil }
    let file = try AtomicFile(path: tokenizerPath(of: name), mode: 0o600)
    try file.write(content.span)
    try file.finish()
    return file
  }

  private static func publish(
    _ tokenizer: AtomicFile?, _ name: String
  ) throws(DecomposeError) {
    if let tokenizer { return try tokenizer.publish() }
    let path = tokenizerPath(of: name)
    // The path's bytes are lent for the call.
    guard unsafe unlink(path) == 0 || errno == ENOENT else {
      throw DecomposeError(file: path, problem: .cannotWrite(systemError()))
    }
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
}
