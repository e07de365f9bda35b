import EphemeralDecompose
import EphemeralModel
import Foundation
import TestSupport
import Testing

@Suite("Memory")
struct MemoryTests {
  private struct TooMuch: Error {}

  @Test("A model of 300 MB needs a few megabytes of memory")
  func streaming() async {
    // In a process of its own: the peak of a shared one belongs to every test.
    await #expect(processExitsWith: .success) { try MemoryTests.streamBigModel() }
  }

  /// Decomposes a model whose weights are a hole in the file; throws where memory grew by 32 MB.
  static func streamBigModel() throws {
    let bench = try Workbench()
    let elements = 75 << 20
    let path = bench.folder.appendingPathComponent("model.onnx").path
    try ONNX.writeSparse(elements: elements, to: path)
    // Forgets the peak so far.
    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    let before = try status("VmRSS")
    let result = try Decomposer.decompose(
      model: path, to: bench.folder.appendingPathComponent("out").path)
    let growth = try status("VmHWM") - before
    let blob = try FileManager.default.attributesOfItem(atPath: result.blobPath)[.size] as? Int
    guard growth < 32 << 10, result.weightBytes == 4 * elements,
      blob == result.topology.blob.layout.fileBytes
    else {
      print("grew by \(growth) kB")
      throw TooMuch()
    }
  }

  /// Kilobytes of the named line of this process's status.
  private static func status(_ name: String) throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }),
      let number = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap({ Int($0) })
        .first
    else { throw TooMuch() }
    return number
  }
}
