/// Looks for planted secrets in recorded bytes.
///
/// A canary counts as found when any eight consecutive bytes of it occur anywhere, so that a
/// partial leak is a leak.
struct CanaryScanner {
  /// A planted secret: what it stands for, and bytes that occur nowhere by chance.
  struct Canary {
    let name: String
    let bytes: [UInt8]
  }

  private static let windowSize = 8
  private let owners: [UInt64: [Int]]
  private let names: [String]

  init(_ canaries: [Canary]) {
    var owners: [UInt64: [Int]] = [:]
    for (index, canary) in canaries.enumerated() {
      precondition(canary.bytes.count >= Self.windowSize, "a canary of at least eight bytes")
      var window: UInt64 = 0
      for (at, byte) in canary.bytes.enumerated() {
        window = window << 8 | UInt64(byte)
        if at >= Self.windowSize - 1, owners[window]?.contains(index) != true {
          owners[window, default: []].append(index)
        }
      }
    }
    self.owners = owners
    names = canaries.map(\.name)
  }

  /// The names of the canaries that occur in any of the recordings, in their own order.
  func found(in recordings: [[UInt8]]) -> [String] {
    var hits: Set<Int> = []
    for bytes in recordings {
      var window: UInt64 = 0
      for (at, byte) in bytes.enumerated() {
        window = window << 8 | UInt64(byte)
        if at >= Self.windowSize - 1, let indices = owners[window] { hits.formUnion(indices) }
      }
    }
    return names.indices.filter { hits.contains($0) }.map { names[$0] }
  }
}
