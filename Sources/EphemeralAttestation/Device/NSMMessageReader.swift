import EphemeralWire

/// One request or answer taken apart: its name, and its fields by name.
///
/// A name alone is a text string; with fields it is a map of one key to a map; an error is a map
/// of one key to a text (`Spec/Attestation.md §7`). Devices write their maps in any order and, as
/// they do in documents, with either kind of length.
struct NSMMessageReader {
  /// The few kinds of values that occur.
  enum Value: Equatable {
    case null
    case flag(Bool)
    case number(UInt16)
    case numbers([UInt16])
    case text(String)
    case bytes([UInt8])
  }

  /// The most fields of one message.
  static let maximumFields = 8
  /// The most bytes of a name or a text.
  static let maximumTextBytes = 128

  let name: String
  /// The value of the outer key where it is not a map.
  private(set) var single: Value?
  private var fields: [String: Value] = [:]

  static func read(_ bytes: [UInt8]) throws(NSMFormatError) -> NSMMessageReader {
    do throws(CBORError) {
      return try NSMMessageReader(reading: bytes.span)
    } catch {
      throw .malformed
    }
  }

  private init(reading span: Span<UInt8>) throws(CBORError) {
    var reader = CBORReader(maximumDepth: 4)
    if try reader.peekMajor(in: span) == .text {
      name = try reader.text(in: span, maximum: Self.maximumTextBytes)
      try reader.finish(in: span)
      return
    }
    var outer = try reader.beginMap(in: span, maximum: 1, order: .any, allowingIndefinite: true)
    guard try reader.nextKey(of: &outer, in: span) else { throw .wrongCount }
    name = try reader.text(in: span, maximum: Self.maximumTextBytes)
    if try reader.peekMajor(in: span) == .map {
      var inner = try reader.beginMap(
        in: span, maximum: Self.maximumFields, order: .any, allowingIndefinite: true)
      while try reader.nextKey(of: &inner, in: span) {
        let key = try reader.text(in: span, maximum: Self.maximumTextBytes)
        fields[key] = try Self.value(with: &reader, in: span)
      }
    } else {
      single = try Self.value(with: &reader, in: span)
    }
    guard try !reader.nextKey(of: &outer, in: span) else { throw .wrongCount }
    try reader.finish(in: span)
  }

  private static func value(
    with reader: inout CBORReader, in span: Span<UInt8>
  ) throws(CBORError) -> Value {
    switch try reader.peekMajor(in: span) {
    case .unsigned: return .number(try number(with: &reader, in: span))
    case .bytes:
      return .bytes(
        try reader.byteArray(in: span, maximum: AttestationDeviceBounds.responseBytes))
    case .text: return .text(try reader.text(in: span, maximum: maximumTextBytes))
    case .array:
      let count = try reader.arrayHeader(in: span, maximum: AttestationDocumentBounds.registers)
      var numbers: [UInt16] = []
      for _ in 0..<count { numbers.append(try number(with: &reader, in: span)) }
      return .numbers(numbers)
    case .simple:
      if try reader.takeNull(in: span) { return .null }
      return .flag(try reader.bool(in: span))
    case .negative, .map, .tag: throw .unexpectedType
    }
  }

  private static func number(
    with reader: inout CBORReader, in span: Span<UInt8>
  ) throws(CBORError) -> UInt16 {
    UInt16(truncatingIfNeeded: try reader.unsigned(in: span, maximum: UInt64(UInt16.max)))
  }

  /// Requires exactly these fields.
  func require(_ names: [String]) throws(NSMFormatError) {
    guard single == nil, fields.count == names.count,
      names.allSatisfy({ fields[$0] != nil })
    else { throw .malformed }
  }

  /// Requires fields of these names only; each may be absent.
  func requireSome(of names: [String]) throws(NSMFormatError) {
    guard single == nil, fields.keys.allSatisfy({ names.contains($0) }) else { throw .malformed }
  }

  /// Requires a name alone.
  func requireNoFields() throws(NSMFormatError) {
    guard single == nil, fields.isEmpty else { throw .malformed }
  }

  func number(_ name: String) throws(NSMFormatError) -> UInt16 {
    guard case .number(let value)? = fields[name] else { throw .malformed }
    return value
  }

  func numbers(_ name: String) throws(NSMFormatError) -> [UInt16] {
    guard case .numbers(let value)? = fields[name] else { throw .malformed }
    return value
  }

  func flag(_ name: String) throws(NSMFormatError) -> Bool {
    guard case .flag(let value)? = fields[name] else { throw .malformed }
    return value
  }

  func text(_ name: String) throws(NSMFormatError) -> String {
    guard case .text(let value)? = fields[name] else { throw .malformed }
    return value
  }

  func bytes(_ name: String) throws(NSMFormatError) -> [UInt8] {
    guard case .bytes(let value)? = fields[name] else { throw .malformed }
    return value
  }

  func optionalBytes(_ name: String) throws(NSMFormatError) -> [UInt8]? {
    switch fields[name] {
    case nil, .null?: return nil
    case .bytes(let value)?: return value
    case .flag?, .number?, .numbers?, .text?: throw .malformed
    }
  }
}
