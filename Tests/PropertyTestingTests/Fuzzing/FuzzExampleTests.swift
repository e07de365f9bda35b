import Foundation
import PropertyTesting
import Testing

/// The toy of the documentation's page on fuzz targets.
@Suite("The example of a fuzz target")
struct FuzzExampleTests {
  // EXAMPLE BEGINS
  /// Unpacks `count, byte, count, byte…` after the magic "RL"; nil where the bytes are no packing.
  static func unpack(_ bytes: [UInt8], _ coverage: ManualCoverage) -> [UInt8]? {
    coverage.hit(0)
    guard bytes.count >= 2, coverage.areEqual(bytes[0], 0x52) else { return nil }
    coverage.hit(1)
    guard coverage.areEqual(bytes[1], 0x4c) else { return nil }
    coverage.hit(2)
    var output: [UInt8] = []
    for index in stride(from: 2, to: bytes.count - 1, by: 2) {
      coverage.hit(3)
      // The bug: a count of 200 or more gives one byte too few.
      let count = bytes[index] >= 200 ? bytes[index] - 1 : bytes[index]
      if bytes[index] >= 200 { coverage.hit(4) }
      output += [UInt8](repeating: bytes[index + 1], count: Int(count))
    }
    return output
  }

  /// What must hold of any bytes: unpacked, they are as long as their counts say.
  static func target(_ coverage: ManualCoverage) -> FuzzTarget {
    nonisolated(unsafe) let coverage = coverage
    return FuzzTarget(
      "unpack", "a toy's unpacking", maximumBytes: 32,
      seeds: { [FuzzSeed("two", [0x52, 0x4c, 2, 7])] }
    ) { (bytes, notes) throws(Violation) in
      guard let output = unsafe unpack(bytes, coverage) else { return }
      let counts = stride(from: 2, to: bytes.count - 1, by: 2).map { Int(bytes[$0]) }
      guard output.count == counts.reduce(0, +) else {
        throw Violation(message: "wrong length")
      }
      notes.use(output.count)
    }
  }

  @Test("The engine finds the bug and makes it small")
  func unpacking() throws {
    let coverage = ManualCoverage(edgeCount: 5)
    let target = Self.target(coverage)
    var settings = FuzzSettings()
    settings.maximumExecutions = 100_000
    let engine = FuzzEngine(target, coverage: coverage, settings: settings)
    let report = engine.run(try target.seeds().map(\.bytes))
    #expect(report.finding?.shrunk == [0x52, 0x4c, 200, 0])
  }
  // EXAMPLE ENDS

  @Test("The documentation page shows this very example")
  func page() throws {
    let here = URL(fileURLWithPath: #filePath)
    let own = try String(contentsOf: here, encoding: .utf8)
    let lines = own.split(separator: "\n", omittingEmptySubsequences: false)
    let begin = try #require(lines.firstIndex { $0.hasSuffix("// EXAMPLE BEGINS") })
    let end = try #require(lines.firstIndex { $0.hasSuffix("// EXAMPLE ENDS") })
    let example = lines[(begin + 1)..<end].joined(separator: "\n")
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(
      contentsOf: root.appendingPathComponent(
        "Sources/PropertyTesting/PropertyTesting.docc/FuzzTargets.md"), encoding: .utf8)
    #expect(example.count > 1000)
    let head = "import PropertyTesting\nimport Testing\n\nstruct UnpackTests {\n"
    #expect(page.contains("```swift\n\(head)\(example)\n}\n```\n"))
  }
}
