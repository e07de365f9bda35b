internal import Glibc

/// How evenly bytes are spread.
public enum ByteEntropy {
  /// Shannon's entropy of the byte frequencies, 0 to 8 bits per byte; 0 for no bytes.
  ///
  /// Sealed bytes come close to 8: for n random bytes the expected shortfall is about
  /// 255 / (2 n ln 2).
  public static func bitsPerByte(_ bytes: some Sequence<UInt8>) -> Double {
    var counts = [Int](repeating: 0, count: 256)
    var total = 0
    for byte in bytes {
      counts[Int(byte)] += 1
      total += 1
    }
    guard total > 0 else { return 0 }
    return counts.reduce(0.0) { sum, count in
      guard count > 0 else { return sum }
      let share = Double(count) / Double(total)
      return sum - share * log2(share)
    }
  }
}
