import EphemeralClient
import EphemeralRuntime
import Foundation

/// Where a bench's model comes from.
struct ModelSource {
  /// An ONNX file or a Hugging Face folder.
  let path: String
  /// What it is, for people.
  let description: String
  /// Holds a made model's file.
  private let folder: TemporaryFolder?

  /// The variable that names a model for the benches that were given none.
  static let variable = "EPHML_BENCH_MODEL"

  /// A model that is there.
  init(path: String) {
    self.path = path
    description = path
    folder = nil
  }

  /// The given model, that of the variable, or a made one of MiniLM's shape.
  static func encoder(_ path: String?, _ report: Report) throws -> ModelSource {
    if let path { return ModelSource(path: path) }
    if let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty {
      return ModelSource(path: path)
    }
    report.note(
      "no MODEL and no $\(variable): a made encoder of MiniLM's shape stands in; times are the same"
    )
    return try ModelSource(making: "encoder of MiniLM's shape", MadeModels.encoder(.miniLM))
  }

  /// A made model in a file of its own.
  init(making description: String, _ bytes: [UInt8]) throws {
    let folder = try TemporaryFolder()
    path = folder.file("made.onnx")
    try FileAccess.write(bytes, to: path)
    self.description = "made: " + description
    self.folder = folder
  }
}
