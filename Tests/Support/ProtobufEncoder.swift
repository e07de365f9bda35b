/// Just enough of protobuf's wire format to write ONNX files for the tests.
public struct ProtobufEncoder {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []

  /// A base-128 number.
  public mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// A varint field.
  public mutating func field(_ number: UInt64, int value: Int) {
    varint(number << 3)
    varint(UInt64(bitPattern: Int64(value)))
  }

  /// A 32-bit field.
  public mutating func field(_ number: UInt64, float value: Float) {
    varint(number << 3 | 5)
    for shift in [0, 8, 16, 24] as [UInt32] {
      bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
    }
  }

  /// A length-delimited field.
  public mutating func field(_ number: UInt64, bytes content: [UInt8]) {
    varint(number << 3 | 2)
    varint(UInt64(content.count))
    bytes += content
  }

  /// A text field.
  public mutating func field(_ number: UInt64, text: String) {
    field(number, bytes: Array(text.utf8))
  }

  /// A field that holds a message.
  public mutating func field(_ number: UInt64, _ body: (inout ProtobufEncoder) -> Void) {
    field(number, bytes: ProtobufEncoder.message(body))
  }

  /// A message on its own.
  public static func message(_ body: (inout ProtobufEncoder) -> Void) -> [UInt8] {
    var encoder = ProtobufEncoder()
    body(&encoder)
    return encoder.bytes
  }
}
