public import EphemeralCrypto
import EphemeralWire

/// What a model is, bound together: topology, blob, key and weights (Spec/Formats.md §6).
///
/// AES-GCM does not commit to its key; the manifest does.
public struct ModelManifest: Equatable, Sendable {
  /// SHA-256 of the topology's body, 32 bytes.
  public let topologyDigest: [UInt8]
  /// SHA-256 of the blob file, 32 bytes.
  public let blobID: [UInt8]
  /// SHA-256("ephml/1 blob-key" ‖ key), 32 bytes.
  public let keyCommitment: [UInt8]
  /// SHA-256 of the plaintext weights with padding, 32 bytes.
  public let weightsDigest: [UInt8]

  /// The manifest of a topology with this digest whose blob is sealed with `blobKey`.
  public init(topologyDigest: [UInt8], blob: BlobReference, blobKey: borrowing SecretBytes) {
    var hasher = SHA256.Hasher()
    hasher.update(Array("ephml/1 blob-key".utf8))
    blobKey.withSpan { hasher.update($0) }
    self.topologyDigest = topologyDigest
    self.blobID = blob.blobID
    self.keyCommitment = hasher.finalize()
    self.weightsDigest = blob.weightsDigest
  }

  /// The manifest in deterministic CBOR.
  public func encoded() -> [UInt8] {
    var encoder = CBOREncoder()
    encoder.array(5)
    encoder.text("ephml/1 manifest")
    encoder.bytes(topologyDigest)
    encoder.bytes(blobID)
    encoder.bytes(keyCommitment)
    encoder.bytes(weightsDigest)
    return encoder.finish()
  }

  /// The model hash of receipts (scheme `sha256-manifest`): SHA-256 of the encoding, 32 bytes.
  public var modelHash: [UInt8] { SHA256.hash(encoded()) }
}
