import EphemeralDecompose
import EphemeralModel
import Foundation
import Testing

@Suite("Memory", .serialized)
struct MemoryTests {
  /// Kilobytes of the named line of this process's status.
  private func status(_ name: String) throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") })
    return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
  }

  @Test("A model of 300 MB needs a few megabytes of memory")
  func streaming() throws {
    let bench = try Workbench()
    let elements = 75 << 20
    // The tensor's bytes are a hole in the file: only the lengths before it are written.
    let bytes = 4 * elements
    func head(_ number: UInt64, _ length: Int) -> [UInt8] {
      ProtobufEncoder.message {
        $0.varint(number << 3 | 2)
        $0.varint(UInt64(length))
      }
    }
    let tensorStart = ONNX.tensor("w", shape: [elements]) { _ in } + head(9, bytes)
    let rest = ONNX.graph(
      nodes: [ONNX.node("Add", ["x", "w"], ["y"])], inputs: [ONNX.value("x", shape: [1])],
      outputs: [ONNX.value("y", shape: [elements])])
    let tensorBytes = tensorStart.count + bytes
    let tensorHead = head(5, tensorBytes)
    let graphHead = head(7, rest.count + tensorHead.count + tensorBytes)
    let operatorSet = ProtobufEncoder.message { $0.field(8) { $0.field(2, int: 17) } }
    let prefix = operatorSet + graphHead + rest + tensorHead + tensorStart
    let path = try bench.write(prefix)
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.truncate(atOffset: UInt64(prefix.count + bytes))
    try file.close()

    // Forgets the peak so far; other tests in this process are small.
    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    let before = try status("VmRSS")
    let result = try Decomposer.decompose(
      model: path, to: bench.folder.appendingPathComponent("out").path)
    let peak = try status("VmHWM")
    #expect(result.weightBytes == bytes)
    #expect(peak - before < 48 << 10, "grew by \(peak - before) kB")
    let blob = try FileManager.default.attributesOfItem(atPath: result.blobPath)[.size] as? Int
    #expect(blob == result.topology.blob.layout.fileBytes)
  }
}
