import EphemeralWire

/// The bounds on a topology, checked by encoder and decoder alike (Spec/Formats.md §2).
public enum ModelBounds {
  /// Bytes of an encoded topology body.
  public static let bodyBytes = 8 << 20
  /// Bytes of a topology key: body, key and framing.
  public static let topologyKeyBytes = bodyBytes + 256
  /// Nodes of all graphs together.
  public static let nodes = 65_536
  /// Entries of the tensor table.
  public static let tensors = 65_536
  /// Values of all graphs together; also the largest value id.
  public static let values = 262_144
  /// Inputs or outputs of the outermost graph: what one InferRequest or InferResult holds.
  public static let messageTensors = InferBody.maximumTensors
  /// Inputs or outputs of a subgraph.
  public static let graphValues = 1_024
  /// Inputs or outputs of one node.
  public static let nodeValues = 4_096
  /// Attributes of one node.
  public static let attributes = 64
  /// Numbers or strings in one attribute.
  public static let attributeElements = 65_536
  /// Numbers and strings in the lists of all attributes together.
  public static let allAttributeElements = 262_144
  /// Bytes of one string attribute.
  public static let stringBytes = 4_096
  /// UTF-8 bytes of an operator's, attribute's or domain's name.
  public static let identifierBytes = 128
  /// UTF-8 bytes of the name of an input, an output or the model.
  public static let nameBytes = 256
  /// Operator sets that a model may import.
  public static let operatorSets = 16
  /// Dimensions of one tensor.
  public static let rank = TensorDescriptor.maximumRank
  /// Graphs inside one another, the outermost included.
  public static let graphDepth = 4
  /// Alignment of each tensor in the blob, in bytes.
  public static let tensorAlignment = 64
  /// Plaintext bytes of a weight blob: 64 GiB.
  public static let weightBytes = 64 << 30
  /// The largest message size that a topology may declare, in bytes.
  public static let messageBytes = 1 << 30
  /// The most inferences that a session's lifetime may name: below one record per inference.
  public static let inferences = 1 << 24
  /// The longest session that a lifetime may name: a week, in seconds.
  public static let sessionSeconds = 7 * 24 * 3_600
}
