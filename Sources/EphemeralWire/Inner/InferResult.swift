/// Enclave to client: a response and its receipt (Spec/Protocol.md, "Inference").
///
/// CBOR `[response bstr .cbor InferBody, receipt bstr, exposureNanoseconds uint]`. Read as ranges, written into the caller's
/// buffer: the response is secret.
public struct InferResult: Equatable, Sendable {
  /// The most bytes that a receipt may have.
  public static let maximumReceiptBytes = 4096

  /// Where the response's CBOR lies; its SHA-256 is the response hash.
  public let response: Range<Int>
  /// Where the receipt lies, a COSE_Sign1 that is not yet verified.
  public let receipt: Range<Int>
  /// For how long plaintext weights were in the enclave's memory, in nanoseconds.
  public let exposureNanoseconds: UInt64

  /// Reads a message that fills `bytes`; the response is read on its own.
  public init(decoding bytes: Span<UInt8>) throws(WireError) {
    (response, receipt, exposureNanoseconds) = try decodeFields(bytes, 3) {
      (reader, bytes) throws(CBORError) in
      (
        try reader.byteRange(in: bytes, maximum: .max),
        try reader.byteRange(in: bytes, maximum: Self.maximumReceiptBytes),
        try reader.unsigned(in: bytes)
      )
    }
  }

  /// Bytes of the message.
  public static func byteCount(
    responseBytes: Int, receiptBytes: Int, exposureNanoseconds: UInt64
  ) throws(WireError) -> Int {
    try wire { () throws(CBORError) in
      try CBORWriter.byteCount { (writer, output) throws(CBORError) in
        try writer.array(3, into: &output)
        _ = try writer.byteString(count: responseBytes, into: &output)
        _ = try writer.byteString(count: receiptBytes, into: &output)
        try writer.unsigned(exposureNanoseconds, into: &output)
      }
    }
  }

  /// Writes the message from the start of `output` and returns its length in bytes.
  public static func encode(
    response: Span<UInt8>, receipt: Span<UInt8>, exposureNanoseconds: UInt64,
    into output: inout MutableSpan<UInt8>
  ) throws(WireError) -> Int {
    guard receipt.count <= maximumReceiptBytes else { throw .invalidField }
    do {
      var writer = CBORWriter()
      try writer.array(3, into: &output)
      try writer.bytes(response, into: &output)
      try writer.bytes(receipt, into: &output)
      try writer.unsigned(exposureNanoseconds, into: &output)
      return writer.position
    } catch {
      throw .malformed(error)
    }
  }
}
