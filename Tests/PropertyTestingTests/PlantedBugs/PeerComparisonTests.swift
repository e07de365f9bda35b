import Foundation
@testable import PropertyTesting
import Testing

/// The planted bugs beside Hypothesis's way with them, in one table.
///
/// Needs a Python with Hypothesis: the virtual environment that `EPHML_PEERS` names, or `python3`.
/// Without one the comparison is skipped with a loud line; under `CI=true` it fails.
@Suite("Planted bugs beside Hypothesis")
struct PeerComparisonTests {
  /// What a bug took from one seed.
  private struct Measure: Decodable {
    let bug: String
    let foundAfter: Int?
    let shrinkCalls: Int
    let minimal: String

    enum CodingKeys: String, CodingKey {
      case bug, minimal
      case foundAfter = "found_after"
      case shrinkCalls = "shrink_calls"
    }
  }

  /// The same seeds for both.
  private static let seeds: ClosedRange<UInt64> = 1...5

  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Peers/planted_bugs.py").standardizedFileURL.path

  private static let python: String? = {
    let environment = ProcessInfo.processInfo.environment
    let candidates =
      (environment["EPHML_PEERS"].map { [$0 + "/bin/python"] } ?? [])
      + (environment["PATH"] ?? "").split(separator: ":").map { $0 + "/python3" }
    return candidates.first {
      FileManager.default.isExecutableFile(atPath: $0)
        && (try? output(of: $0, ["-c", "import hypothesis"])) != nil
    }
  }()

  private static let shouldRun: Bool = {
    if python != nil { return true }
    let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
    let end = isCI ? "this fails under CI=true" : "the comparison is SKIPPED"
    FileHandle.standardError.write(Data("*** NO HYPOTHESIS for Python: \(end) ***\n".utf8))
    return isCI
  }()

  private struct PeerFailed: Error {}

  private static func output(of program: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw PeerFailed() }
    return data
  }

  @Test("One table of minimal cases, cases and shrink runs", .enabled(if: shouldRun))
  func table() throws {
    let python = try #require(Self.python, "no Python with Hypothesis")
    let lines = try Self.output(of: python, [Self.script]).split(separator: UInt8(ascii: "\n"))
    let theirs = try lines.map { try JSONDecoder().decode(Measure.self, from: Data($0)) }
    var rows = [
      "| bug | our minimal | cases | shrink runs | Hypothesis's minimal | cases | shrink calls |",
      "|---|---|--:|--:|---|--:|--:|",
    ]
    for bug in PlantedBug.all {
      let ours = Self.seeds.compactMap { seed in
        falsified(
          cases: PlantedBugTests.maximumCases, seed: seed, name: bug.name, bug.property
        ).map {
          Measure(
            bug: bug.name, foundAfter: $0.runsUntilFound, shrinkCalls: $0.shrinkRuns,
            minimal: $0.draws.joined(separator: "; "))
        }
      }
      #expect(ours.count == Self.seeds.count, "\(bug.name) not found from every seed")
      let peer = theirs.filter { $0.bug == bug.name }
      #expect(peer.count == Self.seeds.count, "\(bug.name) is not in \(Self.script)")
      rows.append("| \(bug.name) | \(Self.cells(ours)) | \(Self.cells(peer)) |")
    }
    #expect(theirs.count == PlantedBug.all.count * Self.seeds.count)
    print("Medians over seeds \(Self.seeds); a share says from how many the minimal case came out.")
    print(rows.joined(separator: "\n"))
  }

  /// The most frequent minimal case with its share, the median of cases, the median of runs.
  private static func cells(_ measures: [Measure]) -> String {
    let found = measures.filter { $0.foundAfter != nil }
    let shares = found.map { one in (one.minimal, found.count { $0.minimal == one.minimal }) }
    guard let most = shares.max(by: { $0.1 < $1.1 }) else { return "not found | – | –" }
    let text = most.0.replacingOccurrences(of: "|", with: "\\|")
    let cases = found.compactMap(\.foundAfter).sorted()[found.count / 2]
    let runs = found.map(\.shrinkCalls).sorted()[found.count / 2]
    return "`\(text)` \(most.1)/\(seeds.count) | \(cases) | \(runs)"
  }
}
