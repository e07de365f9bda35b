internal import EphemeralWire

/// Named bounds on what one model and one request may ask of the engine.
public struct EngineLimits: Equatable, Sendable {
  /// The most dimensions of any tensor.
  public static let maximumRank = 8
  /// The most elements of any tensor; products of dimensions are compared with it.
  public static let maximumElements = 1 << 40
  /// The most entries of a tensor that is read as a shape, or as a list of axes, pads or parts: as
  /// many as the catalogue permits outputs of a node.
  public static let maximumShapeEntries = 1_024

  /// The most multiply-adds of the f32 vector kernels in one inference; a visit of one element in
  /// any other kernel counts as 32 of them.
  public var maximumOperations: Int
  /// The most nodes in a graph.
  public var maximumNodes: Int
  /// The most values in a graph.
  public var maximumValues: Int
  /// The most bytes of a response.
  public var maximumResponseBytes: Int
  /// The most inputs or outputs of a graph: what one inference message can carry.
  let maximumTensors = InferBody.maximumTensors

  /// Makes limits; the defaults suit models of a few billion parameters.
  public init(
    maximumOperations: Int = 1 << 40, maximumNodes: Int = 1 << 17, maximumValues: Int = 1 << 18,
    maximumResponseBytes: Int = 1 << 30
  ) {
    self.maximumOperations = maximumOperations
    self.maximumNodes = maximumNodes
    self.maximumValues = maximumValues
    self.maximumResponseBytes = maximumResponseBytes
  }
}
