/// SHA-256 (FIPS 180-4): 32 bytes.
public enum SHA256 {
  /// The digest's length in bytes.
  public static let byteCount = 32

  /// The digest of one byte string.
  public static func hash(_ bytes: Span<UInt8>) -> [UInt8] {
    var hasher = Hasher()
    hasher.update(bytes)
    return hasher.finalize()
  }

  /// The digest of one byte string.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] { hash(bytes.span) }

  /// A digest that is fed piece by piece.
  public struct Hasher: ~Copyable, Sendable {
    private var state: DigestState

    /// The digest of nothing yet.
    public init() { state = DigestState(.sha256) }

    private init(_ state: consuming DigestState) { self.state = state }

    /// Feeds more bytes.
    public mutating func update(_ bytes: Span<UInt8>) { state.update(bytes) }

    /// Feeds more bytes.
    public mutating func update(_ bytes: [UInt8]) { state.update(bytes.span) }

    /// The digest of all bytes fed, 32 of them.
    public consuming func finalize() -> [UInt8] { state.finish() }

    /// Writes the digest into the caller's 32 bytes; for digests that are secret.
    public consuming func finalize(into output: inout MutableSpan<UInt8>) {
      state.finish(into: &output)
    }

    /// A second hasher that has been fed the same bytes.
    public borrowing func copy() -> Hasher { Hasher(state.copy()) }
  }
}
