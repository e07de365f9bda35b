/// Bytes that wait to leave, in order, with a marker for where the first chunk stands.
package struct WriteQueue {
  private var chunks: [[UInt8]] = []
  private var firstChunk = 0
  private var firstOffset = 0
  package private(set) var byteCount = 0
  private var wasHigh = false

  /// An empty queue.
  package init() {}

  package var isEmpty: Bool { byteCount == 0 }

  package mutating func append(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    chunks.append(bytes)
    byteCount += bytes.count
    if byteCount > StreamLimits.highWater { wasHigh = true }
  }

  /// Calls `body` with the first chunk, the offset of its unsent part, and the chunk behind it, which
  /// may be empty.
  func withFront<Result>(_ body: ([UInt8], Int, [UInt8]) -> Result) -> Result? {
    guard firstChunk < chunks.count else { return nil }
    return body(
      chunks[firstChunk], firstOffset, firstChunk + 1 < chunks.count ? chunks[firstChunk + 1] : [])
  }

  /// Calls `body` with the first chunk and the offset of its unsent part.
  package func withFirst<Result>(_ body: ([UInt8], Int) -> Result) -> Result? {
    firstChunk < chunks.count ? body(chunks[firstChunk], firstOffset) : nil
  }

  /// Forgets the first `count` bytes, which have left.
  package mutating func consume(_ count: Int) {
    var left = count
    byteCount -= count
    while left > 0 {
      let available = chunks[firstChunk].count - firstOffset
      if left < available {
        firstOffset += left
        return
      }
      left -= available
      chunks[firstChunk] = []
      firstChunk += 1
      firstOffset = 0
    }
    if firstChunk == chunks.count || firstChunk > 64 {
      chunks.removeFirst(firstChunk)
      firstChunk = 0
    }
  }

  /// True once after the queue has fallen from above the high-water mark to the low one.
  package mutating func takeDrained() -> Bool {
    guard wasHigh, byteCount <= StreamLimits.lowWater else { return false }
    wasHigh = false
    return true
  }

  package mutating func removeAll() { self = WriteQueue() }
}
