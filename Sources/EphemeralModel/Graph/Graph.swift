/// The number of a value in a topology: 1 upwards; 0 stands for an absent optional input or output.
public typealias ValueID = Int

/// One dimension of a graph's input or output.
public enum Dimension: Hashable, Sendable {
  /// Known when the model was made.
  case fixed(Int)
  /// Known only with the input; equal symbols are equal sizes.
  case symbol(Int)
  /// Anything.
  case unknown
}

/// An input or output of a graph.
public struct GraphValue: Hashable, Sendable {
  /// The value.
  public let id: ValueID
  /// The name by which the client addresses it; empty in a subgraph.
  public let name: String
  /// Its element type; the outermost graph's inputs always have one.
  public let elementType: ElementType?
  /// Its shape, where the model states one.
  public let shape: [Dimension]?

  /// An input or output; a topology that holds it checks it.
  public init(
    id: ValueID, name: String = "", elementType: ElementType? = nil, shape: [Dimension]? = nil
  ) {
    self.id = id
    self.name = name
    self.elementType = elementType
    self.shape = shape
  }
}

/// A value that comes from the weight blob.
public struct GraphConstant: Hashable, Sendable {
  /// The value.
  public let id: ValueID
  /// Index into `Topology.tensors`.
  public let tensor: Int

  /// A constant; a topology that holds it checks it.
  public init(id: ValueID, tensor: Int) {
    self.id = id
    self.tensor = tensor
  }
}

/// A graph in topological order.
///
/// Value ids are unique in the whole topology; a subgraph sees the values of the graphs around it.
public struct Graph: Equatable, Sendable {
  /// What the caller gives, in order.
  public let inputs: [GraphValue]
  /// What the caller receives, in order.
  public let outputs: [GraphValue]
  /// Values from the weight blob.
  public let constants: [GraphConstant]
  /// Operators, each after whatever defines its inputs.
  public let nodes: [Node]

  /// A graph; a topology that holds it checks it.
  public init(
    inputs: [GraphValue], outputs: [GraphValue], constants: [GraphConstant], nodes: [Node]
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.constants = constants
    self.nodes = nodes
  }
}

/// One operator applied to values.
public struct Node: Equatable, Sendable {
  /// ONNX's name of the operator, such as `Gemm`.
  public let operation: String
  /// The operator's domain; empty for ONNX's own.
  public let domain: String
  /// The operator-set version in which ONNX last changed this operator, at or before the model's.
  public let sinceVersion: Int
  /// Inputs in the operator's order; 0 where an optional one is absent.
  public let inputs: [ValueID]
  /// Outputs in the operator's order; 0 where an optional one is not wanted.
  public let outputs: [ValueID]
  /// Attributes, sorted by name, each name once.
  public let attributes: [Attribute]

  /// A node; its attributes are put in order.
  public init(
    operation: String, domain: String = "", sinceVersion: Int, inputs: [ValueID],
    outputs: [ValueID], attributes: [Attribute] = []
  ) {
    self.operation = operation
    self.domain = domain
    self.sinceVersion = sinceVersion
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes.sorted { Attribute.precedes($0.name, $1.name) }
  }

  /// The value of an attribute, or nil where the node does not have it.
  public func attribute(_ name: String) -> AttributeValue? {
    for attribute in attributes where attribute.name == name { return attribute.value }
    return nil
  }

  /// An integer attribute, or nil where it is absent or of another kind.
  public func int(_ name: String) -> Int? {
    if case .int(let value)? = attribute(name) { return Int(value) }
    return nil
  }

  /// A list of integers, or nil where it is absent or of another kind.
  public func ints(_ name: String) -> [Int]? {
    if case .ints(let values)? = attribute(name) { return values.map { Int($0) } }
    return nil
  }

  /// A float attribute, or nil where it is absent or of another kind.
  public func float(_ name: String) -> Float? {
    if case .float(let value)? = attribute(name) { return value }
    return nil
  }

  /// A text attribute, or nil where it is absent, of another kind or not UTF-8.
  public func string(_ name: String) -> String? {
    if case .string(let bytes)? = attribute(name) {
      return String(validating: bytes, as: UTF8.self)
    }
    return nil
  }

  /// The index in the tensor table of a tensor attribute, or nil where it is absent.
  public func tensor(_ name: String) -> Int? {
    if case .tensor(let index)? = attribute(name) { return index }
    return nil
  }

  /// A subgraph attribute, or nil where it is absent.
  public func graph(_ name: String) -> Graph? {
    if case .graph(let graph)? = attribute(name) { return graph }
    return nil
  }
}
