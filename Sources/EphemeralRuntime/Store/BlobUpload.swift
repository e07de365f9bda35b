import CLinux
import EphemeralCrypto
import EphemeralModel
import FaultPoints
import Glibc
public import EphemeralWire
import Synchronization

/// A blob on its way into the store, held by one connection at a time.
///
/// Dropping it keeps the bytes for a later resumption; only an error removes them.
public final class BlobUpload: Sendable {
  /// The bytes so far and their hash. The hasher leaves when the upload ends.
  private struct Progress: ~Copyable {
    var offset = 0
    var hasher: SHA256.Hasher?
    /// Whether the file under the partial path is no longer this upload's: it failed or is done.
    var isOver = false
  }

  /// The blob's name.
  public let blob: BlobID
  /// Bytes of the whole file.
  public let byteCount: Int
  private let store: WeightStore
  private let file: File
  private let progress: Mutex<Progress>

  init(store: WeightStore, blob: BlobID, byteCount: Int) throws(StoreError) {
    self.store = store
    self.blob = blob
    self.byteCount = byteCount
    file = try File(path: store.partialPath(of: blob), flags: O_RDWR | O_CREAT)
    // Between opening and locking, another upload may have published or removed this very file.
    guard file.tryLock(), try file.isStill(at: store.partialPath(of: blob)) else { throw .busy }
    var size = try file.size()
    if size > byteCount {
      try file.truncate(to: 0)
      size = 0
    }
    var hasher = SHA256.Hasher()
    try WeightStore.hash(file, upTo: size, into: &hasher)
    progress = Mutex(Progress(offset: size, hasher: consume hasher))
  }

  /// The next byte that is wanted.
  public var offset: Int { progress.withLock { $0.offset } }

  /// Adds bytes; any error removes the upload.
  public func append(_ bytes: [UInt8], at offset: Int) throws(StoreError) {
    do throws(StoreError) {
      try progress.withLock { (progress) throws(StoreError) in
        guard offset == progress.offset, !progress.isOver else { throw .outOfOrder }
        guard bytes.count <= byteCount - offset else { throw .invalidSize }
        try file.write(bytes, at: offset)
        progress.hasher?.update(bytes)
        progress.offset += bytes.count
      }
    } catch {
      discard()
      throw error
    }
  }

  /// Checks hash and form and puts the blob under its name, durably; any error removes the upload.
  public func finish() throws(StoreError) {
    do throws(StoreError) {
      guard offset == byteCount else { throw .outOfOrder }
      let hasher = progress.withLock { $0.hasher.take() }
      guard let digest = hasher?.finalize() else { throw .outOfOrder }
      guard digest == blob.bytes || planted("store-hash-unchecked") else { throw .mismatch }
      let header = try file.read(at: 0, count: WeightBlobLayout.headerBytes)
      guard WeightBlobLayout(header: header, fileBytes: byteCount) != nil else {
        throw .malformed
      }
      try file.sync()
      try store.publish(blob)
      progress.withLock { $0.isOver = true }
    } catch {
      discard()
      throw error
    }
  }

  /// Forgets the bytes; only once, because the path may be the next upload's afterwards.
  public func discard() {
    progress.withLock { progress in
      guard !progress.isOver else { return }
      progress.isOver = true
      FileSystem.remove(store.partialPath(of: blob))
    }
  }

  deinit { store.uploadEnded(ObjectIdentifier(self)) }
}
