public import Foundation

/// The test vectors that lie beside the checkout: `EPHML_VECTORS`, or `../shared/vectors`.
///
/// Tests that need them carry `.enabled(if: Vectors.shouldRun)`. Without the vectors they are
/// skipped with a loud line; under `CI=true` they run and fail.
public enum Vectors {
  /// The folder that holds the vectors, whether or not it exists.
  public static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["EPHML_VECTORS"], !path.isEmpty {
      return URL(fileURLWithPath: path)
    }
    // This file is at Tests/Support/Vectors.swift below the package's root.
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return root.deletingLastPathComponent().appendingPathComponent("shared/vectors")
  }()

  /// Whether the folder exists.
  public static let arePresent: Bool = {
    (try? folder.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true
  }()

  /// Whether tests over vectors run: they are present, or this is CI, where absence must fail.
  public static let shouldRun: Bool = {
    if arePresent { return true }
    let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
    let line =
      "*** NO TEST VECTORS at \(folder.path): "
      + (isCI ? "this fails under CI=true ***\n" : "the tests that need them are SKIPPED ***\n")
    FileHandle.standardError.write(Data(line.utf8))
    return isCI
  }()

  /// The bytes of one file, named from the folder: `hpke/….json`.
  public static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  /// One JSON file, decoded.
  public static func json<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(try bytes(name)))
  }
}

/// Bytes that a vector file writes as hexadecimal text.
public struct HexBytes: Decodable, Equatable, Sendable {
  /// The decoded bytes.
  public let bytes: [UInt8]

  /// Decodes one hexadecimal string.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let bytes = Hex.decode(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hexadecimal")
    }
    self.bytes = bytes
  }
}
