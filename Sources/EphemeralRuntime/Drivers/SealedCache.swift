import EphemeralCrypto
import EphemeralModel
import Synchronization

/// The sealed blobs that an enclave keeps from one session to the next (`Spec/Protocol.md` §8.3).
///
/// Only ciphertext is in it, found by the blob's name and layout. What is kept, and what goes, depends on
/// names, sizes and the order of use alone. A blob that a session still uses stays in memory and counts
/// until that session lets it go.
final class SealedCache: Sendable {
  /// A blob that a session uses; giving the object up gives the blob back.
  final class Loan: Sendable {
    let blob: SealedBlob
    private let cache: SealedCache
    fileprivate let number: UInt64

    fileprivate init(_ blob: SealedBlob, number: UInt64, of cache: SealedCache) {
      (self.blob, self.number, self.cache) = (blob, number, cache)
    }

    /// Removes the blob from the cache unless its bytes still have the digest that is their name.
    ///
    /// For a session whose assembly from it failed. A blob that is still itself stays: what a host
    /// sent in its place would be the same bytes, so the fault lies in the session's topology.
    ///
    /// - Parameter isCancelled: asked before each chunk; once it is true the blob stays, unexamined,
    ///   for the next session that it fails.
    func examine(unless isCancelled: () -> Bool = { false }) {
      guard let digest = SealedCache.digest(of: blob, unless: isCancelled),
        digest != blob.blobID
      else { return }
      cache.remove(number)
    }

    deinit { cache.giveBack(number) }
  }

  /// Room for a blob that a session receives; giving the object up gives back what was not filled.
  final class Place: Sendable {
    private let cache: SealedCache
    private let number: UInt64

    fileprivate init(number: UInt64, of cache: SealedCache) {
      (self.number, self.cache) = (number, cache)
    }

    /// Puts the received blob there, for all sessions, and lends it to this one.
    func fill(with blob: SealedBlob) -> Loan? { cache.fill(number, with: blob) }

    deinit { cache.abandon(number) }
  }

  private struct Entry {
    let number: UInt64
    let blobID: [UInt8]
    let byteCount: Int
    /// Nil while the blob is received.
    var blob: SealedBlob?
    var users = 0
    var lastUse: UInt64
    /// Removed, and in memory only until its last user has let it go.
    var isRemoved = false

    var isIdle: Bool { blob != nil && users == 0 }
  }

  private struct State {
    /// At most ``maximumEntries``, so that a search through all is short.
    var entries: [Entry] = []
    var next: UInt64 = 0
    var usedBytes = 0
    var evicted: [[UInt8]] = []

    mutating func tick() -> UInt64 {
      next += 1
      return next
    }

    func index(_ number: UInt64) -> Int? { entries.firstIndex { $0.number == number } }

    mutating func drop(at index: Int) {
      usedBytes -= entries[index].byteCount
      entries.remove(at: index)
    }
  }

  /// What all entries may take together, in bytes; nothing is kept if it is 0.
  let totalBytes: Int
  /// How many entries there may be.
  let maximumEntries: Int
  private let state = Mutex(State())

  init(totalBytes: Int, maximumEntries: Int = DriverLimits.sealedCacheEntries) {
    self.totalBytes = max(totalBytes, 0)
    self.maximumEntries = maximumEntries
  }

  /// Bytes of the blobs that are kept, are received, or are still in use after they had to go.
  var usedBytes: Int { state.withLock { $0.usedBytes } }

  /// Names of the blobs that a session could find now.
  var blobIDs: [[UInt8]] {
    state.withLock { state in
      state.entries.filter { $0.blob != nil && !$0.isRemoved }.map(\.blobID)
    }
  }

  /// The blob that a topology names, if it is here and has the layout that the topology states.
  func lend(_ reference: BlobReference) -> Loan? {
    state.withLock { state in
      let now = state.tick()
      let found = state.entries.firstIndex { entry in
        !entry.isRemoved && entry.blobID == reference.blobID
          && entry.blob?.layout == reference.layout
      }
      guard let found, let blob = state.entries[found].blob else { return nil }
      state.entries[found].users += 1
      state.entries[found].lastUse = now
      return Loan(blob, number: state.entries[found].number, of: self)
    }
  }

  /// Room for a blob that is about to be received; what was used least recently goes for it.
  ///
  /// Nil where blobs in use leave too little, and where the same blob is here or on its way already.
  func makeRoom(for reference: BlobReference) -> Place? {
    let byteCount = reference.layout.fileBytes
    return state.withLock { state in
      guard !state.entries.contains(where: { !$0.isRemoved && $0.blobID == reference.blobID })
      else { return nil }
      let idle = state.entries.filter(\.isIdle)
      let busyBytes = state.usedBytes - idle.reduce(0) { $0 + $1.byteCount }
      guard byteCount <= totalBytes - busyBytes,
        state.entries.count - idle.count < maximumEntries
      else { return nil }
      while byteCount > totalBytes - state.usedBytes || state.entries.count >= maximumEntries {
        let oldest = state.entries.indices.filter { state.entries[$0].isIdle }
          .min { state.entries[$0].lastUse < state.entries[$1].lastUse }
        guard let oldest else { return nil }
        note(eviction: state.entries[oldest].blobID, in: &state)
        state.drop(at: oldest)
      }
      let number = state.tick()
      state.entries.append(
        Entry(number: number, blobID: reference.blobID, byteCount: byteCount, lastUse: number))
      state.usedBytes += byteCount
      return Place(number: number, of: self)
    }
  }

  /// The names of what had to go since the last call, oldest first.
  func takeEvicted() -> [[UInt8]] {
    state.withLock { state in
      defer { state.evicted = [] }
      return state.evicted
    }
  }

  private func note(eviction blobID: [UInt8], in state: inout State) {
    // Nobody asks where nobody logs.
    if state.evicted.count < maximumEntries { state.evicted.append(blobID) }
  }

  private func fill(_ number: UInt64, with blob: SealedBlob) -> Loan? {
    state.withLock { state in
      guard let index = state.index(number), state.entries[index].blob == nil,
        state.entries[index].blobID == blob.blobID,
        state.entries[index].byteCount == blob.byteCount
      else { return nil }
      state.entries[index].blob = blob
      state.entries[index].users = 1
      state.entries[index].lastUse = state.tick()
      return Loan(blob, number: number, of: self)
    }
  }

  private func abandon(_ number: UInt64) {
    state.withLock { state in
      guard let index = state.index(number), state.entries[index].blob == nil else { return }
      state.drop(at: index)
    }
  }

  private func remove(_ number: UInt64) {
    state.withLock { state in
      guard let index = state.index(number), !state.entries[index].isRemoved else { return }
      note(eviction: state.entries[index].blobID, in: &state)
      state.entries[index].isRemoved = true
    }
  }

  private func giveBack(_ number: UInt64) {
    state.withLock { state in
      guard let index = state.index(number) else { return }
      state.entries[index].users -= 1
      if state.entries[index].users == 0, state.entries[index].isRemoved { state.drop(at: index) }
    }
  }

  /// The digest of a blob's bytes as they are now; nil where it was cancelled.
  private static func digest(of blob: SealedBlob, unless isCancelled: () -> Bool) -> [UInt8]? {
    var hasher = SHA256.Hasher()
    hasher.update(WeightBlobHeader(blob.layout).encoded())
    for index in 0..<blob.layout.chunkCount {
      if isCancelled() { return nil }
      hasher.update(blob.chunk(index))
    }
    return hasher.finalize()
  }
}
