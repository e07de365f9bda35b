import EphemeralCrypto
import EphemeralModel
public import EphemeralWire
import Glibc

/// A weight blob file on the client's disk, its form and its name checked.
public final class BlobFile {
  private let file: File
  /// Bytes of the file.
  public let byteCount: Int
  /// SHA-256 of the file.
  public let blob: BlobID

  /// Opens and hashes a file; `progress` gets the bytes hashed so far and the whole.
  public init(
    path: String, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(StoreError) {
    file = try File(path: path, flags: O_RDONLY, followsLinks: true)
    let size = try file.size()
    guard WeightBlobLayout.fileSizes.contains(size) else { throw .invalidSize }
    guard WeightBlobLayout(header: try file.read(at: 0, count: 32), fileBytes: size) != nil else {
      throw .malformed
    }
    var hasher = SHA256.Hasher()
    var offset = 0
    while offset < size {
      let bytes = try file.read(at: offset, count: min(1 << 20, size - offset))
      guard !bytes.isEmpty else { throw .inputOutput }
      hasher.update(bytes)
      offset += bytes.count
      progress(offset, size)
    }
    byteCount = size
    blob = BlobID(hasher.finalize())
  }

  /// Up to `count` bytes from `offset`.
  func read(at offset: Int, count: Int) throws(StoreError) -> [UInt8] {
    let bytes = try file.read(at: offset, count: min(count, byteCount - offset))
    guard !bytes.isEmpty else { throw .inputOutput }
    return bytes
  }
}
