import CLinux

/// Looks for canaries in this process's memory, region by region, through a window of its own.
@safe struct MemorySearch: ~Copyable {
  /// What was found of one canary: how often in each kind of region.
  typealias Hits = [MemoryRegion.Kind: Int]

  /// Bytes that are looked at at once.
  private static let windowBytes = 1 << 20

  private let canaries: [MaskedCanary]
  /// Whether some canary begins with the two bytes that index this.
  private let heads: [Bool]
  private let overlap: Int
  private let window: UnsafeMutableRawPointer
  /// How often each canary was found.
  private(set) var hits: [Hits]
  private(set) var scannedBytes = 0
  private(set) var unreadableBytes = 0

  /// Nil without memory for the window.
  init?(_ canaries: [MaskedCanary]) {
    self.canaries = canaries
    overlap = (canaries.map(\.mask.count).max() ?? 1) - 1
    var heads = [Bool](repeating: false, count: 1 << 16)
    for canary in canaries {
      let head = canary.mask.indices.prefix(2).map { canary.mask[$0] ^ canary.masked[$0] }
      heads[Int(head[0]) | Int(head[1]) << 8] = true
    }
    self.heads = heads
    hits = canaries.map { _ in [:] }
    var kept: Int32 = 0
    guard let window = unsafe ephml_map_secret(Self.windowBytes + overlap, &kept) else {
      return nil
    }
    unsafe self.window = window
  }

  deinit {
    unsafe explicit_bzero(window, Self.windowBytes + overlap)
    unsafe munmap(window, Self.windowBytes + overlap)
  }

  /// Looks through a region, but for this search's own window.
  mutating func search(_ region: MemoryRegion) {
    let own = UInt(bitPattern: unsafe window)
    let ownEnd = own + UInt(Self.windowBytes + overlap)
    for (start, end) in [
      (region.start, min(region.end, own)), (max(region.start, ownEnd), region.end),
    ] where start < end && !(start >= own && end <= ownEnd) {
      var at = start
      while at < end {
        let step = min(Self.windowBytes, Int(end - at))
        let wanted = min(step + overlap, Int(end - at))
        let count = unsafe ephml_read_self(window, at, wanted)
        if count < wanted { unreadableBytes += step - min(max(count, 0), step) }
        look(first: min(step, max(count, 0)), of: max(count, 0), region.kind)
        at += UInt(step)
      }
    }
  }

  /// Finds the canaries that begin in the window's first bytes.
  private mutating func look(first: Int, of count: Int, _ kind: MemoryRegion.Kind) {
    scannedBytes += first
    guard count > 1 else { return }
    let bytes = unsafe UnsafeRawBufferPointer(start: window, count: count)
    for at in 0..<min(first, count - 1) {
      // SAFETY: both bytes are in the window, and the table has a place for every pair.
      let head = unsafe Int(bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self).littleEndian)
      guard heads[head] else { continue }
      for (index, canary) in canaries.enumerated() where unsafe stands(canary, at, in: bytes) {
        hits[index][kind, default: 0] += 1
      }
    }
  }

  private func stands(_ canary: MaskedCanary, _ at: Int, in bytes: UnsafeRawBufferPointer) -> Bool {
    guard canary.mask.count <= bytes.count - at else { return false }
    for index in canary.mask.indices {
      let byte = unsafe bytes[at + index]
      guard byte ^ canary.mask[index] == canary.masked[index] else { return false }
    }
    return true
  }
}
