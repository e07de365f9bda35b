import EphemeralWire
import Testing

@Suite("Padding")
struct PaddingTests {
  @Test(
    "Padmé by hand",
    arguments: [
      (0, 0), (1, 1), (2, 2), (3, 3), (8, 8), (9, 10), (100, 104), (1000, 1024), (1025, 1088),
      (65_536, 65_536), (65_537, 67_584), (1_000_000, 1_015_808),
    ])
  func padme(size: Int, padded: Int) { #expect(Padding.padme(size) == padded) }

  @Test("Padmé adds at most an eighth, is monotone and a fixed point of itself")
  func properties() {
    var random = TestRandom(state: 2019)
    var sizes = Array(0...3000)
    for shift in 0..<61 as Range<UInt64> { sizes.append(Int(random.next() >> (3 + shift))) }
    sizes.append(Padding.maximumBytes)
    sizes.sort()
    var previous = 0
    for size in sizes {
      let padded = Padding.padme(size)
      #expect(padded >= size)
      #expect(padded - size <= size / 8)
      #expect(Padding.padme(padded) == padded)
      #expect(padded >= previous)
      previous = padded
    }
  }

  @Test("Powers of two from a minimum on")
  func powers() {
    #expect(Padding.powerOfTwo(0) == 4096)
    #expect(Padding.powerOfTwo(4096) == 4096)
    #expect(Padding.powerOfTwo(4097) == 8192)
    #expect(Padding.powerOfTwo(1, minimum: 0) == 1)
    #expect(Padding.powerOfTwo(3, minimum: 0) == 4)
    #expect(Padding.powerOfTwo(0, minimum: 0) == 1)
    #expect(Padding.powerOfTwo(Padding.maximumBytes) == Padding.maximumBytes)
  }
}
