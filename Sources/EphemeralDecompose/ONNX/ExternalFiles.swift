import EphemeralModel
import Foundation

/// The files beside a model that hold tensors too large for it.
///
/// A path must be relative and stay in the model's folder by its own words; symbolic links are
/// followed, because model caches are made of them.
final class ExternalFiles {
  private let modelPath: String
  private let folder: String
  private var opened: [String: InputFile] = [:]

  /// The files beside the model at `modelPath`.
  init(modelPath: String) {
    self.modelPath = modelPath
    self.folder = URL(fileURLWithPath: modelPath).deletingLastPathComponent().path
  }

  /// Where a tensor's bytes lie, from its `location`, `offset` and `length` entries.
  func locate(
    _ entries: [String: String], tensor: String, byteCount: Int
  ) throws(DecomposeError) -> TensorSource {
    let location = entries["location"] ?? ""
    guard Self.isSafe(location) else {
      throw error(.externalPathRefused(tensor: tensor, path: Self.printable(location)))
    }
    let file = try open(location, tensor: tensor)
    guard let offset = Self.number(entries["offset"], otherwise: 0),
      let length = Self.number(entries["length"], otherwise: byteCount)
    else { throw error(.externalDataOutOfRange(tensor: tensor, path: location)) }
    if length != byteCount { throw error(.tensorData(tensor: tensor)) }
    guard length <= file.size, offset <= file.size - length else {
      throw error(.externalDataOutOfRange(tensor: tensor, path: location))
    }
    return .raw(file, offset..<(offset + length))
  }

  /// Whether a path is relative and never climbs.
  static func isSafe(_ path: String) -> Bool {
    if path.isEmpty || path.hasPrefix("/") || path.contains("\\") { return false }
    if path.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) { return false }
    return !path.split(separator: "/", omittingEmptySubsequences: false).contains {
      $0 == ".." || $0.isEmpty
    }
  }

  /// A refused path without the characters that would change the terminal.
  private static func printable(_ path: String) -> String {
    String(
      String.UnicodeScalarView(
        path.unicodeScalars.prefix(256).map {
          $0.value < 0x20 || $0.value == 0x7f ? "?" : $0
        }))
  }

  private static func number(_ text: String?, otherwise: Int) -> Int? {
    guard let text, !text.isEmpty else { return otherwise }
    guard let number = Int(text), number >= 0 else { return nil }
    return number
  }

  private func open(_ location: String, tensor: String) throws(DecomposeError) -> InputFile {
    if let file = opened[location] { return file }
    if opened.count >= ONNXBounds.externalFiles { throw error(.tooMany("external data files")) }
    let path = folder + "/" + location
    if !FileManager.default.fileExists(atPath: path) {
      throw error(.externalDataMissing(tensor: tensor, path: location))
    }
    let file = try InputFile(path: path)
    opened[location] = file
    return file
  }

  private func error(_ problem: DecomposeError.Problem) -> DecomposeError {
    DecomposeError(file: modelPath, problem: problem)
  }
}
