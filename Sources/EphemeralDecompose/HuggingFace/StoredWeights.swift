import EphemeralJSON
import EphemeralModel
import Foundation

/// The weights of a folder: model.safetensors, or the files that model.safetensors.index.json
/// names.
struct StoredWeights {
  private let folder: String
  private var entries: [String: (file: InputFile, entry: SafetensorsEntry)] = [:]

  /// Reads the heads of all files.
  init(folder: String) throws(DecomposeError) {
    self.folder = folder
    let single = folder + "/model.safetensors"
    let index = single + ".index.json"
    if FileManager.default.fileExists(atPath: single) {
      try add(try InputFile(path: single), only: nil)
    } else if FileManager.default.fileExists(atPath: index) {
      try addShards(index)
    } else {
      throw DecomposeError(
        file: folder,
        problem: .folder("has neither model.safetensors nor model.safetensors.index.json"))
    }
  }

  /// Whether there is a tensor of this name.
  func has(_ name: String) -> Bool { entries[name] != nil }

  /// The shape of a tensor, or nil where it is not there.
  func shape(_ name: String) -> [Int]? { entries[name]?.entry.shape }

  /// A tensor that must have this shape, as float32.
  func tensor(_ name: String, shape: [Int]) throws(DecomposeError) -> ONNXTensor {
    try tensor(name, shape: shape, isTransposed: false)
  }

  /// A matrix that must have this shape, as float32 with rows and columns exchanged.
  func transposed(_ name: String, shape: [Int]) throws(DecomposeError) -> ONNXTensor {
    try tensor(name, shape: shape, isTransposed: true)
  }

  private func tensor(
    _ name: String, shape: [Int], isTransposed: Bool
  ) throws(DecomposeError) -> ONNXTensor {
    guard let (file, entry) = entries[name] else {
      throw DecomposeError(file: folder, problem: .folder("has no tensor \(name)"))
    }
    guard let format = StoredFloat(entry.type) else {
      throw DecomposeError(
        file: file.path,
        problem: .notSafetensors(
          "tensor \(name) has type \(entry.type.rawValue), which is not read as a weight "
            + "(F32, F16 and BF16 are)"))
    }
    guard entry.shape == shape else {
      throw DecomposeError(
        file: file.path,
        problem: .notSafetensors(
          "tensor \(name) has shape \(entry.shape), but the configuration asks for \(shape)"))
    }
    let columns = shape.last ?? 1
    let elements = entry.range.count / format.byteCount
    return ONNXTensor(
      name: name, elementType: .float32, shape: isTransposed ? shape.reversed() : shape,
      byteCount: elements * 4,
      source: .stored(
        StoredTensor(
          file: file, range: entry.range, format: format,
          rows: columns == 0 ? 0 : elements / columns, columns: columns,
          isTransposed: isTransposed)))
  }

  // MARK: Files

  private mutating func addShards(_ path: String) throws(DecomposeError) {
    let document = try JSONDocument.read(path, maximum: HuggingFaceBounds.indexBytes)
    guard case .object(let map)? = document["weight_map"] else {
      throw DecomposeError(file: path, problem: .folder("has no weight_map"))
    }
    var names: [String: Set<String>] = [:]
    for member in map {
      guard case .string(let file) = member.value, Self.isPlain(file) else {
        throw DecomposeError(
          file: path, problem: .folder("a file of weight_map is not a name in this folder"))
      }
      names[file, default: []].insert(member.name)
      guard names.count <= HuggingFaceBounds.shards else {
        throw DecomposeError(file: path, problem: .tooMany("files of weight_map"))
      }
    }
    for (file, tensors) in names.sorted(by: { $0.key < $1.key }) {
      try add(try InputFile(path: folder + "/" + file), only: tensors)
    }
  }

  private mutating func add(
    _ file: InputFile, only names: Set<String>?
  ) throws(DecomposeError) {
    var missing = names ?? []
    for entry in try SafetensorsHeader.read(file) where names?.contains(entry.name) ?? true {
      entries[entry.name] = (file, entry)
      missing.remove(entry.name)
    }
    if let name = missing.min() {
      throw DecomposeError(
        file: file.path, problem: .notSafetensors("has no tensor \(name), which the index names"))
    }
  }

  /// Whether a name is that of a file in the folder itself.
  static func isPlain(_ name: String) -> Bool {
    ExternalFiles.isSafe(name) && !name.contains("/") && name != "." && name.utf8.count <= 255
  }
}

/// A JSON file of a model's folder.
enum JSONDocument {
  /// Reads a file of at most `maximum` bytes.
  static func read(_ path: String, maximum: Int) throws(DecomposeError) -> JSONValue {
    let file = try InputFile(path: path)
    guard file.size <= maximum else {
      throw DecomposeError(file: path, problem: .tooMany("bytes of this file"))
    }
    var bytes = [UInt8](repeating: 0, count: file.size)
    var span = bytes.mutableSpan
    try file.read(at: 0, into: &span)
    do { return try JSONParser.parse(bytes) } catch {
      throw DecomposeError(file: path, problem: .folder(error.message))
    }
  }
}
