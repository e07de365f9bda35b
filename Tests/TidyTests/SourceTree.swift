import Foundation

/// The checkout that these tests were compiled from.
enum SourceTree {
  /// The folder that holds Package.swift.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// All Swift files below `folder`, as paths relative to the root with their texts.
  static func swiftFiles(below folder: String) throws -> [(path: String, text: String)] {
    let base = root.appendingPathComponent(folder)
    guard let walk = FileManager.default.enumerator(atPath: base.path) else { return [] }
    var files: [(path: String, text: String)] = []
    for case let path as String in walk where path.hasSuffix(".swift") {
      let text = try String(contentsOf: base.appendingPathComponent(path), encoding: .utf8)
      files.append((folder + "/" + path, text))
    }
    return files.sorted { $0.path < $1.path }
  }

  /// The module names that a file imports, each with the trait condition that it stands behind.
  static func imports(in text: String) -> [(module: String, condition: String?)] {
    var conditions: [String] = []
    var found: [(String, String?)] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.split(separator: " ").map(String.init)
      guard let first = words.first else { continue }
      switch first {
      case "#if": conditions.append(words.dropFirst().joined(separator: " "))
      case "#elseif", "#else":
        if !conditions.isEmpty {
          conditions[conditions.count - 1] = words.dropFirst().joined(separator: " ")
        }
      case "#endif": if !conditions.isEmpty { conditions.removeLast() }
      default:
        if let at = words.firstIndex(of: "import"), at + 1 < words.count,
          words[..<at].allSatisfy({
            [
              "public", "internal", "package", "@testable", "@preconcurrency", "private",
              "fileprivate",
            ].contains($0)
          })
        {
          found.append((words[at + 1], conditions.last))
        }
      }
    }
    return found
  }
}
