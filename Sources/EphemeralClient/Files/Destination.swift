internal import Glibc

/// A place where a file is going to be written, whatever its path is spelled like.
struct Destination: Equatable {
  private let device: UInt
  private let folder: UInt
  private let name: String

  /// Looks up a path's folder, so that a session is not spent on an answer that cannot be kept.
  ///
  /// - Throws: ``ClientFailure`` where the folder is missing or not writable, or where the path is
  ///   a folder.
  init(_ path: String) throws(ClientFailure) {
    var status = stat()
    if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw .file(path, "is a folder")
    }
    let slash = path.lastIndex(of: "/")
    name = String(slash.map { path[path.index(after: $0)...] } ?? path[...])
    guard !name.isEmpty else { throw .file(path, "names no file") }
    let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard unsafe stat(parent, &status) == 0 else { throw .file(path, FileAccess.reason()) }
    device = UInt(status.st_dev)
    folder = UInt(status.st_ino)
    guard unsafe access(parent, W_OK | X_OK) == 0 else { throw .file(path, FileAccess.reason()) }
  }
}
