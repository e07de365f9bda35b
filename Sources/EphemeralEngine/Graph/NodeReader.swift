internal import EphemeralModel

/// Reads a node's attributes for the operation that will run it.
///
/// It remembers which were read: an attribute that the operation does not know would change its
/// meaning, so a node with one is refused.
final class NodeReader {
  /// The operator's name: some operations read more than one.
  let operation: String
  /// The operator-set version whose meaning the node has.
  let version: Int
  /// How many inputs and outputs the node names.
  let inputCount: Int
  let outputCount: Int
  private let attributes: [Attribute]
  private var unread: Set<String>

  init(_ node: Node) {
    operation = node.operation
    version = node.sinceVersion
    inputCount = node.inputs.count
    outputCount = node.outputs.count
    attributes = node.attributes
    unread = Set(node.attributes.map(\.name))
  }

  /// Whether every attribute was asked for.
  var isExhausted: Bool { unread.isEmpty }

  private func value(_ name: String) -> AttributeValue? {
    guard let found = attributes.first(where: { $0.name == name }) else { return nil }
    unread.remove(name)
    return found.value
  }

  /// An integer, or `standard` where it is absent.
  func int(_ name: String, _ standard: Int) throws(EngineError) -> Int {
    try int(name) ?? standard
  }

  /// An integer, or nil where it is absent.
  func int(_ name: String) throws(EngineError) -> Int? {
    switch value(name) {
    case nil: nil
    case .int(let number)?: Int(number)
    default: throw .topologyInvalid
    }
  }

  /// An integer that means yes or no.
  func flag(_ name: String, _ standard: Bool = false) throws(EngineError) -> Bool {
    try int(name, standard ? 1 : 0) != 0
  }

  /// A number, or `standard` where it is absent.
  func float(_ name: String, _ standard: Float) throws(EngineError) -> Float {
    switch value(name) {
    case nil: standard
    case .float(let number)?: number
    default: throw .topologyInvalid
    }
  }

  /// A number, or nil where it is absent.
  func float(_ name: String) throws(EngineError) -> Float? {
    switch value(name) {
    case nil: nil
    case .float(let number)?: number
    default: throw .topologyInvalid
    }
  }

  /// A short list of numbers, or nil where it is absent.
  func floats(_ name: String) throws(EngineError) -> [Float]? {
    switch value(name) {
    case nil: return nil
    case .floats(let numbers)?:
      guard numbers.count <= EngineLimits.maximumShapeEntries else { throw .topologyInvalid }
      return numbers
    default: throw .topologyInvalid
    }
  }

  /// A short list of texts, or nil where it is absent.
  func strings(_ name: String) throws(EngineError) -> [[UInt8]]? {
    switch value(name) {
    case nil: return nil
    case .strings(let texts)?:
      guard texts.count <= EngineLimits.maximumShapeEntries else { throw .topologyInvalid }
      return texts
    default: throw .topologyInvalid
    }
  }

  /// A short list of integers, or nil where it is absent.
  func ints(_ name: String) throws(EngineError) -> [Int]? {
    switch value(name) {
    case nil: return nil
    case .ints(let numbers)?:
      guard numbers.count <= EngineLimits.maximumShapeEntries else { throw .topologyInvalid }
      return numbers.map { Int($0) }
    default: throw .topologyInvalid
    }
  }

  /// A text, or `standard` where it is absent.
  func string(_ name: String, _ standard: StaticString) throws(EngineError) -> [UInt8] {
    switch value(name) {
    case nil: Array(standard.description.utf8)
    case .string(let text)?: text
    default: throw .topologyInvalid
    }
  }

  /// The index of a tensor in the weight blob, or nil where it is absent.
  func tensor(_ name: String) throws(EngineError) -> Int? {
    switch value(name) {
    case nil: nil
    case .tensor(let index)?: index
    default: throw .topologyInvalid
    }
  }

  /// The element type that an integer attribute numbers, or nil where it is absent or zero.
  func optionalType(_ name: String) throws(EngineError) -> ElementType? {
    try int(name, 0) == 0 ? nil : elementType(name)
  }

  /// The element type that an integer attribute numbers, or nil where it is absent.
  func elementType(_ name: String) throws(EngineError) -> ElementType? {
    guard let number = try int(name) else { return nil }
    guard let raw = UInt8(exactly: number), let type = ElementType(rawValue: raw) else {
      throw .unsupportedElementType
    }
    return type
  }

  /// Marks attributes as without influence on an inference by these kernels.
  func ignore(_ names: String...) { for name in names { unread.remove(name) } }
}
