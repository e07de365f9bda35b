import EphemeralJSON
import EphemeralModel

/// The bounds on folders of weights (Spec/Formats.md §8).
package enum HuggingFaceBounds {
  /// Bytes of the JSON header of one safetensors file.
  package static let headerBytes = 4 << 20
  /// Bytes of config.json.
  package static let configurationBytes = 1 << 20
  /// Bytes of model.safetensors.index.json.
  package static let indexBytes = 4 << 20
  /// Safetensors files of one model.
  package static let shards = 256
  /// Layers of one encoder.
  package static let layers = 256
  /// The width of a layer, in elements.
  package static let width = 65_536
}

/// The types of elements that the format knows, by the names that it gives them.
package enum StoredType: String, CaseIterable, Sendable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case float8E5M2 = "F8_E5M2"
  case float8E4M3 = "F8_E4M3"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"

  /// Bytes of one element.
  package var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .float64, .int64, .uint64: 8
    }
  }
}

/// One tensor of a safetensors file.
package struct SafetensorsEntry: Sendable, Equatable {
  /// Its name, unique in the file.
  package let name: String
  /// The type of its elements.
  package let type: StoredType
  /// Its dimensions, outermost first.
  package let shape: [Int]
  /// Where its bytes lie in the file, exactly as many as type and shape say.
  package let range: Range<Int>
}

/// The head of a safetensors file: eight bytes of length, JSON, and then nothing but tensors, each
/// byte in exactly one of them.
package enum SafetensorsHeader {
  private static let lengthBytes = 8

  /// Reads and checks the head of the file at `path`; its tensors in the order of their bytes.
  package static func read(path: String) throws(DecomposeError) -> [SafetensorsEntry] {
    try read(InputFile(path: path))
  }

  /// Reads and checks the head of an open file.
  static func read(_ file: InputFile) throws(DecomposeError) -> [SafetensorsEntry] {
    func wrong(_ why: String) -> DecomposeError {
      DecomposeError(file: file.path, problem: .notSafetensors(why))
    }
    guard file.size >= lengthBytes else { throw wrong("shorter than its first eight bytes") }
    var length: UInt64 = 0
    for byte in try bytes(file, at: 0, count: lengthBytes).reversed() {
      length = length << 8 | UInt64(byte)
    }
    guard length <= UInt64(HuggingFaceBounds.headerBytes) else {
      throw wrong("a header of more than \(HuggingFaceBounds.headerBytes) bytes")
    }
    let start = lengthBytes + Int(length)
    guard start <= file.size else { throw wrong("the header is cut short") }
    let text = try bytes(file, at: lengthBytes, count: Int(length))
    guard text.first == UInt8(ascii: "{") else { throw wrong("the header is no JSON object") }
    let value: JSONValue
    do { value = try JSONParser.parse(text) } catch { throw wrong(error.message) }
    guard case .object(let members) = value else { throw wrong("the header is no JSON object") }
    var entries: [SafetensorsEntry] = []
    for member in members {
      if member.name == "__metadata__" {
        guard isMetadata(member.value) else { throw wrong("__metadata__ is not a list of texts") }
        continue
      }
      guard entries.count < ModelBounds.tensors else { throw wrong("too many tensors") }
      guard let entry = entry(member, start: start, end: file.size) else {
        throw wrong("tensor \(member.name) has a type, shape or place that is not possible")
      }
      entries.append(entry)
    }
    try check(&entries, from: start, to: file.size, wrong)
    return entries
  }

  /// Puts the tensors in the order of their bytes and requires each byte to belong to one of them.
  private static func check(
    _ entries: inout [SafetensorsEntry], from start: Int, to end: Int,
    _ wrong: (String) -> DecomposeError
  ) throws(DecomposeError) {
    entries.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var position = start
    for entry in entries {
      guard entry.range.lowerBound == position else {
        throw wrong("tensor \(entry.name) overlaps another or leaves a gap before it")
      }
      position = entry.range.upperBound
    }
    guard position == end else { throw wrong("bytes behind the last tensor") }
  }

  private static func isMetadata(_ value: JSONValue) -> Bool {
    guard case .object(let members) = value else { return false }
    return members.allSatisfy { member in
      if case .string = member.value { return true }
      return false
    }
  }

  private static func entry(
    _ member: JSONValue.Member, start: Int, end: Int
  ) -> SafetensorsEntry? {
    guard case .object(let fields) = member.value, fields.count == 3,
      case .string(let name)? = member.value["dtype"], let type = StoredType(rawValue: name),
      let shape = sizes(member.value["shape"]), let offsets = sizes(member.value["data_offsets"]),
      offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= end - start,
      // The element type stands for its size alone: the bound is on the number of elements.
      let elements = ElementType.uint8.byteCount(shape: shape),
      elements * type.byteCount == offsets[1] - offsets[0]
    else { return nil }
    return SafetensorsEntry(
      name: member.name, type: type, shape: shape,
      range: (start + offsets[0])..<(start + offsets[1]))
  }

  /// A list of at most a tensor's rank of sizes.
  private static func sizes(_ value: JSONValue?) -> [Int]? {
    guard case .array(let values)? = value, values.count <= ModelBounds.rank else { return nil }
    var sizes: [Int] = []
    for value in values {
      guard case .number(let digits) = value, let size = Int(digits), size >= 0 else { return nil }
      sizes.append(size)
    }
    return sizes
  }

  private static func bytes(
    _ file: InputFile, at offset: Int, count: Int
  ) throws(DecomposeError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    try file.read(at: offset, into: &span)
    return bytes
  }
}
