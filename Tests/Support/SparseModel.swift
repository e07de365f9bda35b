import Foundation

extension ONNX {
  /// Writes a model `y = x + w` whose `w`, float32 of so many elements, is a hole in the file.
  public static func writeSparse(elements: Int, to path: String) throws {
    let bytes = 4 * elements
    func head(_ number: UInt64, _ length: Int) -> [UInt8] {
      ProtobufEncoder.message {
        $0.varint(number << 3 | 2)
        $0.varint(UInt64(length))
      }
    }
    let tensorStart = tensor("w", shape: [elements]) { _ in } + head(9, bytes)
    let rest = graph(
      nodes: [node("Add", ["x", "w"], ["y"])], inputs: [value("x", shape: [1])],
      outputs: [value("y", shape: [elements])])
    let tensorHead = head(5, tensorStart.count + bytes)
    let graphBytes = rest.count + tensorHead.count + tensorStart.count + bytes
    let operatorSet = ProtobufEncoder.message { $0.field(8) { $0.field(2, int: 17) } }
    let prefix = operatorSet + head(7, graphBytes) + rest + tensorHead + tensorStart
    try Data(prefix).write(to: URL(fileURLWithPath: path))
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.truncate(atOffset: UInt64(prefix.count + bytes))
    try file.close()
  }
}
