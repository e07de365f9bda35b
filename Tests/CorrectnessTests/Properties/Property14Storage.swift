#if Mock
  import EphemeralModel
  import EphemeralSession
  import EphemeralSimulation
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  import Foundation

  /// The files of the whole installation, before and after: nothing but the sealed blob is ever there.
  @Suite("Property 14: nothing assembled or decrypted reaches storage", .tags(.property14))
  struct Property14Storage {
    @Test("a session changes no file, and no file holds a secret")
    func storage() throws {
      let suite = try PropertySuite()
      let before = try Self.files(below: suite.fixture.folder.path)
      #expect(before.keys.contains { $0.hasSuffix(".ephw") })
      try check(name: "property 14", cases: 1000, covering: PropertySuite.required) { testCase in
        _ = try PropertyRun(&testCase, suite)
        try Self.judge(try Self.files(below: suite.fixture.folder.path), before, &testCase)
      }
      for (name, bytes) in before {
        #expect(suite.secrets.find(in: bytes) == nil, "\(name)")
      }
    }

    /// Every file below a folder by its path.
    static func files(below folder: String) throws -> [String: [UInt8]] {
      var files: [String: [UInt8]] = [:]
      for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
        let path = folder + "/" + name
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
        files[name] = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      }
      return files
    }

    static func judge(
      _ after: [String: [UInt8]], _ before: [String: [UInt8]], _ testCase: inout TestCase
    ) throws {
      try testCase.require(after.keys.sorted() == before.keys.sorted(), "files came or went")
      try testCase.require(after == before, "a file changed")
    }

    @Test(
      "canary: a file that a session leaves behind, or changes, is reported",
      arguments: [false, true])
    func canary(_ changes: Bool) throws {
      let suite = try PropertySuite()
      let before = try Self.files(below: suite.fixture.folder.path)
      #expect(
        expectFalsified("canary 14", changes ? "a file changed" : "files came or went") {
          testCase in
          _ = try PropertyRun(&testCase, suite)
          var after = try Self.files(below: suite.fixture.folder.path)
          if changes {
            for name in after.keys.sorted().prefix(1) { after[name]?.append(0) }
          } else {
            after["core"] = [1]
          }
          try Self.judge(after, before, &testCase)
        })
    }
  }
#endif
