import EphemeralCrypto
public import EphemeralWire
import FaultPoints

extension LibcryptoCryptography {
  /// An Abort's content.
  public func abortContent(_ code: AbortCode) throws(ProviderFailure) -> SecretMaterial {
    try secret(of: Abort(code: code).encoded())
  }

  /// An Abort's code.
  public func readAbort(_ content: SecretMaterial) -> AbortCode? {
    content.withSpan { try? Abort(decoding: $0).code } ?? nil
  }

  /// Close's content.
  public func closeContent() throws(ProviderFailure) -> SecretMaterial {
    try secret(of: Close().encoded())
  }

  /// Whether the content is Close's.
  public func isClose(_ content: SecretMaterial) -> Bool {
    (content.withSpan { try? Close(decoding: $0) } ?? nil) != nil
  }

  /// Assembled's content.
  public func assembledContent(
    _ fields: AssembledFields<[UInt8]>
  ) throws(ProviderFailure) -> SecretMaterial {
    guard fields.modelHash.count == Assembled.modelHashBytes else { throw .fault }
    return try secret(
      of: Assembled(
        modelHash: fields.modelHash, weightBytes: fields.weightBytes,
        nanoseconds: fields.nanoseconds
      ).encoded())
  }

  /// Assembled's fields.
  public func readAssembled(_ content: SecretMaterial) -> AssembledFields<[UInt8]>? {
    let message = content.withSpan { try? Assembled(decoding: $0) } ?? nil
    return message.map {
      AssembledFields(
        modelHash: $0.modelHash, weightBytes: $0.weightBytes, nanoseconds: $0.nanoseconds)
    }
  }

  /// An InferRequest's number and hashes.
  public func readRequest(_ content: SecretMaterial) -> RequestHead<[UInt8]>? {
    content.withSpan { span in
      guard let body = try? InferRequest(decoding: span) else { return nil }
      return RequestHead(
        sequence: body.sequence, hash: SHA256.hash(span),
        echo: SHA256.hash(span.extracting(body.random)))
    } ?? nil
  }

  /// InferResult's content, written on secret memory.
  public func resultContent(
    response: SecretMaterial, receipt: [UInt8], exposureNanoseconds: UInt64
  ) throws(ProviderFailure) -> SecretMaterial {
    let count: Int
    do {
      count = try InferResult.byteCount(
        responseBytes: response.count, receiptBytes: receipt.count,
        exposureNanoseconds: exposureNanoseconds)
    } catch {
      throw .fault
    }
    var bytes = try own { () throws(CryptoError) in try SecretBytes(count: count) }
    let written = response.withSpan { span in
      bytes.withMutableSpan {
        try? InferResult.encode(
          response: span, receipt: receipt.span, exposureNanoseconds: exposureNanoseconds,
          into: &$0)
      }
    }
    guard written == count else { throw .fault }
    return SecretMaterial(bytes)
  }

  /// InferResult's parts.
  public func readResult(
    _ content: SecretMaterial
  ) throws(ProviderFailure) -> (
    response: SecretMaterial, receipt: [UInt8], exposureNanoseconds: UInt64
  ) {
    let layout = content.withSpan { try? InferResult(decoding: $0) } ?? nil
    guard let layout else { throw .refused }
    let parts = try own { () throws(CryptoError) in
      try content.withSpan { (span) throws(CryptoError) -> (SecretMaterial, [UInt8]) in
        let response = try SecretBytes(copying: span.extracting(layout.response))
        let receipt = span.extracting(layout.receipt)
        return (SecretMaterial(response), receipt.indices.map { receipt[$0] })
      }
    }
    guard let parts else { throw .fault }
    return (parts.0, parts.1, layout.exposureNanoseconds)
  }

  /// SHA-256 over the response's CBOR.
  public func responseHash(_ response: SecretMaterial) -> [UInt8] {
    response.withSpan { SHA256.hash($0) } ?? []
  }

  /// Whether the response echoes the request's number and random bytes.
  public func response(
    _ response: SecretMaterial, answers request: RequestHead<[UInt8]>
  ) -> Bool {
    response.withSpan { span in
      guard let body = try? InferResponse(decoding: span) else { return false }
      return body.sequence == request.sequence
        && (SHA256.hash(span.extracting(body.random)) == request.echo
          || planted("result-echo-unchecked"))
    } ?? false
  }

  /// Zeroized's content.
  public func zeroizedContent(report: [UInt8]) throws(ProviderFailure) -> SecretMaterial {
    guard report.count <= Zeroized.maximumReportBytes else { throw .fault }
    return try secret(of: Zeroized(wipeReport: report).encoded())
  }

  /// Zeroized's wipe report.
  public func readZeroized(_ content: SecretMaterial) -> [UInt8]? {
    content.withSpan { try? Zeroized(decoding: $0).wipeReport } ?? nil
  }
}
