import Foundation
import Testing

@testable import EphemeralDecompose

@Suite("Atomic files")
struct AtomicFileTests {
  private func file(
    _ bytes: [UInt8], in bench: Workbench, isNamed: Bool
  ) throws -> AtomicFile {
    let path = bench.folder.appendingPathComponent("file").path
    let file = try AtomicFile(path: path, mode: 0o600, isNamed: isNamed)
    try file.write(bytes.span)
    try file.finish()
    return file
  }

  @Test("It appears whole, replaces whole, and is gone if dropped", arguments: [false, true])
  func appears(isNamed: Bool) throws {
    let bench = try Workbench()
    for bytes: [UInt8] in [[1, 2, 3], [4, 5]] {
      let before = try bench.names()
      _ = try file([9], in: bench, isNamed: isNamed)
      #expect(try bench.names() == before)
      try file(bytes, in: bench, isNamed: isNamed).publish()
      #expect(try bench.names() == ["file"])
      #expect(try bench.read("file") == bytes)
    }
    let path = bench.folder.appendingPathComponent("file").path
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("Until it is published the folder shows nothing of it")
  func invisible() throws {
    let bench = try Workbench()
    let file = try file([1], in: bench, isNamed: false)
    #expect(try bench.names() == [])
    try file.publish()
    #expect(try bench.names() == ["file"])
  }

  @Test(
    "A folder that takes the name meanwhile is refused, with nothing left",
    arguments: [false, true])
  func obstructed(isNamed: Bool) throws {
    let bench = try Workbench()
    let obstacle = bench.folder.appendingPathComponent("file")
    do {
      let file = try file([1], in: bench, isNamed: isNamed)
      try FileManager.default.createDirectory(at: obstacle, withIntermediateDirectories: false)
      #expect(throws: DecomposeError(file: obstacle.path, problem: .cannotWrite("Is a directory")))
      {
        try file.publish()
      }
    }
    #expect(try bench.names() == ["file"])
  }
}
