internal import EphemeralRuntime
internal import Foundation

/// A folder of one's own that disappears with its owner, or with the process on a signal.
package final class TemporaryFolder {
  /// Where it is.
  package let path: String

  /// Makes a folder that only this user can open.
  package init() throws(ClientFailure) {
    let base = FileManager.default.temporaryDirectory.path
    path = base + "/ephml-" + UUID().uuidString.lowercased()
    // Known before it exists, so that a signal at any moment finds it.
    ChildRegistry.shared.add(folder: path)
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o700])
    } catch {
      ChildRegistry.shared.remove(folder: path)
      throw .file(path, "cannot be made")
    }
  }

  deinit { ChildRegistry.shared.remove(folder: path) }

  /// The path of a file or folder inside.
  package func file(_ name: String) -> String { path + "/" + name }
}
