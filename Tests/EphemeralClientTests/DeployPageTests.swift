import EphemeralRuntime
import Foundation
import Testing

@testable import EphemeralClient

/// The commands that documentation shows are commands that the client takes.
@Suite("Commands shown in documentation")
struct DeployPageTests {
  /// The commands of a page's code, each with its continued lines.
  private func commands(in page: String) throws -> [[String]] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent(page), encoding: .utf8)
    return text.replacing("\\\n", with: " ").split(separator: "\n")
      .filter { $0.hasPrefix("    ") }
      .map { $0.prefix { $0 != ">" }.split(separator: " ").map(String.init) }
  }

  private func words(_ arguments: [String]) throws -> ParsedCommand? {
    let outcome = try CommandLineParser(ClientProgram.specification).parse(arguments)
    guard case .run(let command) = outcome else { return nil }
    return command
  }

  @Test(
    "Each command of a page parses",
    arguments: [
      ("README.md", 5), ("Sources/EphemeralNitro/EphemeralNitro.docc/DeployingOnAWS.md", 5),
    ])
  func pages(page: String, atLeast: Int) throws {
    let shown = try commands(in: page).compactMap { words -> [String]? in
      guard words.first?.hasSuffix("ephml-client") ?? false else { return nil }
      return Array(words.dropFirst())
    }
    #expect(shown.count >= atLeast)
    for command in shown {
      #expect(throws: Never.self, "\(command)") { try words(command) }
    }
  }

  @Test("The memory limit that the deploy page sets reaches the enclave's arguments")
  func memoryLimit() throws {
    let page = "Sources/EphemeralNitro/EphemeralNitro.docc/DeployingOnAWS.md"
    let shown = try commands(in: page).filter { $0.first == "--argument" }
    try #require(shown.count == 1)
    let build = ["image", "build", "--kernel", "k", "--enclave", "e", "--out", "o"]
    let command = try #require(try words(build + shown[0]))
    #expect(
      command.values("--argument")
        == ["serve", "--listen", "vsock://any:7100", "--memory", "1073741824"])
    #expect(!command.has("--memory"))
  }

  @Test("Each example of the client's own help parses")
  func examples() throws {
    for command in ClientProgram.specification.commands {
      for example in command.examples {
        let line = example.line.replacing("\\\n", with: " ").prefix { $0 != ">" && $0 != "|" }
        let parts = line.split(separator: " ").map(String.init)
        guard parts.first == "ephml-client" else { continue }
        #expect(throws: Never.self, "\(line)") { try words(Array(parts.dropFirst())) }
      }
    }
  }
}
