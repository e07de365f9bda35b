internal import EphemeralCrypto
internal import EphemeralRuntime

/// Copies of one request and its response, for a file that the user asked for.
///
/// They lie on memory for secrets and are overwritten with this object.
final class KeptPreimages {
  private var request: SecretBytes?
  private var response: SecretBytes?

  /// Keeps an InferRequest's CBOR.
  func keep(request bytes: Span<UInt8>) throws(ClientFailure) {
    request = try Self.copy(bytes)
  }

  /// Keeps a response's CBOR.
  func keep(response bytes: Span<UInt8>) throws(ClientFailure) {
    response = try Self.copy(bytes)
  }

  /// Writes each to its file, readable by its owner only; nil writes nothing.
  func write(request requestPath: String?, response responsePath: String?) throws(ClientFailure) {
    if let requestPath { try Self.write(request, to: requestPath) }
    if let responsePath { try Self.write(response, to: responsePath) }
  }

  private static func copy(_ bytes: Span<UInt8>) throws(ClientFailure) -> SecretBytes {
    do throws(CryptoError) { return try SecretBytes(copying: bytes) } catch {
      throw ClientFailure(.failed, "no memory to keep request and response")
    }
  }

  private static func write(
    _ secret: borrowing SecretBytes?, to path: String
  ) throws(ClientFailure) {
    switch secret {
    case .some(let bytes):
      try bytes.withSpan { (span) throws(ClientFailure) in
        try FileAccess.write(span, to: path, mode: 0o600)
      }
    case .none: throw .file(path, "nothing was kept to write")
    }
  }
}
