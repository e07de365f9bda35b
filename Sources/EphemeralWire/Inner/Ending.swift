/// Client to enclave: the session is over. CBOR `[]`.
public struct Close: InnerMessage {
  /// The inner type that its record bears.
  public static var innerType: InnerType { .close }

  /// The message, which has no fields.
  public init() {}

  /// Reads the message.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    try decodeFields(payload, 0) { (_, _) throws(CBORError) in }
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) { encoder.array(0) }
}

/// Enclave to client: everything is wiped; a signed report says what.
///
/// CBOR `[wipeReport bstr]`.
public struct Zeroized: InnerMessage {
  /// The most bytes that a signed wipe report may have.
  public static let maximumReportBytes = 4096

  /// The inner type that its record bears.
  public static var innerType: InnerType { .zeroized }

  /// The wipe report, a COSE_Sign1, not yet verified.
  public let wipeReport: [UInt8]

  /// A message with a report of at most `maximumReportBytes`.
  public init(wipeReport: [UInt8]) {
    precondition(wipeReport.count <= Self.maximumReportBytes)
    self.wipeReport = wipeReport
  }

  /// Reads the message.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    self.wipeReport = try decodeFields(payload, 1) { (reader, bytes) throws(CBORError) in
      try reader.byteArray(in: bytes, maximum: Self.maximumReportBytes)
    }
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(1)
    encoder.bytes(wipeReport)
  }
}
