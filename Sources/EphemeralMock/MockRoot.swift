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
    if let bytes = try PrivateFile.read(path) { return try MockRoot(decoding: bytes) }
    let root = try MockRoot(generatedAt: seconds)
    let suffix: [UInt8]
    do throws(CryptoError) {
      suffix = try Entropy.bytes(count: 8)
    } catch {
      throw .cryptography
    }
    if try PrivateFile.create(path, root.encoded(), uniqueName: Hexadecimal.encode(suffix)) {
      return root
    }
    guard let bytes = try PrivateFile.read(path) else { throw .file }
    return try MockRoot(decoding: bytes)
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
  private func encoded() -> [UInt8] {
    var encoder = CBOREncoder()
    encoder.array(3)
    encoder.unsigned(1)
    key.key.withSpan { encoder.bytes($0) }
    encoder.bytes(certificate)
    return encoder.finish()
  }

  private init(decoding bytes: [UInt8]) throws(MockError) {
    let span = bytes.span
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
