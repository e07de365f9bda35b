import CLinux
import EphemeralCrypto
import EphemeralModel
import Glibc
public import EphemeralWire
import Synchronization

/// What the store has of a blob.
public enum BlobState: Equatable, Sendable {
  /// Nothing.
  case absent
  /// The first bytes of an interrupted upload.
  case partial(byteCount: Int)
  /// All of it, so many bytes.
  case stored(byteCount: Int)
}

/// A directory of sealed weight blobs, each named by its SHA-256.
///
/// A blob appears under its name only when it is whole, checked and durable: bytes go to
/// `partial/NAME.part`, are hashed on the way, synced, renamed, and the directory synced. Whatever
/// instant the power fails, what stands under a name is the blob of that name or nothing. Calls
/// block; they come from worker threads.
public final class WeightStore: Sendable {
  /// The bounds of a store.
  public struct Limits: Sendable {
    /// Bytes of all blobs and uploads together.
    public var totalBytes = Int.max
    /// Interrupted uploads kept at once; the oldest goes first.
    public var partialUploads = 16
    /// How long an interrupted upload is kept, in seconds.
    public var partialAgeSeconds = 24 * 3600

    /// The defaults above.
    public init() {}
  }

  /// Names that a directory listing takes at most; a store holds models, not millions of files.
  private static let listingMaximum = 65_536

  let directory: String
  private let limits: Limits
  /// What an upload that is under way counts for.
  private struct Claim {
    let blob: BlobID
    let byteCount: Int
  }

  private let uploads = Mutex<[ObjectIdentifier: Claim]>([:])
  /// Files whose hash was checked since this process started.
  private let verified = Mutex<[BlobID: File.Stamp]>([:])

  /// Opens a store, making its directory if it is not there.
  public init(directory: String, limits: Limits = Limits()) throws(StoreError) {
    self.directory = directory
    self.limits = limits
    try FileSystem.makeDirectory(directory)
    try FileSystem.makeDirectory(directory + "/partial")
  }

  func path(of blob: BlobID) -> String { directory + "/\(blob.hexadecimal).ephw" }

  func partialPath(of blob: BlobID) -> String { directory + "/partial/\(blob.hexadecimal).part" }

  /// What is here of a blob.
  public func state(of blob: BlobID) -> BlobState {
    if let facts = FileSystem.facts(path(of: blob)) { return .stored(byteCount: facts.size) }
    if let facts = FileSystem.facts(partialPath(of: blob)), facts.size > 0 {
      return .partial(byteCount: facts.size)
    }
    return .absent
  }

  // MARK: Writing

  /// Begins or resumes an upload; nil if the whole blob is here already.
  ///
  /// - Parameters:
  ///   - byteCount: the size of the whole file.
  ///   - nowSeconds: wall-clock time, for the age of interrupted uploads.
  public func beginUpload(
    of blob: BlobID, byteCount: Int, nowSeconds: UInt64
  ) throws(StoreError) -> BlobUpload? {
    guard WeightBlobLayout.fileSizes.contains(byteCount) else { throw .invalidSize }
    // Checked, not only seen: a damaged file moves aside here and the upload may replace it.
    if case .stored = state(of: blob), (try? open(blob)) != nil { return nil }
    removeStalePartials(except: blob, nowSeconds: nowSeconds)
    var upload = try BlobUpload(store: self, blob: blob, byteCount: byteCount)
    if upload.offset == byteCount {
      guard let again = try complete(upload) else { return nil }
      upload = again
    }
    let free = FileSystem.freeBytes(directory) ?? Int.max
    guard byteCount - upload.offset <= free, claim(upload) else {
      upload.discard()
      throw .full
    }
    return upload
  }

  /// Takes up an upload that ended between its last byte and its name; bytes that turn out to be
  /// wrong are wanted anew.
  private func complete(_ upload: BlobUpload) throws(StoreError) -> BlobUpload? {
    do throws(StoreError) {
      try upload.finish()
      return nil
    } catch {
      guard error == .mismatch || error == .malformed else { throw error }
      return try BlobUpload(store: self, blob: upload.blob, byteCount: upload.byteCount)
    }
  }

  /// Makes an upload's file the blob, durably.
  func publish(_ blob: BlobID) throws(StoreError) {
    try FileSystem.rename(partialPath(of: blob), to: path(of: blob))
    try FileSystem.syncDirectory(directory)
    FileSystem.remove(path(of: blob) + ".damaged")
  }

  /// Counts an upload against the store's limit with its whole size, or refuses it.
  private func claim(_ upload: BlobUpload) -> Bool {
    uploads.withLock { uploads in
      let claimed = uploads.values.reduce(0) { $0 + $1.byteCount }
      let active = Set(uploads.values.map(\.blob)).union([upload.blob])
      let others = usedBytes(withoutUploads: active)
      guard upload.byteCount <= limits.totalBytes - min(claimed + others, limits.totalBytes) else {
        return false
      }
      uploads[ObjectIdentifier(upload)] = Claim(blob: upload.blob, byteCount: upload.byteCount)
      return true
    }
  }

  func uploadEnded(_ upload: ObjectIdentifier) { uploads.withLock { $0[upload] = nil } }

  /// Bytes of all blobs and of the uploads that nobody works on.
  private func usedBytes(withoutUploads active: Set<BlobID>) -> Int {
    let partials = Set(active.map { "\($0.hexadecimal).part" })
    var total = 0
    for folder in [directory, directory + "/partial"] {
      for name in FileSystem.names(in: folder, maximum: WeightStore.listingMaximum)
      where !partials.contains(name) {
        total += FileSystem.facts(folder + "/" + name)?.size ?? 0
      }
    }
    return total
  }

  /// Removes interrupted uploads that are too old or, oldest first, too many.
  private func removeStalePartials(except blob: BlobID, nowSeconds: UInt64) {
    let folder = directory + "/partial/"
    var kept: [(path: String, modified: Int)] = []
    for name in FileSystem.names(in: folder, maximum: WeightStore.listingMaximum) {
      let path = folder + name
      guard path != partialPath(of: blob), let facts = FileSystem.facts(path) else { continue }
      if Int(clamping: nowSeconds) - facts.modifiedSeconds > limits.partialAgeSeconds {
        removeUnlessLocked(path)
      } else {
        kept.append((path, facts.modifiedSeconds))
      }
    }
    kept.sort { $0.modified < $1.modified }
    let excess = kept.count - (limits.partialUploads - 1)
    if excess > 0 { for entry in kept.prefix(excess) { removeUnlessLocked(entry.path) } }
  }

  private func removeUnlessLocked(_ path: String) {
    guard let file = try? File(path: path, flags: O_RDWR), file.tryLock(),
      (try? file.isStill(at: path)) == true
    else { return }
    FileSystem.remove(path)
  }

  // MARK: Reading

  /// Opens a blob for reading, its hash checked unless this very file was checked before.
  ///
  /// A file whose hash is wrong moves aside (`NAME.ephw.damaged`), so that it can be pushed again.
  public func open(_ blob: BlobID) throws(StoreError) -> StoredBlob {
    let file = try File(path: path(of: blob), flags: O_RDONLY)
    let stamp = try file.stamp()
    let size = Int(stamp.size)
    guard let layout = WeightBlobLayout(header: try file.read(at: 0, count: 32), fileBytes: size)
    else {
      setAside(blob)
      throw .malformed
    }
    if verified.withLock({ $0[blob] }) != stamp {
      var hasher = SHA256.Hasher()
      try WeightStore.hash(file, upTo: size, into: &hasher)
      guard hasher.finalize() == blob.bytes else {
        setAside(blob)
        throw .mismatch
      }
      verified.withLock { cache in
        if cache.count >= 1024 { cache = [:] }
        cache[blob] = stamp
      }
    }
    return StoredBlob(file: file, layout: layout)
  }

  private func setAside(_ blob: BlobID) {
    _ = try? FileSystem.rename(path(of: blob), to: path(of: blob) + ".damaged")
  }

  static func hash(
    _ file: borrowing File, upTo size: Int, into hasher: inout SHA256.Hasher
  ) throws(StoreError) {
    var offset = 0
    while offset < size {
      let bytes = try file.read(at: offset, count: min(1 << 20, size - offset))
      guard !bytes.isEmpty else { throw .inputOutput }
      hasher.update(bytes)
      offset += bytes.count
    }
  }
}

/// A whole, checked blob, open for reading by any number of threads.
public final class StoredBlob: Sendable {
  private let file: File
  private let layout: WeightBlobLayout

  init(file: consuming File, layout: WeightBlobLayout) {
    self.file = file
    self.layout = layout
  }

  /// Bytes of the file.
  public var byteCount: Int { layout.fileBytes }

  /// How many chunks follow the header.
  public var chunkCount: Int { layout.chunkCount }

  /// The 32 bytes before the first chunk.
  public func header() throws(StoreError) -> [UInt8] {
    try file.read(at: 0, count: WeightBlobLayout.headerBytes)
  }

  /// A sealed chunk with its tag; `notFound` for an index beyond the last.
  public func chunk(_ index: Int) throws(StoreError) -> [UInt8] {
    guard index >= 0, index < layout.chunkCount else { throw .notFound }
    let range = layout.fileRange(ofChunk: index)
    let bytes = try file.read(at: range.lowerBound, count: range.count)
    guard bytes.count == range.count else { throw .inputOutput }
    return bytes
  }
}
