import Testing

@testable import MemoryScan

/// The scan finds what is there, where it is and as often as it is there.
@Suite("Memory search", .serialized)
struct MemorySearchTests {
  /// Bytes that a search reads at once.
  private static let window = 1 << 20

  private func canary(_ name: String, count: Int) throws -> MaskedCanary {
    func hexadecimal() -> String {
      (0..<count).map { _ in
        let byte = UInt8.random(in: .min ... .max)
        return String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
      }.joined()
    }
    return try #require(MaskedCanary(line: "\(name) \(hexadecimal()) \(hexadecimal())"))
  }

  /// What a search of some regions found.
  private struct Outcome {
    var hits: [MemorySearch.Hits]
    var scannedBytes: Int
    var unreadableBytes: Int
  }

  private func search(
    for canaries: [MaskedCanary], in regions: [MemoryRegion]
  ) throws -> Outcome {
    guard var search = MemorySearch(canaries) else { throw PagesError.noMemory }
    for region in regions { search.search(region) }
    return Outcome(
      hits: search.hits, scannedBytes: search.scannedBytes,
      unreadableBytes: search.unreadableBytes)
  }

  private func region(_ pages: Pages, _ kind: MemoryRegion.Kind = .other) -> MemoryRegion {
    MemoryRegion(start: pages.start, end: pages.start + UInt(pages.count), kind: kind)
  }

  @Test("A canary is found at every offset around the end of a read", arguments: [12, 64, 4096])
  func boundaries(count: Int) throws {
    let canary = try canary("a", count: count)
    let pages = try Pages(count: 3 << 20)
    let near = stride(from: -count - 1, through: 1, by: count > 100 ? 97 : 1).map {
      Self.window + $0
    }
    for offset in near + [0, 1, 2 * Self.window - 1, pages.count - count] {
      pages.write(canary.mask, xor: canary.masked, at: offset)
      let found = try search(for: [canary], in: [region(pages, .secret)])
      #expect(found.hits == [[.secret: 1]], "at \(offset)")
      #expect(found.scannedBytes == pages.count)
      pages.clear(count, at: offset)
    }
    #expect(try search(for: [canary], in: [region(pages)]).hits == [[:]])
  }

  @Test("Several canaries are counted apart, each as often as it stands there")
  func counts() throws {
    let canaries = try [canary("a", count: 16), canary("b", count: 33)]
    let pages = try Pages(count: 2 << 20)
    for offset in [0, 100, Self.window - 3] {
      pages.write(canaries[0].mask, xor: canaries[0].masked, at: offset)
    }
    pages.write(canaries[1].mask, xor: canaries[1].masked, at: 5000)
    let found = try search(for: canaries, in: [region(pages, .heap)])
    #expect(found.hits == [[.heap: 3], [.heap: 1]])
  }

  @Test("A canary but for one byte is none")
  func nearly() throws {
    let canary = try canary("a", count: 32)
    let pages = try Pages(count: 4096)
    for index in 0..<32 {
      var wrong = canary.masked
      wrong[index] ^= 1
      pages.write(canary.mask, xor: wrong, at: index * 64)
    }
    #expect(try search(for: [canary], in: [region(pages)]).hits == [[:]])
  }

  @Test("What cannot be read is passed over, and told")
  func unreadable() throws {
    let canary = try canary("a", count: 16)
    let pages = try Pages(count: 4 << 20)
    pages.write(canary.mask, xor: canary.masked, at: 3 << 20)
    try pages.close(8192..<(1 << 20))
    let found = try search(for: [canary], in: [region(pages)])
    #expect(found.hits == [[.other: 1]])
    #expect(found.unreadableBytes == (1 << 20) - 8192)
  }

  @Test("The whole process holds a canary once: the search's own window does not count")
  func wholeProcess() throws {
    let canary = try canary("a", count: 48)
    let pages = try Pages(count: 2 << 20)
    pages.write(canary.mask, xor: canary.masked, at: Self.window - 5)
    // Twice, so that the window has held it when it is come to.
    let regions = MemoryScanner.joined(try #require(MemoryMap.readable()))
    let found = try search(for: [canary], in: regions + regions)
    #expect(found.hits[0].values.reduce(0, +) == 2)
    #expect(found.scannedBytes > 2 << 20)
  }
}
