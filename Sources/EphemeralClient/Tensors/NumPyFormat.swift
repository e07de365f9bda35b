internal import EphemeralModel

/// NumPy's `.npy` format (NEP 1): little-endian, row-major, every element type of the protocol.
///
/// A bfloat16 array has the descriptor `<V2`, as NumPy writes it for an extension type of two bytes.
public enum NumPyFormat {
  /// The longest header that is read, in bytes.
  public static let maximumHeaderBytes = 65_536
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads a whole file.
  public static func decode(_ file: [UInt8]) throws(NumPyError) -> TensorValue {
    guard file.starts(with: magic) else { throw .notNumPy }
    guard file.count >= 10 else { throw .truncatedHeader }
    let version = file[6]
    guard (1...3).contains(version), file[7] == 0 else { throw .unsupportedVersion }
    let lengthSize = version == 1 ? 2 : 4
    guard file.count >= 8 + lengthSize else { throw .truncatedHeader }
    var length = 0
    for index in (0..<lengthSize).reversed() { length = length << 8 | Int(file[8 + index]) }
    guard length <= maximumHeaderBytes else { throw .headerTooLong }
    let start = 8 + lengthSize
    guard file.count - start >= length else { throw .truncatedHeader }
    let header = try NumPyHeader.parse(file[start..<start + length])
    guard header.shape.count <= ModelBounds.rank else { throw .tooManyDimensions }
    guard let size = header.elementType.byteCount(shape: header.shape) else { throw .tooLarge }
    let data = Array(file[(start + length)...])
    guard data.count == size else { throw .wrongLength }
    if header.elementType == .bool, data.contains(where: { $0 > 1 }) { throw .invalidBoolean }
    guard
      let tensor = TensorValue(elementType: header.elementType, shape: header.shape, bytes: data)
    else { throw .wrongLength }
    return tensor
  }

  /// A whole file: format version 1, the data aligned to 64 bytes as NumPy aligns it.
  public static func encode(_ tensor: TensorValue) -> [UInt8] {
    header(tensor.elementType, shape: tensor.shape, bytes: 0) + tensor.bytes
  }

  /// Everything before the data: at least `bytes` bytes, a multiple of 64.
  static func header(_ type: ElementType, shape: [Int], bytes: Int) -> [UInt8] {
    var dimensions = shape.map(String.init).joined(separator: ", ")
    if shape.count == 1 { dimensions += "," }
    let text =
      "{'descr': '\(descriptor(type))', 'fortran_order': False, 'shape': (\(dimensions)), }"
    let unpadded = 10 + text.utf8.count + 1
    let padding = max(bytes, (unpadded + 63) / 64 * 64) - unpadded
    let length = text.utf8.count + padding + 1
    let head = magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
    return head + Array(text.utf8) + [UInt8](repeating: 0x20, count: padding) + [0x0a]
  }

  /// NumPy's descriptor of an element type.
  static func descriptor(_ type: ElementType) -> String {
    switch type {
    case .bool: "|b1"
    case .int8: "|i1"
    case .uint8: "|u1"
    case .int16: "<i2"
    case .uint16: "<u2"
    case .int32: "<i4"
    case .uint32: "<u4"
    case .int64: "<i8"
    case .uint64: "<u8"
    case .float16: "<f2"
    case .float32: "<f4"
    case .float64: "<f8"
    case .bfloat16: "<V2"
    }
  }
}
