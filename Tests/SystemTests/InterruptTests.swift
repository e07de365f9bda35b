import EphemeralModel
import Foundation
import Glibc
import TestSupport
import Testing

@testable import EphemeralClient

/// A decomposition that somebody ends leaves whole files or none.
@Suite("Interrupted decomposition")
struct InterruptTests {
  @Test("A signal at any moment leaves nothing unfinished", arguments: [SIGINT, SIGTERM, SIGKILL])
  func signals(signal: Int32) throws {
    let folder = try TemporaryFolder()
    let model = folder.file("model.onnx")
    try ONNX.writeSparse(elements: 16 << 20, to: model)
    let begin = Moment.now
    let whole = try decompose(model, to: "whole", in: folder)
    #expect(whole.wait() == 0, "\(whole.allErrors)")
    let duration = Moment.now - begin
    let size = try bytes(folder.file("whole/m.ephw"))
    var interrupted = 0
    for percent: UInt64 in [10, 30, 60, 90, 100] {
      let name = "after-\(percent)"
      let child = try decompose(model, to: name, in: folder)
      Moment.sleep(until: Moment.now + duration / 100 * percent)
      kill(child.processID, signal)
      if child.wait() == nil { interrupted += 1 }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.file(name))
      #expect([[], ["m.ephw"], ["m.ephk", "m.ephw"]].contains(left.sorted()), "\(left)")
      if left.contains("m.ephw") {
        #expect(try bytes(folder.file(name + "/m.ephw")) == size)
      }
      if left.contains("m.ephk") {
        _ = try TopologyFile.read(folder.file(name + "/m.ephk"), passphraseFile: nil)
      }
    }
    #expect(interrupted >= 2, "the signals came too late to show anything")
  }

  /// Starts a decomposition into a folder of its own.
  private func decompose(
    _ model: String, to name: String, in folder: TemporaryFolder
  ) throws -> ChildProcess {
    try FileAccess.makeFolder(folder.file(name))
    return try Run.start(
      "ephml-client", ["decompose", model, "--out", folder.file(name + "/m")], in: folder)
  }

  private func bytes(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
  }
}
