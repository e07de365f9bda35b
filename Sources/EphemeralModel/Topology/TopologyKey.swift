public import EphemeralCrypto
import EphemeralWire

/// What the owner keeps and the attested enclave receives: the topology and the key of its blob
/// (Spec/Formats.md §2).
///
/// The encoded body and the key lie in secret memory; the topology beside them is the parsed body.
public struct TopologyKey: ~Copyable, Sendable {
  /// The version of the key file's format.
  static let version: UInt64 = 1
  /// Bytes of the blob key.
  public static let keyBytes = 32

  /// The parsed body.
  public let topology: Topology
  /// The 32 bytes that the blob is sealed with.
  public let blobKey: SecretBytes
  /// SHA-256 of the body, 32 bytes.
  public let digest: [UInt8]
  private let body: SecretBytes

  /// Joins a topology and the key of its blob.
  ///
  /// - Throws: `tooLarge` where the body exceeds its bound, `malformed` for a key of another length
  ///   than 32 bytes, `resources`.
  public init(topology: Topology, blobKey: consuming SecretBytes) throws(TopologyError) {
    if blobKey.count != Self.keyBytes { throw .malformed }
    var encoded = topology.encoded()
    if encoded.count > ModelBounds.bodyBytes { throw .tooLarge }
    let copy = try Self.secret(encoded.span)
    var span = encoded.mutableSpan
    cleanse(&span)
    self.topology = topology
    self.blobKey = blobKey
    self.digest = copy.withSpan { SHA256.hash($0) }
    self.body = copy
  }

  /// Reads and checks the plain form.
  ///
  /// - Throws: `malformed`, `unsupportedVersion`, `tooLarge`, any rule of the body, `damaged` where
  ///   the model hash at the end is another than that of what stands before it, `resources`.
  public init(decoding bytes: Span<UInt8>) throws(TopologyError) {
    if bytes.count > ModelBounds.topologyKeyBytes { throw .tooLarge }
    let bodyRange: Range<Int>
    let keyRange: Range<Int>
    let version: UInt64
    let stated: [UInt8]
    do throws(CBORError) {
      var reader = CBORReader()
      try reader.array(in: bytes, exactly: 4)
      version = try reader.unsigned(in: bytes)
      bodyRange = try reader.byteRange(in: bytes, maximum: ModelBounds.bodyBytes)
      keyRange = try reader.byteRange(in: bytes, exactly: Self.keyBytes)
      stated = try reader.byteArray(in: bytes, exactly: SHA256.byteCount)
      try reader.finish(in: bytes)
    } catch { throw error == .tooLong ? .tooLarge : .malformed }
    if version != Self.version { throw .unsupportedVersion }
    let bodySpan = bytes.extracting(bodyRange)
    let topology = try Topology(decoding: bodySpan)
    let key = TopologyKey(
      topology: topology, digest: SHA256.hash(bodySpan), body: try Self.secret(bodySpan),
      blobKey: try Self.secret(bytes.extracting(keyRange)))
    if key.modelHash != stated { throw .damaged }
    self = key
  }

  private init(
    topology: Topology, digest: [UInt8], body: consuming SecretBytes,
    blobKey: consuming SecretBytes
  ) {
    self.topology = topology
    self.digest = digest
    self.body = body
    self.blobKey = blobKey
  }

  private static func secret(_ bytes: Span<UInt8>) throws(TopologyError) -> SecretBytes {
    do { return try SecretBytes(copying: bytes) } catch { throw .resources }
  }

  /// The plain form, as it is delivered to the enclave: it holds the key.
  ///
  /// - Throws: `resources`.
  public borrowing func encoded() throws(TopologyError) -> SecretBytes {
    do {
      let count = try CBORWriter.byteCount { (writer, output) throws(CBORError) in
        try write(&writer, &output)
      }
      var result = try SecretBytes(count: count)
      try result.withMutableSpan { (output) throws(CBORError) in
        var writer = CBORWriter()
        try write(&writer, &output)
      }
      return result
    } catch { throw .resources }
  }

  private borrowing func write(
    _ writer: inout CBORWriter, _ output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    try writer.array(4, into: &output)
    try writer.unsigned(Self.version, into: &output)
    try body.withSpan { (span) throws(CBORError) in try writer.bytes(span, into: &output) }
    try blobKey.withSpan { (span) throws(CBORError) in try writer.bytes(span, into: &output) }
    try writer.bytes(modelHash.span, into: &output)
  }

  /// What binds topology, blob, key and weights.
  public var manifest: ModelManifest {
    ModelManifest(topologyDigest: digest, blob: topology.blob, blobKey: blobKey)
  }

  /// The model hash of receipts, 32 bytes.
  public var modelHash: [UInt8] { manifest.modelHash }
}
