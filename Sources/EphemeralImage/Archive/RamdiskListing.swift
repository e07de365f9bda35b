import EphemeralCrypto

/// What a ramdisk holds, for people to look at.
public enum RamdiskListing: Equatable, Sendable {
  /// One file of a ramdisk.
  public struct File: Equatable, Sendable {
    /// The file as the archive describes it.
    public let entry: CPIOEntry
    /// SHA-256 of a regular file's content.
    public let digest: [UInt8]?
  }

  /// An archive; whether it is inside a gzip stream.
  case archive([File], isCompressed: Bool)
  /// Something that is not read here, and why: static text.
  case notShown(String)

  /// Reads the ramdisk of a section; errors: unreadable.
  public init(reading source: some ImageSource, _ section: ImageSection) throws(ImageError) {
    let range = section.content
    let start = try source.bytes(range.prefix(2))
    guard start == Array(Gzip.header.prefix(2)) else {
      self = try Self.archive(in: source, range, isCompressed: false)
      return
    }
    guard range.count <= ImageBounds.unpackedBytes else {
      self = .notShown("a gzip stream too long to be unpacked here")
      return
    }
    let stream = try source.bytes(range)
    do throws(GzipError) {
      let unpacked = try Gzip.expand(stream)
      self = Self.archive(of: unpacked)
    } catch {
      self = .notShown(error.description)
    }
  }

  private static func archive(of bytes: [UInt8]) -> RamdiskListing {
    do throws(ImageError) {
      return try archive(in: ArraySource(bytes), 0..<bytes.count, isCompressed: true)
    } catch {
      return .notShown(error.description)
    }
  }

  private static func archive(
    in source: some ImageSource, _ range: Range<Int>, isCompressed: Bool
  ) throws(ImageError) -> RamdiskListing {
    let entries: [CPIOEntry]
    do throws(CPIOError) { entries = try CPIOReader.entries(in: source, range) } catch {
      return .notShown(error.description)
    }
    var files: [File] = []
    for entry in entries {
      guard entry.kind == .file else {
        files.append(File(entry: entry, digest: nil))
        continue
      }
      var hasher = SHA256.Hasher()
      try source.forEachPiece(of: entry.content) { hasher.update($0) }
      files.append(File(entry: entry, digest: hasher.finalize()))
    }
    return .archive(files, isCompressed: isCompressed)
  }
}
