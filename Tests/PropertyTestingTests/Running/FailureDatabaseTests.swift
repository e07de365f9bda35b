import Foundation
@testable import PropertyTesting
import Testing

@Suite("Kept failures")
struct FailureDatabaseTests {
  /// A folder of a test's own, gone with it.
  private final class Folder {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("kept-failures-\(UUID().uuidString)").path

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var files: [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    var options: CheckOptions { CheckOptions(failures: .at(path + "/deep")) }
    var deep: [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: path + "/deep")) ?? []).sorted()
    }
  }

  /// Complaints of a database.
  private final class Complaints {
    var lines: [String] = []
  }

  private func database(_ folder: Folder) -> (FailureDatabase, Complaints) {
    let complaints = Complaints()
    var database = FailureDatabase(folder: folder.path)
    database.complain = { complaints.lines.append($0) }
    return (database, complaints)
  }

  private func number(_ value: UInt64) -> Choice { .integer(value, maximum: value) }

  @Test("A failure is kept, runs first the next time, and goes when it holds again")
  func life() throws {
    let folder = Folder()
    var values: [Int] = []
    func property(limit: Int) -> (inout TestCase) throws -> Void {
      { testCase in
        let value = try testCase.draw(.integer(in: 0...1_000_000), as: "value")
        values.append(value)
        try testCase.require(value < limit)
      }
    }
    let first = try #require(
      quietly(cases: 500, options: folder.options, property(limit: 1000)).failure)
    let file = try #require(first.file)
    #expect(first.description.contains("kept in \(file)"))
    #expect(folder.deep.count == 1)
    #expect(file.hasSuffix(folder.deep[0]))
    // Another seed: the kept case is the first to run and fails at once.
    values = []
    let second = try #require(
      quietly(cases: 500, seed: 2, options: folder.options, property(limit: 1000)).failure)
    #expect(values.first == 1000)
    #expect(second.passed == 0)
    #expect(second.draws == ["value = 1000"])
    #expect(folder.deep.count == 1)
    // A smaller bug: the file's case still fails, shrinks further, and takes the old one's place.
    let third = try #require(
      quietly(cases: 0, seed: 2, options: folder.options, property(limit: 10)).failure)
    #expect(third.draws == ["value = 10"])
    #expect(third.file != file)
    #expect(folder.deep.count == 1)
    // The repaired property runs it once more and forgets it.
    values = []
    let held = try #require(
      quietly(cases: 5, options: folder.options, property(limit: .max)).report)
    #expect(values.first == 10)
    #expect(held.replayed == 1)
    #expect(held.passed == 5)
    #expect(folder.deep.isEmpty)
  }

  @Test("Another property's failures are none of one's own, and without the phase none run")
  func others() {
    let folder = Folder()
    func fails(_ testCase: inout TestCase) throws {
      _ = try testCase.draw(Generator<Int>.integer())
      throw Violation(message: "always")
    }
    #expect(quietly(name: "one/../property", options: folder.options, fails).failure != nil)
    #expect(folder.deep.count == 1)
    #expect(folder.files == ["deep"], "no name leads out of the folder")
    var runs = 0
    _ = quietly(name: "other", cases: 0, options: folder.options) { _ in runs += 1 }
    var options = folder.options
    options.phases.remove(.reuse)
    _ = quietly(name: "one/../property", cases: 0, options: options) { _ in runs += 1 }
    #expect(runs == 0)
    #expect(folder.deep.count == 1)
    _ = quietly(name: "one/../property", cases: 0, options: folder.options) { _ in runs += 1 }
    #expect(runs == 1)
  }

  @Test("What is no kept failure is ignored with a loud line and stays")
  func hostile() throws {
    let folder = Folder()
    let (database, complaints) = database(folder)
    let kept = try #require(database.save("p", [number(5)]))
    let text = try String(contentsOfFile: kept, encoding: .utf8)
    let stem = String(kept.dropLast(".failure".count))
    let bad: [(String, Data)] = [
      ("a", Data()), ("b", Data(text.dropLast().utf8)), ("c", Data((text + "more\n").utf8)),
      ("d", Data(text.replacingOccurrences(of: "failure 1", with: "failure 2").utf8)),
      ("e", Data(text.replacingOccurrences(of: "\np\n", with: "\nq\n").utf8)),
      ("f", Data(text.replacingOccurrences(of: "p1.", with: "p1.!").utf8)),
      ("g", Data([0xff, 0xfe, 0])),
      ("h", Data(count: FailureDatabase.maximumFileBytes + 1)),
    ]
    for (suffix, content) in bad {
      try content.write(to: URL(fileURLWithPath: stem + suffix + ".failure"))
    }
    try FileManager.default.createDirectory(
      atPath: stem + "i.failure", withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: stem + "j.failure", withDestinationPath: kept)
    let isMade = unsafe mkfifo(stem + "k.failure", 0o600) == 0
    #expect(isMade)
    let count = folder.files.count
    #expect(database.failures(of: "p").map(\.choices) == [[number(5)]])
    #expect(complaints.lines.count == bad.count + 3)
    #expect(complaints.lines.allSatisfy { $0.contains("ignored") })
    #expect(folder.files.count == count)
  }

  @Test("A property keeps so many failures and no more, the simplest")
  func bounded() {
    let folder = Folder()
    let (database, _) = database(folder)
    for value in (0..<40 as Range<UInt64>).reversed() {
      _ = database.save("p", [number(value)])
    }
    _ = database.save("q", [number(7)])
    let kept = database.failures(of: "p").map(\.choices)
    #expect(kept == (0..<16 as Range<UInt64>).map { [number($0)] })
    #expect(database.failures(of: "q").count == 1)
    #expect(folder.files.allSatisfy { $0.hasSuffix(".failure") }, "no half-written files")
  }

  @Test("A folder that cannot be made or written costs a loud line, not the check")
  func unwritable() throws {
    let folder = Folder()
    try Data().write(to: URL(fileURLWithPath: folder.path))
    let (database, complaints) = database(folder)
    #expect(database.save("p", [number(1)]) == nil)
    #expect(complaints.lines.count == 1)
    let huge = (0..<200_000).map { _ in number(.max) }
    #expect(database.save("p", huge) == nil)
    #expect(database.failures(of: "p").isEmpty)
  }

  @Test("Names that look alike do not share files, and lines of a name are one")
  func names() {
    let folder = Folder()
    let (database, complaints) = database(folder)
    for (index, name) in ["a b", "a-b", "a\nb", String(repeating: "x", count: 300), ""].enumerated()
    {
      _ = database.save(name, [number(UInt64(index))])
    }
    for (index, name) in ["a b", "a-b", "a\nb", String(repeating: "x", count: 300), ""].enumerated()
    {
      #expect(database.failures(of: name).map(\.choices) == [[number(UInt64(index))]])
    }
    #expect(complaints.lines.isEmpty)
  }
}
