import Foundation
import Testing

/// The pages' examples are compiled and run, and they are the same as on the pages.
@Suite("Documentation")
struct DocumentationTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  private static let pages = folder.appendingPathComponent(
    "../../../Sources/PropertyTesting/PropertyTesting.docc")

  @Test(
    "Each example of a page stands in the file that is compiled",
    arguments: [
      ("PropertyTesting.md", "PropertyExamples.swift", 1),
      ("WritingProperties.md", "PropertyExamples.swift", 3),
      ("StatefulTests.md", "StatefulExamples.swift", 4),
    ])
  func same(page: String, file: String, count: Int) throws {
    let text = try String(
      contentsOf: Self.pages.appendingPathComponent(page), encoding: .utf8)
    let code = try String(
      contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
    let examples = text.components(separatedBy: "```swift\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
    #expect(examples.count == count)
    for example in examples { #expect(code.contains(example), "\(page) differs: \(example)") }
  }

  @Test("Each example runs and holds")
  func run() throws {
    try checkReversing()
    try checkRunLengths()
    try checkQueueLength()
    try checkBank()
    try checkTickets()
  }
}
