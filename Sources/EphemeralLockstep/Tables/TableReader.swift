package import Foundation

/// Why a table could not be read.
package enum TableError: Error, Equatable {
  /// The file is not there or not text.
  case unreadable(String)
  /// A line that is not in the format, by its number.
  case malformed(line: Int)
  /// No row for a pair.
  case gap(state: String, message: String)
}

/// A role's table as Spec/Protocol.md §3 describes it, read when it is needed.
///
/// Written from that description: it shares no line with the program that writes the generated
/// Swift, so that each checks the other.
package struct ProtocolTable: Sendable {
  /// The three machines.
  package enum Role: String, CaseIterable, Sendable { case client, host, enclave }

  /// One line of the section of defaults.
  private struct Default {
    let states: String
    let messages: [Substring]
    let guardName: String
    let next: String
    let effects: [String]
    let claims: [String]
  }

  package let role: Role
  package private(set) var states: [TableState] = []
  /// Each message class and its kind.
  package private(set) var messages: [(name: String, kind: String)] = []
  /// All rows, those of the defaults included; settable to see whether a comparison notices.
  package var rows: [TableRow] = []
  private var groups: [String: [String]] = [:]
  private var defaults: [Default] = []

  /// The folder of the tables.
  package static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Spec/Tables")

  /// Reads `ROLE.table` and applies its defaults.
  package init(_ role: Role) throws(TableError) {
    self.role = role
    let named = try read(Self.text("\(role.rawValue).table"))
    for state in states {
      for message in messages {
        let own = named.filter { $0.state == state.name && $0.message == message.name }
        rows += own.isEmpty ? try unnamed(state, message.name, message.kind) : own
      }
    }
  }

  private static func text(_ name: String) throws(TableError) -> String {
    do {
      return try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    } catch {
      throw .unreadable(name)
    }
  }

  /// The rows of `ROLE.expanded`, which another program wrote.
  package static func expanded(_ role: Role) throws(TableError) -> [TableRow] {
    var rows: [TableRow] = []
    for (number, line) in try text("\(role.rawValue).expanded").split(separator: "\n").enumerated()
    where !line.hasPrefix("#") {
      guard let row = row(cells(line)) else { throw .malformed(line: number + 1) }
      rows.append(row)
    }
    return rows
  }

  private static func cells(_ line: some StringProtocol) -> [String] {
    line.split(separator: "|", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
  }

  private static func words(_ cell: String) -> [String] {
    cell == "-" ? [] : cell.split(separator: " ").map(String.init)
  }

  private static func list(_ cell: String) -> [String] {
    cell == "-"
      ? [] : cell.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  private static func row(_ cells: [String]) -> TableRow? {
    guard cells.count == 8 else { return nil }
    return TableRow(
      id: cells[0], state: cells[1], message: cells[2], guardName: cells[3], next: cells[4],
      effects: list(cells[5]), claims: words(cells[6]), wiped: words(cells[7]))
  }

  /// Reads the sections; gives the rows that are written out.
  private mutating func read(_ text: String) throws(TableError) -> [TableRow] {
    var named: [TableRow] = []
    var section = ""
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let content = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
      if content.isEmpty { continue }
      if content.hasPrefix("[") {
        section = content
        continue
      }
      let cells = Self.cells(content)
      switch (section, cells.count) {
      case ("[states]", 4...5):
        states.append(
          TableState(
            name: cells[0], phase: cells[1], timer: cells[2], isKeyed: cells[3] == "yes",
            held: cells.count == 5 ? Self.words(cells[4]) : []))
      case ("[groups]", 1):
        let sides = content.split(separator: "=")
        guard sides.count == 2 else { throw .malformed(line: index + 1) }
        let name = sides[0].trimmingCharacters(in: .whitespaces)
        groups[name] = sides[1].split(separator: " ").map(String.init)
      case ("[messages]", 3): messages.append((cells[0], cells[1]))
      case ("[rows]", 8):
        guard let row = Self.row(cells) else { throw .malformed(line: index + 1) }
        named.append(row)
      case ("[defaults]", 6):
        defaults.append(
          Default(
            states: cells[0], messages: cells[1].split(separator: " "), guardName: cells[2],
            next: cells[3], effects: Self.list(cells[4]), claims: Self.words(cells[5])))
      default: throw .malformed(line: index + 1)
      }
    }
    return named
  }

  /// The rows of a pair that no row names: the lines of the first block that matches it.
  ///
  /// A block are the lines that match the pair by the same word and differ in their guards.
  private func unnamed(
    _ state: TableState, _ message: String, _ kind: String
  ) throws(TableError) -> [TableRow] {
    var block: (word: Substring, guards: [String])?
    var found: [TableRow] = []
    for line in defaults {
      let fits =
        line.states == "*" || line.states == state.name
        || groups[line.states]?.contains(state.name) ?? false
      let word = line.messages.first { $0 == "*" || $0 == message || $0 == ":\(kind)" }
      guard fits, let word else { continue }
      if let block {
        guard block.word == word else { continue }
        if block.guards.contains(line.guardName) || block.guards.contains("always")
          || line.guardName == "always"
        {
          break
        }
      }
      block = (word, (block?.guards ?? []) + [line.guardName])
      // The session's life is no phase's deadline: where only it runs, nothing else can be due.
      if line.guardName == "due", state.timer == "life" { continue }
      let next = line.next == "=" ? state.name : line.next
      let kept = states.first { $0.name == next }?.held ?? []
      found.append(
        TableRow(
          id: "\(state.name)-\(message)-\(line.guardName)", state: state.name, message: message,
          guardName: line.guardName, next: next, effects: line.effects, claims: line.claims,
          wiped: state.held.filter { !kept.contains($0) }))
    }
    guard !found.isEmpty else { throw .gap(state: state.name, message: message) }
    return found
  }

  /// A state by its name.
  package func state(_ name: String) -> TableState? { states.first { $0.name == name } }
}
