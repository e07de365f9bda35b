import Foundation

@testable import EphemeralClient

/// One scan that an enclave reported.
struct ScanReport {
  let point: String
  let bytes: Int
  let milliseconds: Int
  /// How often each canary was found, by the kind of memory.
  let places: [String: [String: Int]]

  /// How often a canary was found.
  func hits(_ name: String) -> Int { places[name]?.values.reduce(0, +) ?? 0 }

  /// The canaries that were found, with where.
  var found: [String: [String: Int]] { places.filter { !$0.value.isEmpty } }

  /// The canaries that were not found.
  var missing: Set<String> { Set(places.filter { $0.value.isEmpty }.keys) }

  /// The reports in a file so far; throws for a scan that could not be made.
  static func read(_ path: String) throws -> [ScanReport] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let text = String(decoding: try FileAccess.read(path, maximum: 1 << 24), as: UTF8.self)
    guard let end = text.lastIndex(of: "\n") else { return [] }
    return try text[..<end].split(separator: "\n").map { try ScanReport(line: String($0)) }
  }

  private init(line: String) throws {
    let json = try JSONParser.parse(Array(line.utf8))
    guard case .string(let point)? = json["point"],
      let bytes = Self.number(json["bytes"]), let milliseconds = Self.number(json["milliseconds"]),
      case .array(let canaries)? = json["canaries"]
    else { throw ScanReportError.malformed(line) }
    self.point = point
    self.bytes = bytes
    self.milliseconds = milliseconds
    var places: [String: [String: Int]] = [:]
    for canary in canaries {
      guard case .string(let name)? = canary["name"], let hits = Self.number(canary["hits"]),
        case .object(let kinds)? = canary["places"]
      else { throw ScanReportError.malformed(line) }
      var counts: [String: Int] = [:]
      for kind in kinds { counts[kind.name] = Self.number(kind.value) }
      guard counts.values.reduce(0, +) == hits else { throw ScanReportError.malformed(line) }
      places[name] = counts
    }
    self.places = places
  }

  private static func number(_ value: JSONValue?) -> Int? {
    guard case .number(let digits)? = value else { return nil }
    return Int(digits)
  }
}

enum ScanReportError: Error {
  case malformed(String)
}
