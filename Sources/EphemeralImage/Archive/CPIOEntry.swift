/// What a file of an archive is, by the type bits of its mode.
public enum CPIOKind: Equatable, Sendable {
  /// A regular file.
  case file
  /// A folder.
  case folder
  /// A character device.
  case characterDevice(major: UInt32, minor: UInt32)
  /// A symbolic link, pipe, socket or block device: never written, only shown.
  case other
}

/// One file to be archived.
public struct CPIOFile: Equatable, Sendable {
  /// The path without a leading slash.
  public let name: String
  /// What it is; `other` is never written.
  public let kind: CPIOKind
  /// The permission bits, such as 0755.
  public let permissions: UInt32
  /// What a regular file holds; empty for all others.
  public let content: [UInt8]

  /// A regular file.
  public static func file(_ name: String, permissions: UInt32, content: [UInt8]) -> CPIOFile {
    CPIOFile(name: name, kind: .file, permissions: permissions, content: content)
  }

  /// A folder.
  public static func folder(_ name: String) -> CPIOFile {
    CPIOFile(name: name, kind: .folder, permissions: 0o755, content: [])
  }

  /// A character device.
  public static func device(
    _ name: String, permissions: UInt32, major: UInt32, minor: UInt32
  ) -> CPIOFile {
    CPIOFile(
      name: name, kind: .characterDevice(major: major, minor: minor), permissions: permissions,
      content: [])
  }
}

/// One file as an archive that was read describes it.
public struct CPIOEntry: Equatable, Sendable {
  /// The name's bytes as they stand, without the NUL: not of any encoding, and not to be trusted.
  public let name: [UInt8]
  /// Type and permission bits.
  public let mode: UInt32
  /// The inode's number.
  public let inode: UInt32
  /// The owner's number.
  public let owner: UInt32
  /// The group's number.
  public let group: UInt32
  /// How many links it has.
  public let links: UInt32
  /// Seconds since 1970 of its last change.
  public let modified: UInt32
  /// The device that a device node stands for: its driver.
  public let deviceMajor: UInt32
  /// The device that a device node stands for: which of its driver's.
  public let deviceMinor: UInt32
  /// Where its content lies in the source.
  public let content: Range<Int>

  /// What it is.
  public var kind: CPIOKind {
    switch mode & 0o170000 {
    case 0o100000: .file
    case 0o040000: .folder
    case 0o020000: .characterDevice(major: deviceMajor, minor: deviceMinor)
    default: .other
    }
  }

  /// The permission bits, with set-user, set-group and sticky.
  public var permissions: UInt32 { mode & 0o7777 }
}

/// Why bytes are not an archive of the one form that is read.
public enum CPIOError: Error, Equatable, Sendable, CaseIterable {
  /// The source could not be read.
  case unreadable
  /// The archive ends inside an entry, or without its trailer.
  case truncated
  /// An entry does not begin with `070701`.
  case magic
  /// A field is not eight hexadecimal digits.
  case field
  /// A name is empty, too long, not ended by its only NUL, or followed by padding that is not zero.
  case name
  /// More files than `ImageBounds.archiveEntries`, or more names than `archiveNamesBytes`.
  case tooMany
  /// Bytes other than zero follow the trailer.
  case trailingBytes
}

extension CPIOError: CustomStringConvertible {
  /// One line of static text.
  public var description: String {
    switch self {
    case .unreadable: "could not be read"
    case .truncated: "an archive that is cut short"
    case .magic: "not a newc archive"
    case .field: "a field of an entry is not a hexadecimal number"
    case .name: "a name is empty, too long or not ended"
    case .tooMany: "more than \(ImageBounds.archiveEntries) files, or too long names"
    case .trailingBytes: "bytes follow the archive's trailer"
    }
  }
}

/// The numbers of the newc form, shared by writer and reader.
enum CPIOFormat {
  static let magic: [UInt8] = Array("070701".utf8)
  static let headerBytes = 110
  static let fields = 13
  static let trailer: [UInt8] = Array("TRAILER!!!".utf8)

  /// Bytes up to the next multiple of four.
  static func padding(after count: Int) -> Int { (4 - count & 3) & 3 }
}
