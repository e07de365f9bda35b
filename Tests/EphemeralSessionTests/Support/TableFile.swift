import Foundation

/// One row of an expanded table, read from `Spec/Tables` without the generated Swift.
struct TableFileRow: CustomStringConvertible, Sendable {
  let id: String
  let state: String
  let message: String
  let guardName: String
  let next: String
  let effects: [String]
  let claims: Set<String>
  let wiped: Set<String>

  var description: String { id }
}

/// Reads `Spec/Tables/ROLE.expanded`.
enum TableFile {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func rows(of role: String) -> [TableFileRow] {
    let file = root.appending(path: "Spec/Tables/\(role).expanded")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      let cells = line.components(separatedBy: " | ")
      func words(_ cell: String) -> Set<String> {
        cell == "-" ? [] : Set(cell.split(separator: " ").map(String.init))
      }
      return TableFileRow(
        id: cells[0], state: cells[1], message: cells[2], guardName: cells[3], next: cells[4],
        effects: cells[5] == "-" ? [] : cells[5].components(separatedBy: ", "),
        claims: words(cells[6]), wiped: words(cells[7]))
    }
  }

  /// Whether actions, as effect names, are what the row's effects column says: `+` is once or
  /// more, `*` any number of times, `(*)` any code.
  static func effects(_ pattern: [String], match actions: [String]) -> Bool {
    var rest = actions[...]
    for item in pattern {
      if item.hasSuffix("(*)") {
        guard let first = rest.first, first.hasPrefix(item.dropLast(2)) else { return false }
        rest = rest.dropFirst()
      } else if item.hasSuffix("+") || item.hasSuffix("*") {
        let name = String(item.dropLast())
        let count = rest.prefix { $0 == name }.count
        if item.hasSuffix("+"), count == 0 { return false }
        rest = rest.dropFirst(count)
      } else {
        guard rest.first == item else { return false }
        rest = rest.dropFirst()
      }
    }
    return rest.isEmpty
  }
}
