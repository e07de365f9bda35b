import EphemeralAttestation
import EphemeralCrypto
import EphemeralWire
import Glibc

/// The root authority of one installation's mock devices (`Spec/Attestation.md §8.1`).
///
/// Its key is made on first use and never leaves its file and this process.
public final class MockRoot: Sendable {
  /// The name of the file inside its directory.
  public static let fileName = "mock-root"
  /// Bytes of the key.
  private static let keyBytes = P384.scalarByteCount
  /// How long a root is valid, in seconds: 30 years.
  private static let lifetimeSeconds: Int64 = 30 * 365 * 86_400

  /// The self-signed certificate, DER.
  public let certificate: [UInt8]
  let key: MockKey

  /// SHA-256 of the certificate: what a policy lists under `roots`.
  public var digest: [UInt8] { SHA256.hash(certificate) }

  /// A new root that lives in memory only, for tests.
  ///
  /// - Parameter seconds: when it is made, since 1970.
  public init(generatedAt seconds: UInt64) throws(MockError) {
    key = try MockKey()
    // A day of slack for clocks that are set back.
    let start = Int64(clamping: min(seconds, MeasurementPolicy.latestExpiry)) - 86_400
    certificate = try MockCertificate.root(
      key: key, notBefore: start, notAfter: start + Self.lifetimeSeconds)
  }

  /// Reads the root of `directory`, or makes it where there is none.
  ///
  /// Of several makers at once the first wins, and all get its root.
  ///
  /// - Parameters:
  ///   - directory: made with mode 0700 where it does not exist.
  ///   - seconds: the time for a new certificate, since 1970.
  public static func open(
    directory: String, at seconds: UInt64 = MockClock.seconds()
  ) throws(MockError) -> MockRoot {
    try PrivateFile.makeDirectory(directory)
    let path = directory + "/" + fileName
    if let root = try stored(path) { return root }
    let root = try MockRoot(generatedAt: seconds)
    let suffix: [UInt8]
    do throws(CryptoError) {
      suffix = try Entropy.bytes(count: 8)
    } catch {
      throw .cryptography
    }
    let bytes = try root.encoded()
    if try PrivateFile.create(path, bytes, uniqueName: Hexadecimal.encode(suffix)) {
      return root
    }
    guard let winner = try stored(path) else { throw .file }
    return winner
  }

  private static func stored(_ path: String) throws(MockError) -> MockRoot? {
    guard let bytes = try PrivateFile.read(path) else { return nil }
    return try bytes.withSpan { (span) throws(MockError) in try MockRoot(decoding: span) }
  }

  /// `$XDG_STATE_HOME/ephml`, or `~/.local/state/ephml`.
  public static func defaultDirectory() throws(MockError) -> String {
    if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") { return state + "/ephml" }
    guard let home = environment("HOME"), home.hasPrefix("/") else { throw .noDirectory }
    return home + "/.local/state/ephml"
  }

  private static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// The file's form: `[1, key, certificate]`.
  private func encoded() throws(MockError) -> SecretBytes {
    do {
      let count = try CBORWriter.byteCount { (writer, output) throws(CBORError) in
        try write(&writer, &output)
      }
      var bytes = try PrivateFile.secret(count: count)
      try bytes.withMutableSpan { (output) throws(CBORError) in
        var writer = CBORWriter()
        try write(&writer, &output)
      }
      return bytes
    } catch {
      throw .cryptography
    }
  }

  private func write(
    _ writer: inout CBORWriter, _ output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    let certificate = certificate
    try writer.array(3, into: &output)
    try writer.unsigned(1, into: &output)
    try key.key.withSpan { (key) throws(CBORError) in try writer.bytes(key, into: &output) }
    try writer.bytes(certificate.span, into: &output)
  }

  private init(decoding span: Span<UInt8>) throws(MockError) {
    var reader = CBORReader(maximumDepth: 1)
    let scalar: Range<Int>
    do throws(CBORError) {
      try reader.array(in: span, exactly: 3)
      guard try reader.unsigned(in: span) == 1 else { throw .integerOutOfRange }
      scalar = try reader.byteRange(in: span, exactly: Self.keyBytes)
      certificate = try reader.byteArray(
        in: span, maximum: AttestationDocumentBounds.certificateBytes)
      try reader.finish(in: span)
    } catch {
      throw .malformed
    }
    do throws(CryptoError) {
      key = try MockKey(scalar: try SecretBytes(copying: span.extracting(scalar)))
    } catch {
      throw .malformed
    }
    guard let parsed = try? X509Certificate(der: certificate),
      parsed.publicKey == .p384(key.key.publicKey)
    else { throw .malformed }
  }
}

/// The time of day, for devices that are not given a clock.
public enum MockClock {
  /// Milliseconds since 1970.
  public static func milliseconds() -> UInt64 {
    var now = timespec()
    guard unsafe clock_gettime(CLOCK_REALTIME, &now) == 0 else { return 0 }
    return UInt64(clamping: now.tv_sec) &* 1000 &+ UInt64(clamping: now.tv_nsec) / 1_000_000
  }

  /// Seconds since 1970.
  public static func seconds() -> UInt64 { milliseconds() / 1000 }
}
