import EphemeralDecompose
import EphemeralEngine
import EphemeralModel
import Foundation

/// How a test ended.
enum BackendVerdict: Equatable {
  case passed
  /// The engine took the model and gave something wrong, or nothing.
  case failed(String)
  /// The model was refused at decomposition, with the reason.
  case unsupported(String)

  /// The word that a worker prints, and its reason.
  var words: (status: String, reason: String) {
    switch self {
    case .passed: ("passed", "")
    case .failed(let reason): ("failed", reason)
    case .unsupported(let reason): ("unsupported", reason)
    }
  }

  /// The verdict of a worker's words.
  init(status: String, reason: String) {
    switch status {
    case "passed": self = .passed
    case "unsupported": self = .unsupported(reason)
    default: self = .failed(reason)
    }
  }
}

/// One folder of ONNX's backend tests: a model, and data sets of inputs with their outputs.
struct BackendTest {
  /// The folder's name.
  let name: String
  /// The folder.
  let path: String

  /// The difference that is permitted where the folder names none.
  private static let standardTolerance = (relative: 1e-3, absolute: 1e-7)

  /// Every test under `directory`, at any depth, by path.
  static func all(in directory: String) throws -> [BackendTest] {
    let base = URL(fileURLWithPath: directory)
    guard
      let walker = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil)
    else { return [] }
    var tests: [BackendTest] = []
    for case let url as URL in walker where url.lastPathComponent == "model.onnx" {
      let folder = url.deletingLastPathComponent()
      tests.append(BackendTest(name: folder.lastPathComponent, path: folder.path))
    }
    return tests.sorted { $0.path < $1.path }
  }

  /// Decomposes, assembles and runs the test; `folder` is for files in between.
  func run(scratch folder: String) -> BackendVerdict {
    let subject: ModelUnderTest
    do {
      subject = try ModelUnderTest(onnx: path + "/model.onnx", folder: folder)
    } catch let error as DecomposeError {
      return .unsupported(error.problem.text)
    } catch {
      return .failed("does not assemble: \(error)")
    }
    do {
      let comparison = try tolerance()
      let sets = try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { $0.hasPrefix("test_data_set_") }.sorted()
      if sets.isEmpty { return .failed("no data set") }
      for set in sets {
        let inputs = try tensors("input", in: path + "/" + set)
        let expected = try tensors("output", in: path + "/" + set)
        if let wrong = try check(subject, inputs, expected, comparison) {
          return .failed("\(set): \(wrong)")
        }
      }
      return .passed
    } catch {
      return .failed("\(error)")
    }
  }

  private func check(
    _ subject: ModelUnderTest, _ inputs: [PlainTensor], _ expected: [PlainTensor],
    _ comparison: TensorComparison
  ) throws -> String? {
    let declared = Set(subject.inputs.map(\.name))
    let results = try subject.infer(inputs.filter { declared.contains($0.name) })
    if results.count != expected.count {
      return "\(results.count) outputs, expected \(expected.count)"
    }
    for (result, wanted) in zip(results, expected) {
      if let wrong = comparison.difference(result, expected: wanted) {
        return "output \(result.name): \(wrong)"
      }
    }
    return nil
  }

  /// The tensors of `side`, by their number in the file's name.
  private func tensors(_ side: String, in folder: String) throws -> [PlainTensor] {
    var tensors: [PlainTensor] = []
    while true {
      let file = "\(folder)/\(side)_\(tensors.count).pb"
      guard FileManager.default.fileExists(atPath: file) else { return tensors }
      let read = try TensorFile(path: file)
      tensors.append(
        PlainTensor(name: read.name, type: read.elementType, shape: read.shape, bytes: read.bytes))
    }
  }

  private func tolerance() throws -> TensorComparison {
    struct Stated: Decodable {
      let rtol: Double
      let atol: Double
    }
    let file = URL(fileURLWithPath: path + "/tolerance.json")
    guard let data = try? Data(contentsOf: file) else {
      return TensorComparison(
        relative: Self.standardTolerance.relative, absolute: Self.standardTolerance.absolute)
    }
    let stated = try JSONDecoder().decode(Stated.self, from: data)
    return TensorComparison(relative: stated.rtol, absolute: stated.atol)
  }
}
