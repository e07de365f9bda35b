import Foundation
import Testing

@testable import EphemeralClient

/// The lines of three logs that belong together, to be bent.
struct TraceLogs {
  /// A role's log.
  enum Role: String, CaseIterable {
    case client, host, enclave
  }

  private var client: [String] = []
  private var host: [String] = []
  private var enclave: [String] = []

  subscript(role: Role) -> [String] {
    get {
      switch role {
      case .client: client
      case .host: host
      case .enclave: enclave
      }
    }
    set {
      switch role {
      case .client: client = newValue
      case .host: host = newValue
      case .enclave: enclave = newValue
      }
    }
  }

  /// Adds a log's lines.
  mutating func read(_ role: Role, from path: String) throws {
    let text = String(
      decoding: try FileAccess.read(path, maximum: 1 << 24), as: UTF8.self)
    self[role] += text.split(separator: "\n").map(String.init)
  }

  /// Writes `client.trace`, `host.trace` and `enclave.trace` into a folder.
  func write(to folder: String) throws {
    try FileAccess.makeFolder(folder)
    for role in Role.allCases {
      let text = self[role].map { $0 + "\n" }.joined()
      try FileAccess.write(Array(text.utf8), to: folder + "/\(role.rawValue).trace")
    }
  }

  /// The lines of the runs with one of these ClientHellos, in the order in which those are given.
  func only(hellos: [String]) -> TraceLogs {
    var kept = TraceLogs()
    for role in Role.allCases {
      for hello in hellos {
        kept[role] += self[role].filter { $0.contains("\"hello\":\"\(hello)\"") }
      }
    }
    return kept
  }

  /// The ClientHellos of a role's runs, in order.
  func hellos(_ role: Role) -> [String] {
    var found: [String] = []
    for line in self[role] {
      guard let hello = Self.digest(in: line, after: "\"hello\":\""), !found.contains(hello) else {
        continue
      }
      found.append(hello)
    }
    return found
  }

  /// Where the `occurrence`th line with a row stands.
  func place(_ role: Role, _ row: String, _ occurrence: Int = 0) throws -> Int {
    let places = self[role].indices.filter { self[role][$0].contains("\"row\":\"\(row)\"") }
    guard places.indices.contains(occurrence) else { throw Missing(row: row) }
    return places[occurrence]
  }

  /// Changes the `occurrence`th line with a row.
  mutating func change(
    _ role: Role, _ row: String, _ occurrence: Int = 0, _ edit: (String) -> String
  ) throws {
    let place = try place(role, row, occurrence)
    let edited = edit(self[role][place])
    guard edited != self[role][place] else { throw Missing(row: row) }
    self[role][place] = edited
  }

  /// Replaces text in the first line with a row.
  mutating func replace(
    _ role: Role, _ row: String, _ old: String, _ new: String
  ) throws {
    try change(role, row) { $0.replacing(old, with: new, maxReplacements: 1) }
  }

  /// Makes another digest of the one that follows a text in the first line with a row.
  mutating func bend(_ role: Role, _ row: String, after text: String) throws {
    try change(role, row) { Self.bent($0, after: text) }
  }

  /// Numbers each run's lines anew, so that only what is meant to be wrong is.
  mutating func renumber(_ role: Role) {
    var counts: [String: Int] = [:]
    self[role] = self[role].map { line in
      let session = Self.session(of: line)
      defer { counts[session, default: 0] += 1 }
      return line.replacing(
        #/"sequence":\d+/#, with: "\"sequence\":\(counts[session, default: 0])",
        maxReplacements: 1)
    }
  }

  /// The name of a line's run.
  static func session(of line: String) -> String {
    String(line.dropFirst("{\"session\":\"".count).prefix(16))
  }

  /// The first digest behind a text.
  static func digest(in line: String, after text: String) -> String? {
    guard let start = line.range(of: text)?.upperBound,
      let match = line[start...].firstMatch(of: #/[0-9a-f]{32}/#)
    else { return nil }
    return String(match.output)
  }

  /// The line with another digest in the place of the first behind a text.
  static func bent(_ line: String, after text: String) -> String {
    guard let digest = digest(in: line, after: text),
      let start = line.range(of: text)?.upperBound,
      let range = line.range(of: digest, range: start..<line.endIndex)
    else { return line }
    let other = (digest.first == "0" ? "1" : "0") + digest.dropFirst()
    return line.replacingCharacters(in: range, with: other)
  }

  /// A row that a mutation needs is not in the logs.
  struct Missing: Error {
    let row: String
  }
}

/// One way to bend logs, and what the checker must say of it.
struct TraceMutation: CustomTestStringConvertible, Sendable {
  /// A word a folder can have.
  let name: String
  /// What the refusal contains.
  let reason: String
  let edit: @Sendable (inout TraceLogs) throws -> Void

  init(
    _ name: String, _ reason: String,
    _ edit: @escaping @Sendable (inout TraceLogs) throws -> Void
  ) {
    self.name = name
    self.reason = reason
    self.edit = edit
  }

  var testDescription: String { name }
}
