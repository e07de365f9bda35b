import EphemeralModel

/// Bounds on what is read of an ONNX file beside tensor values.
enum ONNXBounds {
  /// Bytes of names, texts and numbers that are held in memory together.
  static let metadataBytes = 256 << 20
  /// Bytes of one name.
  static let nameBytes = 4_096
  /// Entries of one repeated field that has no bound of its own in `ModelBounds`.
  static let entries = 1 << 20
  /// Files with external data.
  static let externalFiles = 256
  /// Functions that call functions.
  static let functionDepth = 8
}

/// Reads the messages of ONNX's `onnx.proto` from a file, fields by number.
///
/// Fields that do not change what the model computes (documentation, metadata, producers) are
/// passed over unread.
struct ONNXReader {
  let window: FileWindow
  let externalFiles: ExternalFiles
  private var metadataBytes = 0

  /// A reader of the model in `file`.
  init(_ file: InputFile) {
    self.window = FileWindow(file)
    self.externalFiles = ExternalFiles(modelPath: file.path)
  }

  /// The file's name for messages.
  var path: String { window.file.path }

  /// Reads the whole file as a ModelProto.
  mutating func readModel() throws(DecomposeError) -> ONNXModel {
    var model = ONNXModel()
    var reader = ProtobufReader(window, range: 0..<window.file.size)
    while let (number, value) = try reader.next() {
      switch (number, value) {
      case (5, .varint(let version)): model.modelVersion = Int64(bitPattern: version)
      case (7, .bytes(let range)):
        // Protobuf merges repeated singular messages; no writer of ONNX makes two graphs.
        if model.graph != nil { throw reader.malformed("a second graph", range.lowerBound) }
        model.graph = try readGraph(range, depth: 1)
      case (8, .bytes(let range)):
        let (domain, version) = try readOperatorSet(range)
        try charge(domain.utf8.count + 64, "operator sets")
        model.operatorSets[domain] = version
      case (25, .bytes(let range)):
        let (key, function) = try readFunction(range)
        model.functions[key] = function
      default: break
      }
    }
    return model
  }

  // MARK: Graphs and nodes

  mutating func readGraph(_ range: Range<Int>, depth: Int) throws(DecomposeError) -> ONNXGraph {
    if depth > ModelBounds.graphDepth { throw error(.tooDeep) }
    var graph = ONNXGraph()
    var reader = ProtobufReader(window, range: range)
    while let (number, value) = try reader.next() {
      guard case .bytes(let range) = value else { continue }
      switch number {
      case 1:
        try bound(graph.nodes.count, ModelBounds.nodes, "nodes")
        graph.nodes.append(try readNode(range, depth: depth))
      case 2: graph.name = try name(range)
      case 5:
        try bound(graph.initializers.count, ModelBounds.tensors, "initializers")
        graph.initializers.append(try readTensor(range))
      case 11:
        try bound(graph.inputs.count, ModelBounds.tensors, "graph inputs")
        graph.inputs.append(try readValue(range))
      case 12:
        try bound(graph.outputs.count, ModelBounds.graphValues, "graph outputs")
        graph.outputs.append(try readValue(range))
      case 13:
        let value = try readValue(range)
        if let type = value.elementType.flatMap({ UInt8(exactly: $0) }) {
          graph.valueTypes[value.name] = ElementType(rawValue: type)
        }
      case 15: throw error(.sparseTensor("of graph " + graph.name))
      default: break
      }
    }
    return graph
  }

  private mutating func readNode(
    _ range: Range<Int>, depth: Int
  ) throws(DecomposeError) -> ONNXNode {
    try charge(256, "nodes")
    var node = ONNXNode()
    var reader = ProtobufReader(window, range: range)
    while let (number, value) = try reader.next() {
      guard case .bytes(let range) = value else { continue }
      switch number {
      case 1:
        try bound(node.inputs.count, ModelBounds.nodeValues, "inputs of a node")
        node.inputs.append(try name(range))
      case 2:
        try bound(node.outputs.count, ModelBounds.nodeValues, "outputs of a node")
        node.outputs.append(try name(range))
      case 3: node.name = try name(range)
      case 4: node.operation = try name(range)
      case 5:
        try bound(node.attributes.count, ModelBounds.attributes, "attributes of a node")
        node.attributes.append(try readAttribute(range, depth: depth))
      case 7: node.domain = Self.canonical(try name(range))
      case 8: node.overload = try name(range)
      default: break
      }
    }
    return node
  }

  private mutating func readFunction(
    _ range: Range<Int>
  ) throws(DecomposeError) -> (ONNXFunctionKey, ONNXFunction) {
    try charge(256, "functions")
    var function = ONNXFunction()
    var functionName = ""
    var domain = ""
    var overload = ""
    var reader = ProtobufReader(window, range: range)
    while let (number, value) = try reader.next() {
      guard case .bytes(let range) = value else { continue }
      switch number {
      case 1: functionName = try name(range)
      case 4:
        try bound(function.inputs.count, ModelBounds.nodeValues, "inputs of a function")
        function.inputs.append(try name(range))
      case 5:
        try bound(function.outputs.count, ModelBounds.nodeValues, "outputs of a function")
        function.outputs.append(try name(range))
      case 7:
        try bound(function.nodes.count, ModelBounds.nodes, "nodes of a function")
        function.nodes.append(try readNode(range, depth: 1))
      case 9:
        let (domain, version) = try readOperatorSet(range)
        function.operatorSets[domain] = version
      case 10: domain = Self.canonical(try name(range))
      case 11:
        try bound(function.defaults.count, ModelBounds.attributes, "attributes of a function")
        function.defaults.append(try readAttribute(range, depth: 1))
      case 13: overload = try name(range)
      default: break
      }
    }
    return (ONNXFunctionKey(domain: domain, name: functionName, overload: overload), function)
  }

  private mutating func readOperatorSet(
    _ range: Range<Int>
  ) throws(DecomposeError) -> (domain: String, version: Int) {
    var domain = ""
    var version = 0
    var reader = ProtobufReader(window, range: range)
    while let (number, value) = try reader.next() {
      switch (number, value) {
      case (1, .bytes(let range)): domain = Self.canonical(try name(range))
      case (2, .varint(let number)): version = Int(truncatingIfNeeded: number)
      default: break
      }
    }
    return (domain, version)
  }

  // MARK: Shared pieces

  /// ONNX's own domain has two spellings; the empty one is kept.
  static func canonical(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }

  /// A name or other short text, which must be UTF-8.
  mutating func name(_ range: Range<Int>) throws(DecomposeError) -> String {
    let bytes = try shortBytes(range, maximum: ONNXBounds.nameBytes, "a name")
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw error(.malformed(at: range.lowerBound, "a name that is not UTF-8"))
    }
    return text
  }

  /// The bytes of a short field.
  mutating func shortBytes(
    _ range: Range<Int>, maximum: Int, _ what: String
  ) throws(DecomposeError) -> [UInt8] {
    if range.count > maximum { throw error(.tooMany("bytes of " + what)) }
    try charge(range.count + 32, "names and texts")
    return try window.bytes(range)
  }

  /// Counts memory that is held for the model's metadata.
  mutating func charge(_ bytes: Int, _ what: String) throws(DecomposeError) {
    metadataBytes += bytes
    if metadataBytes > ONNXBounds.metadataBytes { throw error(.tooMany(what)) }
  }

  /// Refuses one more than `maximum` entries.
  func bound(_ count: Int, _ maximum: Int, _ what: String) throws(DecomposeError) {
    if count >= maximum { throw error(.tooMany(what)) }
  }

  /// An error about this file.
  func error(_ problem: DecomposeError.Problem) -> DecomposeError {
    DecomposeError(file: path, problem: problem)
  }
}
