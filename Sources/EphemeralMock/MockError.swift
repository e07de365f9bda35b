/// Why there is no mock device.
public enum MockError: Error, Equatable, Sendable {
  /// Neither `XDG_STATE_HOME` nor `HOME` says where the root belongs.
  case noDirectory
  /// The directory could not be made or opened.
  case directory
  /// The root's file could not be read or written.
  case file
  /// The root's file may be read or written by others, or belongs to somebody else.
  case permissions
  /// The root's file does not hold a mock root.
  case malformed
  /// The running executable could not be read.
  case image
  /// A key or certificate could not be made.
  case cryptography
}

extension MockError: CustomStringConvertible {
  /// One line of static text.
  public var description: String {
    switch self {
    case .noDirectory: "no directory for the mock root: set XDG_STATE_HOME or HOME"
    case .directory: "the directory of the mock root cannot be made or opened"
    case .file: "the mock root cannot be read or written"
    case .permissions: "the mock root is not private to its owner: make it mode 0600"
    case .malformed: "the mock root's file is damaged: remove it to make a new root"
    case .image: "the running executable cannot be read"
    case .cryptography: "a mock key or certificate cannot be made"
    }
  }
}
