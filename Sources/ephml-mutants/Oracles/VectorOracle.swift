import EphemeralLockstep
import EphemeralSession
import EphemeralWire
import Foundation

/// The known answers of Spec/Vectors, computed again.
enum VectorOracle {
  private struct Size: Decodable, Equatable {
    var content: Int
    var padme: Int
    var powerOfTwo: Int
  }

  static let run: @Sendable () throws -> Void = {
    let expected = try JSONDecoder().decode(
      SessionTranscript.File.self, from: Data(contentsOf: SessionTranscript.file))
    var session = try SessionTranscript(expected.inputs)
    let actual = try session.run()
    try expect(session.outcome == .completed, "the session of the vectors does not complete")
    try expect(
      "the messages", actual.frames.map(\.message), expected.frames.map(\.message))
    for (found, wanted) in zip(actual.frames, expected.frames) {
      try expect(found == wanted, "the frame \(wanted.message) is another")
    }
    try expect(actual == expected, "a value of the session is another")
    let file = SessionTranscript.file.deletingLastPathComponent().appending(path: "padding.json")
    for size in try JSONDecoder().decode([Size].self, from: Data(contentsOf: file)) {
      try expect("Padmé of \(size.content)", Padding.padme(size.content, minimum: 64), size.padme)
      try expect(
        "power of two of \(size.content)", Padding.powerOfTwo(size.content), size.powerOfTwo)
    }
  }
}
