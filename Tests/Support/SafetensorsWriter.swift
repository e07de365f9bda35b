/// Writes safetensors files for tests.
public enum Safetensors {
  /// One tensor of a file.
  public struct Tensor {
    /// The name.
    public let name: String
    /// The `dtype` as the format spells it.
    public let type: String
    /// The dimensions.
    public let shape: [Int]
    /// The values, little-endian.
    public let bytes: [UInt8]

    /// A tensor whose bytes are taken as they are.
    public init(_ name: String, _ type: String, _ shape: [Int], _ bytes: [UInt8]) {
      self.name = name
      self.type = type
      self.shape = shape
      self.bytes = bytes
    }
  }

  /// A file with these tensors one after the other.
  public static func file(_ tensors: [Tensor]) -> [UInt8] {
    var members = [#""__metadata__":{"format":"pt"}"#]
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.bytes.count
      members.append(
        "\"\(tensor.name)\":{\"dtype\":\"\(tensor.type)\",\"shape\":\(tensor.shape),"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    return file(header: "{" + members.joined(separator: ",") + "}  ", tensors.flatMap(\.bytes))
  }

  /// A file with this header, whatever it says, and these bytes.
  public static func file(header: String, _ data: [UInt8]) -> [UInt8] {
    let text = Array(header.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data
  }
}
