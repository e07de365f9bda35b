import EphemeralDecompose
import Foundation
import TestSupport
import Testing

/// What stands under the two names where one of them cannot be given.
@Suite("Publishing")
struct PublishingTests {
  /// Runs once, then again with a folder put in the way of one file when both are complete.
  private func secondRun(
    obstructing name: String, in bench: Workbench
  ) throws -> (blob: [UInt8], key: [UInt8]) {
    _ = try bench.decompose(ONNX.perceptron())
    let before = (try bench.read("out.ephw"), try bench.read("out.ephk"))
    let obstacle = bench.folder.appendingPathComponent(name)
    let problem = DecomposeError(file: obstacle.path, problem: .cannotWrite("Is a directory"))
    #expect(throws: problem) {
      try Decomposer.decompose(
        model: bench.folder.appendingPathComponent("model.onnx").path,
        to: bench.folder.appendingPathComponent("out").path
      ) { progress in
        guard progress == .finishing else { return }
        try? FileManager.default.removeItem(at: obstacle)
        try? FileManager.default.createDirectory(at: obstacle, withIntermediateDirectories: false)
      }
    }
    #expect(try bench.names() == ["model.onnx", "out.ephk", "out.ephw"])
    return before
  }

  @Test("A blob that cannot get its name leaves the earlier key")
  func blobObstructed() throws {
    let bench = try Workbench()
    let before = try secondRun(obstructing: "out.ephw", in: bench)
    #expect(try bench.read("out.ephk") == before.key)
  }

  @Test("A key that cannot get its name leaves the new blob, whole")
  func keyObstructed() throws {
    let bench = try Workbench()
    let before = try secondRun(obstructing: "out.ephk", in: bench)
    let blob = try bench.read("out.ephw")
    #expect(blob != before.blob && blob.count == before.blob.count)
  }
}
