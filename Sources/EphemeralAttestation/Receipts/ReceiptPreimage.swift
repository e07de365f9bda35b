import EphemeralCrypto
import EphemeralWire

/// What a verifier needs of an InferRequest or a response: digests, nothing of its contents.
public struct ReceiptPreimage: Equatable, Sendable {
  /// SHA-256 of the whole, 32 bytes: what a receipt names.
  public let hash: [UInt8]
  /// The number and SHA-256 of the 32 random bytes; nil where the bytes are neither of both.
  let echo: Echo?

  struct Echo: Equatable {
    let sequence: UInt64
    let digest: [UInt8]
  }

  /// The digests of the unpadded CBOR of an InferRequest or of a response.
  public init(of bytes: Span<UInt8>) {
    hash = SHA256.hash(bytes)
    if let body = try? InferBody(decoding: bytes) {
      echo = Echo(
        sequence: body.sequence, digest: SHA256.hash(bytes.extracting(body.random)))
    } else {
      echo = nil
    }
  }
}
