import EphemeralCrypto

/// What is compared with the model: the number of distinct lines, each row's, and a digest
/// (Spec/Model/World.md §4).
public struct ProjectedFigures: Equatable, Sendable {
  /// In how many lines a row is the last of some role of its kind.
  public struct RowCount: Equatable, Sendable {
    /// The role's kind and the row's identifier, joined by a point.
    public let name: String
    /// The number of lines.
    public let count: Int
  }

  /// How many lines differ.
  public let states: Int
  /// Each row that is some line's, in the order of the names.
  public let rows: [RowCount]
  /// The sum modulo 2^64 of the first eight bytes, big-endian, of each line's SHA-256.
  public let digest: UInt64

  /// The figures of distinct lines; in lines of one role alone, `kind` says of which.
  public init(lines: [String], kind: String? = nil) {
    states = lines.count
    var sum: UInt64 = 0
    var counts: [String: Int] = [:]
    for line in lines {
      let hash = SHA256.hash(Array(line.utf8))
      var word: UInt64 = 0
      for byte in hash.prefix(8) { word = word << 8 | UInt64(byte) }
      sum &+= word
      for row in Self.lastRows(of: line, kind) { counts[row, default: 0] += 1 }
    }
    digest = sum
    rows = counts.keys.sorted().map { RowCount(name: $0, count: counts[$0] ?? 0) }
  }

  /// The digest in hexadecimal, 16 digits.
  public var digestText: String {
    let text = String(digest, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  /// The distinct last rows that a line names.
  private static func lastRows(of line: String, _ kind: String?) -> [String] {
    var found: [String] = []
    for part in line.split(separator: " ") {
      let fields = part.split(separator: "|", omittingEmptySubsequences: false)
      guard fields.count > 1, fields[1] != "-" else { continue }
      let prefix: String
      switch fields[0].first {
      case _ where kind != nil: prefix = kind ?? ""
      case "c": prefix = "client"
      case "e": prefix = "enclave"
      default: prefix = "host"
      }
      let row = "\(prefix).\(fields[1])"
      if !found.contains(row) { found.append(row) }
    }
    return found
  }
}
