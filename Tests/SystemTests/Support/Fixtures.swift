import Foundation

/// The files beside the tests.
enum Fixtures {
  /// The package's root.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The path of a file in `Tests/Fixtures`.
  static func path(_ name: String) -> String {
    root.appendingPathComponent("Tests/Fixtures/" + name).path
  }
}
