import Foundation
import Testing

@testable import EphemeralClient

/// ONNX's own tests of operators and its light models, through decomposition, sealing, assembly
/// and inference.
@Suite("ONNX conformance")
struct ConformanceTests {
  /// What must pass at least of the node tests; none may fail.
  private static let floor = 1_600

  @Test(
    "No node test fails, most pass, and every light model does",
    .enabled(if: Peers.canMakeNodeTests))
  func nodes() throws {
    let folder = try TemporaryFolder()
    let cases = folder.file("cases")
    try Peers.run(Peers.nodesScript, [cases], in: folder)
    let nodes = try result(cases + "/node", in: folder)
    #expect(nodes.failures.isEmpty, "\(nodes.failures)")
    #expect(nodes.passed >= Self.floor)
    let light = try result(cases + "/light", in: folder)
    #expect(light.failures.isEmpty, "\(light.failures)")
    #expect(light.passed == 9)
  }

  private struct Result: Decodable {
    let passed: Int
    let failures: [String]
  }

  private func result(_ cases: String, in folder: TemporaryFolder) throws -> Result {
    let run = try Run.toEnd("ephml-bench", ["onnx", cases, "--json", "--threads", "2"], in: folder)
    return try JSONDecoder().decode(Result.self, from: Data(run.output.utf8))
  }
}
