/// To which sizes messages and blobs are padded, so that lengths say little
/// (Spec/Protocol.md, "Padding"; Spec/Formats.md, "Weight blob").
public enum Padding {
  /// The largest size that can be padded.
  public static let maximumBytes = 1 << 61
  /// The least size of a record's padded content.
  public static let minimumMessageBytes = 64
  /// The least size of a padded InferRequest or InferResult.
  public static let minimumInferenceBytes = 4096

  /// The Padmé size of `n` bytes, at least `minimum`.
  ///
  /// Padmé keeps as many leading bits of the length as the length's exponent has bits, and rounds
  /// the rest up: at most 12 % more bytes, and O(log log n) bits leaked (Nikitin and others,
  /// "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019, §4).
  public static func padme(_ n: Int, minimum: Int = 0) -> Int {
    precondition(n >= 0 && n <= maximumBytes && minimum >= 0 && minimum <= maximumBytes)
    let size = max(n, minimum)
    if size < 2 { return size }
    let exponent = floorLog2(size)
    let keptBits = floorLog2(exponent) + 1
    // Negative only for exponent 0, which is a size below 2.
    let mask = (1 << max(0, exponent - keptBits)) - 1
    return (size + mask) & ~mask
  }

  /// The least power of two that is at least `n` and at least `minimum` bytes.
  public static func powerOfTwo(_ n: Int, minimum: Int = Padding.minimumInferenceBytes) -> Int {
    precondition(n >= 0 && n <= maximumBytes && minimum >= 0 && minimum <= maximumBytes)
    let size = max(n, minimum, 1)
    return size & (size - 1) == 0 ? size : 1 << (floorLog2(size) + 1)
  }

  private static func floorLog2(_ n: Int) -> Int {
    n < 1 ? 0 : Int.bitWidth - 1 - n.leadingZeroBitCount
  }
}
