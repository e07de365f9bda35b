import EphemeralWire
import FaultPoints

/// How far a blob's chunks have come: every one once, ascending, never more than a window of them
/// between request and opening (Spec/Protocol.md §8).
///
/// What is asked for depends on the number of chunks alone.
struct WeightFetch<Bytes: Equatable & Sendable>: Equatable, Sendable {
  let blobID: Bytes
  let count: UInt64
  /// Chunks of one request, half the window.
  let batch: UInt64
  private(set) var requested: UInt64 = 0
  private(set) var received: UInt64 = 0
  private(set) var opened: UInt64 = 0
  /// Chunks that arrived and that the driver has not taken.
  private(set) var pending: [ChunkFields<Bytes>] = []

  /// Nothing is requested yet.
  init(_ admission: TopologyAdmission<Bytes>, window: UInt64) {
    blobID = admission.blobID
    count = admission.chunkCount
    batch = max(1, min(window / 2, SessionBounds.chunksPerRequest))
  }

  /// The requests that are due now.
  mutating func requests<Crypto: SessionCryptography>(
    by crypto: Crypto
  ) -> [EnclaveAction<Crypto>] where Crypto.Bytes == Bytes {
    var actions: [EnclaveAction<Crypto>] = []
    while requested < count, requested - opened <= batch || planted("weights-window-ignored") {
      let range = WeightRange(
        blobID: blobID, first: requested, count: min(batch, count - requested))
      requested += range.count
      actions.append(.send(OutgoingFrame(.weightRequest, crypto.encode(range))))
    }
    return actions
  }

  /// Takes the chunk if it is the next one asked for.
  mutating func receive(_ chunk: ChunkFields<Bytes>) -> Bool {
    guard chunk.index == received || planted("weights-order-unchecked"), received < requested else {
      return false
    }
    received += 1
    pending.append(chunk)
    return true
  }

  /// Hands a chunk to the driver, once.
  mutating func take(_ index: UInt64) -> ChunkFields<Bytes>? {
    guard let position = pending.firstIndex(where: { $0.index == index }) else { return nil }
    return pending.remove(at: position)
  }

  /// What an opened chunk means.
  enum Progress {
    case misplaced
    case more
    case last
  }

  /// Notes that a chunk opened; chunks are opened in order.
  mutating func open(_ index: UInt64) -> Progress {
    guard index == opened, opened < received else { return .misplaced }
    opened += 1
    pending.removeAll { $0.index == index }
    return opened + (planted("weights-last-missing") ? 1 : 0) >= count ? .last : .more
  }
}
