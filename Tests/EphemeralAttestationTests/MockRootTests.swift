import EphemeralAttestation
import EphemeralMock
import Foundation
import Testing

@Suite("Mock root file")
struct MockRootTests {
  private let directory = FileManager.default.temporaryDirectory
    .appendingPathComponent("ephml-root-\(UUID().uuidString)/state/ephml")

  private var path: String { directory.path }
  private var file: String { path + "/" + MockRoot.fileName }

  private func clean() {
    try? FileManager.default.removeItem(
      at: directory.deletingLastPathComponent().deletingLastPathComponent())
  }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  @Test("Made once, private, and read again")
  func madeOnce() throws {
    defer { clean() }
    let first = try MockRoot.open(directory: path)
    let second = try MockRoot.open(directory: path)
    #expect(first.digest == second.digest)
    #expect(try mode(file) == 0o600)
    #expect(try mode(path) == 0o700)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [MockRoot.fileName])
    // The root that was read signs as the one that was made.
    let evidence = try MockEvidence(root: second)
    #expect(try evidence.judge(at: .document).report.outcome(of: .chain) == .passed)
  }

  @Test("Two installations have two roots")
  func perInstallation() throws {
    defer { clean() }
    let first = try MockRoot.open(directory: path)
    let second = try MockRoot.open(directory: path + "-other")
    #expect(first.digest != second.digest)
  }

  @Test("Of many makers at once, one wins and all agree")
  func race() async throws {
    defer { clean() }
    let path = path
    let digests = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<8 { group.addTask { try MockRoot.open(directory: path).digest } }
      var digests: Set<[UInt8]> = []
      for try await digest in group { digests.insert(digest) }
      return digests
    }
    #expect(digests.count == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [MockRoot.fileName])
  }

  @Test("A file that others may read is refused")
  func permissions() throws {
    defer { clean() }
    _ = try MockRoot.open(directory: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
    #expect(throws: MockError.permissions) { try MockRoot.open(directory: path) }
  }

  @Test("A damaged file is refused and stays as it is")
  func damaged() throws {
    defer { clean() }
    _ = try MockRoot.open(directory: path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: file))
    for bytes in [Data(), whole.dropLast(), whole + [0], Data(count: 5000)] {
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
      try handle.truncate(atOffset: 0)
      try handle.write(contentsOf: bytes)
      try handle.close()
      #expect(throws: MockError.malformed) { try MockRoot.open(directory: path) }
      #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == bytes)
    }
  }

  @Test("A place where no directory can be")
  func noDirectory() throws {
    #expect(throws: MockError.self) { try MockRoot.open(directory: "/dev/null/ephml") }
  }
}
