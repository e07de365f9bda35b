internal import EphemeralCrypto
internal import EphemeralModel

/// Topology key files, plain or under a passphrase.
enum TopologyFile {
  /// Room for the sealed form's head and tag, in bytes.
  private static let sealingBytes = 256
  private static let maximumPassphraseBytes = 4_096

  /// Reads a topology key.
  ///
  /// - Parameter passphraseFile: needed exactly where the file is sealed.
  static func read(
    _ path: String, passphraseFile: String?
  ) throws(ClientFailure) -> TopologyKey {
    var bytes = try FileAccess.read(path, maximum: ModelBounds.topologyKeyBytes + sealingBytes)
    defer { wipe(&bytes) }
    do throws(TopologyError) {
      guard TopologyKey.isSealed(bytes.span) else { return try TopologyKey(decoding: bytes.span) }
      guard let passphraseFile else { throw .badPassphrase }
      guard var passphrase = try? passphrase(in: passphraseFile) else { throw .badPassphrase }
      defer { wipe(&passphrase) }
      return try TopologyKey(opening: bytes.span, passphrase: passphrase.span)
    } catch {
      if error == .badPassphrase, passphraseFile == nil {
        throw .file(path, "sealed with a passphrase; give --passphrase-file")
      }
      if error == .badPassphrase, let passphraseFile { _ = try passphrase(in: passphraseFile) }
      throw .file(path, message(error))
    }
  }

  /// The first line of a passphrase file.
  static func passphrase(in path: String) throws(ClientFailure) -> [UInt8] {
    var bytes = try FileAccess.read(path, maximum: maximumPassphraseBytes)
    defer { wipe(&bytes) }
    var line = Array(bytes.prefix { $0 != UInt8(ascii: "\n") })
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    guard !line.isEmpty else { throw .file(path, "the passphrase is empty") }
    return line
  }

  /// Overwrites bytes that held a secret.
  static func wipe(_ bytes: inout [UInt8]) {
    var span = bytes.mutableSpan
    cleanse(&span)
  }

  static func message(_ error: TopologyError) -> String {
    switch error {
    case .malformed: "not a topology key, or cut short"
    case .unsupportedVersion: "a topology key of a version that is not read"
    case .tooLarge, .tooMany: "not a topology key: beyond the format's bounds"
    case .damaged: "the topology key was changed or damaged"
    case .badPassphrase: "the passphrase is wrong, or the file was changed"
    case .resources: "no locked memory or no randomness"
    case .badName, .badElementType, .badShape, .badTensorLayout, .badTensorReference, .badValue,
      .badAttribute, .tooDeep, .badPolicy, .badBlob:
      "not a valid topology (\(error))"
    }
  }
}
