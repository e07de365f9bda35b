internal import EphemeralRuntime
internal import Foundation

/// A folder of one's own that disappears with its owner, or with the process on a signal.
final class TemporaryFolder {
  let path: String

  init() throws(ClientFailure) {
    let base = FileManager.default.temporaryDirectory.path
    path = base + "/ephml-" + UUID().uuidString.lowercased()
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw .file(path, "cannot be made")
    }
    ChildRegistry.shared.add(folder: path)
  }

  deinit { ChildRegistry.shared.remove(folder: path) }

  /// The path of a file or folder inside.
  func file(_ name: String) -> String { path + "/" + name }
}
