import EphemeralLockstep
import EphemeralSession
import EphemeralWire
import Foundation
import Testing

@Suite("Known answers in Spec/Vectors")
struct SessionVectorTests {
  /// Set to write the files anew instead of comparing them: `EPHML_WRITE_SESSION_VECTORS=1`.
  private static let writes =
    ProcessInfo.processInfo.environment["EPHML_WRITE_SESSION_VECTORS"] == "1"

  private static func encoded(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value) + Data("\n".utf8)
  }

  @Test("a whole session under fixed entropy")
  func session() throws {
    if Self.writes {
      var fresh = try SessionTranscript(SessionTranscript.freshInputs())
      try Self.encoded(fresh.run()).write(to: SessionTranscript.file)
    }
    let expected = try JSONDecoder().decode(
      SessionTranscript.File.self, from: Data(contentsOf: SessionTranscript.file))
    var session = try SessionTranscript(expected.inputs)
    let actual = try session.run()
    let outcome = session.outcome
    #expect(outcome == .completed)
    #expect(actual.values == expected.values)
    #expect(actual.frames.map(\.message) == expected.frames.map(\.message))
    #expect(actual == expected)
  }

  @Test("padded sizes")
  func padding() throws {
    struct Size: Codable, Equatable {
      var content: Int
      var padme: Int
      var powerOfTwo: Int
    }
    let sizes = [
      0, 1, 63, 64, 65, 72, 73, 100, 127, 128, 129, 1000, 4095, 4096, 4097, 10_000, 65_537,
      262_144, 262_145, 1_000_000, 16_777_217,
    ].map {
      Size(
        content: $0, padme: Padding.padme($0, minimum: 64), powerOfTwo: Padding.powerOfTwo($0))
    }
    let file = ProtocolTable.folder.deletingLastPathComponent()
      .appending(path: "Vectors/padding.json")
    if Self.writes { try Self.encoded(sizes).write(to: file) }
    #expect(try JSONDecoder().decode([Size].self, from: Data(contentsOf: file)) == sizes)
  }
}
