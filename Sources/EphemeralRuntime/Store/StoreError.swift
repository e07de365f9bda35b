import Glibc

/// Why the weight store did not do what it was asked.
public enum StoreError: Error, Equatable, Sendable {
  /// The directory cannot be made, read or written.
  case unusableDirectory
  /// No blob of that name is here.
  case notFound
  /// The disk, or the store's quota, has no room.
  case full
  /// The bytes' SHA-256 is not the name that they were given.
  case mismatch
  /// The bytes are not a weight blob (`Spec/Formats.md`, weight blob).
  case malformed
  /// The blob is larger or smaller than the format allows.
  case invalidSize
  /// Bytes came for an offset other than the next one.
  case outOfOrder
  /// The same blob is being written by somebody else.
  case busy
  /// The operating system refused to read or write.
  case inputOutput

  /// One line for people.
  public var message: StaticString {
    switch self {
    case .unusableDirectory: "the store's directory cannot be made, read or written"
    case .notFound: "no such blob in the store"
    case .full: "no room in the store"
    case .mismatch: "the blob's SHA-256 is not its name"
    case .malformed: "the file is not a weight blob"
    case .invalidSize: "the blob's size is outside of the format's bounds"
    case .outOfOrder: "bytes came for the wrong offset"
    case .busy: "the blob is being written by another connection"
    case .inputOutput: "the disk could not be read or written"
    }
  }

  /// What an `errno` value means here.
  init(code: Int32) {
    switch code {
    case ENOSPC, EDQUOT, EFBIG: self = .full
    case ENOENT: self = .notFound
    default: self = .inputOutput
    }
  }
}
