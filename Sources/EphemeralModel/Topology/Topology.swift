/// One tensor of the weight blob: where it lies and what it is; never its values.
public struct TensorEntry: Hashable, Sendable {
  /// The type of its elements.
  public let elementType: ElementType
  /// Its dimensions, outermost first; empty for a scalar.
  public let shape: [Int]
  /// Where it begins in the blob's plaintext, in bytes; a multiple of 64.
  public let offset: Int
  /// Its size in bytes: elements × bytes of one.
  public let byteCount: Int

  /// A tensor at `offset`, or nil where its size overflows.
  public init?(elementType: ElementType, shape: [Int], offset: Int) {
    guard let byteCount = elementType.byteCount(shape: shape) else { return nil }
    self.elementType = elementType
    self.shape = shape
    self.offset = offset
    self.byteCount = byteCount
  }
}

/// How long an assembled model may live (Spec/Formats.md §4).
public enum LifetimePolicy: Hashable, Sendable {
  /// Assembled for each inference and wiped after it.
  case perInference
  /// Kept for a session, at most for so many inferences and seconds.
  case session(maximumInferences: Int, maximumSeconds: Int)

  /// The session policy that a model gets when its owner says nothing: 65,536 inferences, one hour.
  public static let standard = LifetimePolicy.session(
    maximumInferences: 65_536, maximumSeconds: 3_600)
}

/// An operator set that the model imports.
public struct OperatorSet: Hashable, Sendable {
  /// Its domain; empty for ONNX's own.
  public let domain: String
  /// Its version.
  public let version: Int

  /// An operator set; a topology that holds it checks it.
  public init(domain: String, version: Int) {
    self.domain = domain
    self.version = version
  }
}

/// The weight blob that a topology belongs to.
public struct BlobReference: Hashable, Sendable {
  /// SHA-256 of the whole blob file, 32 bytes: its name.
  public let blobID: [UInt8]
  /// How the plaintext is cut into chunks.
  public let layout: WeightBlobLayout
  /// SHA-256 of the plaintext, padding included, 32 bytes.
  public let weightsDigest: [UInt8]

  /// A reference; a topology that holds it checks it.
  public init(blobID: [UInt8], layout: WeightBlobLayout, weightsDigest: [UInt8]) {
    self.blobID = blobID
    self.layout = layout
    self.weightsDigest = weightsDigest
  }
}

/// A checked topology: graph, tensor table, blob and lifetime, and no weight value.
///
/// Every value of this type keeps the rules of Spec/Formats.md §3: ids defined once and before
/// use, tensors inside the blob, every count within `ModelBounds`.
public struct Topology: Equatable, Sendable {
  /// What the owner calls the model.
  public let modelName: String
  /// The owner's version of it.
  public let modelVersion: String
  /// How long an assembled model may live.
  public let lifetime: LifetimePolicy
  /// The size to which requests and results are padded, in bytes; nil means powers of two.
  public let maximumMessageBytes: Int?
  /// The operator sets that the model was written against.
  public let operatorSets: [OperatorSet]
  /// The blob that holds the weights.
  public let blob: BlobReference
  /// Where each tensor lies in the blob.
  public let tensors: [TensorEntry]
  /// The outermost graph.
  public let graph: Graph
  /// Values of all graphs: ids run from 1 to this.
  public let valueCount: Int
  /// Nodes of all graphs.
  public let nodeCount: Int

  /// Checks the parts against each other.
  ///
  /// - Throws: the first rule of Spec/Formats.md §3 that the parts break.
  public init(
    modelName: String, modelVersion: String, lifetime: LifetimePolicy = .standard,
    maximumMessageBytes: Int? = nil, operatorSets: [OperatorSet], blob: BlobReference,
    tensors: [TensorEntry], graph: Graph
  ) throws(TopologyError) {
    self.modelName = modelName
    self.modelVersion = modelVersion
    self.lifetime = lifetime
    self.maximumMessageBytes = maximumMessageBytes
    self.operatorSets = operatorSets
    self.blob = blob
    self.tensors = tensors
    self.graph = graph
    var check = TopologyCheck(tensorCount: tensors.count)
    try check.checkIdentity(
      name: modelName, version: modelVersion, lifetime: lifetime,
      maximumMessageBytes: maximumMessageBytes, operatorSets: operatorSets)
    try TopologyCheck.checkBlob(blob)
    try TopologyCheck.checkTensors(tensors, within: blob.layout.plaintextBytes)
    try check.checkOutermost(graph)
    self.valueCount = try check.finish()
    self.nodeCount = check.nodeCount
  }
}
