import Foundation
import Testing

/// The rules of the house, checked on the sources themselves.
@Suite("Tidy")
struct TidyTests {
  @Test("Every library imports only what its row allows")
  func importDirections() throws {
    let sources = SourceTree.root.appendingPathComponent("Sources")
    let targets = try FileManager.default.contentsOfDirectory(atPath: sources.path)
    for target in targets.sorted() {
      let files = try SourceTree.swiftFiles(below: "Sources/" + target)
      if files.isEmpty { continue }
      let allowed = try #require(
        ImportRules.allowed[target], "no import rule for the target \(target)")
      for file in files {
        for (module, condition) in SourceTree.imports(in: file.text) {
          #expect(allowed.contains(module), "\(file.path) imports \(module)")
          if let trait = ImportRules.traits[module], target != module,
            !ImportRules.harness.contains(target)
          {
            #expect(condition == trait, "\(file.path) imports \(module) outside #if \(trait)")
          }
        }
      }
    }
  }

  @Test("Pure targets call no clock, no randomness, nothing asynchronous")
  func forbiddenCalls() throws {
    for (target, words) in ImportRules.forbiddenCalls {
      for file in try SourceTree.swiftFiles(below: "Sources/" + target) {
        for line in code(of: file.text) {
          for word in words {
            #expect(!line.contains(word), "\(file.path) uses \(word)")
          }
        }
      }
    }
  }

  @Test("Only one target names libcrypto's functions")
  func libcryptoStaysInOnePlace() throws {
    for file in try SourceTree.swiftFiles(below: "Sources")
    where !file.path.hasPrefix("Sources/EphemeralCrypto/") {
      for line in code(of: file.text) {
        #expect(!line.contains("EVP_"), "\(file.path) calls libcrypto")
        #expect(!line.contains("OPENSSL_"), "\(file.path) calls libcrypto")
      }
    }
  }

  @Test("Files stay readable in one sitting")
  func fileSize() throws {
    for folder in ["Sources", "Tests", "Fuzz"] {
      for file in try SourceTree.swiftFiles(below: folder)
      where !file.path.contains("/Generated/") {
        let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(lines <= 500, "\(file.path) has \(lines) lines")
      }
    }
  }

  @Test("Nothing is left to do later")
  func noPlaceholders() throws {
    let words = ["TO" + "DO", "FIX" + "ME", "X" + "XX:", "fatal" + "Error(\"un", "not yet impl"]
    for file in try SourceTree.swiftFiles(below: "Sources") {
      for word in words {
        #expect(!file.text.contains(word), "\(file.path) contains \(word)")
      }
    }
  }

  @Test("Each fault that the product names is in the catalogue, and the other way round")
  func faults() throws {
    var planted: [String] = []
    var listed: [String] = []
    for file in try SourceTree.swiftFiles(below: "Sources") {
      let isCatalogue = file.path.hasSuffix("ephml-mutants/Mutants/Catalogue.swift")
      for line in code(of: file.text) {
        if isCatalogue {
          if let match = line.firstMatch(of: /^ *\("([a-z0-9-]+)"/) { listed.append("\(match.1)") }
        } else {
          planted += line.matches(of: /planted\("([a-z0-9-]+)"/).map { "\($0.1)" }
        }
      }
    }
    #expect(Set(planted) == Set(listed))
    #expect(Set(listed).count == listed.count)
    #expect(listed.count >= 60)
  }

  @Test("The top level holds what the project says and nothing else")
  func topLevel() throws {
    let expected: Set = [
      "Package.swift", "README.md", "LICENSE", "Sources", "Tests", "Spec", "Fuzz",
      "Package.resolved",
    ]
    let found = try FileManager.default.contentsOfDirectory(atPath: SourceTree.root.path)
      .filter { !$0.hasPrefix(".") }
    for name in found { #expect(expected.contains(name), "\(name) at the top level") }
  }

  @Test("The import scanner sees conditions and modifiers")
  func scanner() {
    let text = """
      public import EphemeralWire
      #if Mock
        import EphemeralMock
      #endif
      @testable import EphemeralCrypto
      // import Foundation is a comment
      let important = "import"
      """
    let found = SourceTree.imports(in: text)
    #expect(found.map(\.module) == ["EphemeralWire", "EphemeralMock", "EphemeralCrypto"])
    #expect(found.map(\.condition) == [nil, "Mock", nil])
  }

  /// The lines of a text without its comments.
  private func code(of text: String) -> [Substring] {
    text.split(separator: "\n").compactMap { line in
      let trimmed = line.drop { $0 == " " }
      return trimmed.hasPrefix("//") ? nil : line
    }
  }
}
