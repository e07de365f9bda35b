public import EphemeralModel

/// Why a model could not be decomposed: the file and what is wrong with it, in one line.
///
/// Read by the model's owner on their own machine, so it may name nodes, tensors and paths.
public struct DecomposeError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file that is at fault.
  public let file: String
  /// What is wrong with it.
  public let problem: Problem

  /// An error about a file.
  public init(file: String, problem: Problem) {
    self.file = file
    self.problem = problem
  }

  /// What can be wrong with a file.
  public enum Problem: Equatable, Sendable {
    /// The system refused to open or read it; the system's words.
    case cannotRead(String)
    /// The system refused to write it; the system's words.
    case cannotWrite(String)
    /// A folder, device or pipe.
    case notAFile
    /// Ends inside a field that begins at this byte.
    case truncated(at: Int)
    /// Not ONNX at this byte; why.
    case malformed(at: Int, String)
    /// More of something than the bound allows.
    case tooMany(String)
    /// Not a safetensors file, or one whose tensors do not fit the model; why.
    case notSafetensors(String)
    /// Something that a Hugging Face folder lacks, or says and is not read.
    case folder(String)
    /// Not a text encoder whose tokens could have one vector together; why.
    case notPooled(String)
    /// Has no graph, so it is no ONNX model.
    case noGraph
    /// An operator set that is not imported or not read.
    case operatorSet(domain: String, version: Int)
    /// Operators that the engine does not run: all of them at once.
    case unsupportedOperators([UnsupportedOperator])
    /// A tensor whose external file is not there.
    case externalDataMissing(tensor: String, path: String)
    /// A tensor whose external path leaves the model's folder.
    case externalPathRefused(tensor: String, path: String)
    /// A tensor whose external bytes lie outside the file.
    case externalDataOutOfRange(tensor: String, path: String)
    /// A tensor of an element type that is not read, by ONNX's number.
    case tensorType(tensor: String, type: Int)
    /// A tensor with a shape that is not read.
    case tensorShape(tensor: String)
    /// A tensor that holds more or less data than its shape says, or values out of range.
    case tensorData(tensor: String)
    /// A sparse tensor.
    case sparseTensor(String)
    /// An input or output that is no tensor, or has no element type.
    case notATensor(String)
    /// A name that stands for two values.
    case duplicateName(String)
    /// A node that uses a value which nothing defines.
    case undefinedValue(name: String, node: String)
    /// Nodes that wait for each other; one of them.
    case cycle(node: String)
    /// An attribute that cannot be carried.
    case attribute(name: String, node: String)
    /// Functions that call each other without end, or subgraphs too deep.
    case tooDeep
    /// The topology that comes out breaks a rule of the format.
    case topology(TopologyError)
    /// Sealing failed: no memory, no randomness, or libcrypto.
    case sealing
  }

  /// One line: the file and what is wrong with it.
  public var description: String { file + ": " + problem.text }
}

extension DecomposeError.Problem {
  /// One line without the file's name.
  public var text: String {
    switch self {
    case .cannotRead(let why): "cannot be read: \(why)"
    case .cannotWrite(let why): "cannot be written: \(why)"
    case .notAFile: "not a regular file"
    case .truncated(let at): "not a complete ONNX file: cut short in the field at byte \(at)"
    case .malformed(let at, let why): "not a valid ONNX file: \(why) at byte \(at)"
    case .tooMany(let what): "too many or too long: \(what)"
    case .notSafetensors(let why): "not the safetensors file that is needed: \(why)"
    case .folder(let why): why
    case .notPooled(let why): "cannot be pooled: \(why)"
    case .noGraph: "not an ONNX model: it has no graph"
    case .operatorSet(let domain, let version):
      "operator set \(domain.isEmpty ? "ai.onnx" : domain) \(version) is not read "
        + "(ai.onnx \(SupportedOperators.oldest) to \(SupportedOperators.newest) are)"
    case .unsupportedOperators(let list):
      "unsupported operators: " + list.map(\.description).joined(separator: "; ")
    case .externalDataMissing(let tensor, let path):
      "external data file \(path) of tensor \(tensor) is missing"
    case .externalPathRefused(let tensor, let path):
      "external data path \(path) of tensor \(tensor) leaves the model's folder"
    case .externalDataOutOfRange(let tensor, let path):
      "tensor \(tensor) lies outside its external data file \(path)"
    case .tensorType(let tensor, let type):
      "tensor \(tensor) has element type \(type), which is not read"
    case .tensorShape(let tensor): "tensor \(tensor) has a shape that is not read"
    case .tensorData(let tensor): "tensor \(tensor) holds other data than its type and shape say"
    case .sparseTensor(let name): "tensor \(name) is sparse, which is not read"
    case .notATensor(let name): "input or output \(name) is not a tensor of a known type"
    case .duplicateName(let name): "the name \(name) stands for two values"
    case .undefinedValue(let name, let node): "node \(node) uses \(name), which nothing defines"
    case .cycle(let node): "node \(node) depends on its own result"
    case .attribute(let name, let node): "attribute \(name) of node \(node) cannot be carried"
    case .tooDeep: "functions or subgraphs inside one another too deep"
    case .topology(let error): "breaks a rule of the topology format (\(error))"
    case .sealing: "could not be sealed: no locked memory, no randomness, or libcrypto failed"
    }
  }
}

/// One kind of operator that the engine does not run, and where the model has it.
public struct UnsupportedOperator: Equatable, Sendable, CustomStringConvertible {
  /// The operator's name.
  public let operation: String
  /// Its domain; empty for ONNX's own.
  public let domain: String
  /// Why it does not run.
  public let reason: UnsupportedReason
  /// How many nodes are of this kind.
  public let count: Int
  /// The names of the first few of them.
  public let nodes: [String]

  /// Operator, count, reason and the first nodes, in one phrase.
  public var description: String {
    let name = domain.isEmpty ? operation : domain + "." + operation
    let more = count > nodes.count ? ", …" : ""
    return "\(name) ×\(count) (\(reason); \(nodes.joined(separator: ", "))\(more))"
  }
}
