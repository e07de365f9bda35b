/// Padmé: lengths keep few significant bits, so that at most 12 % is added (Spec/Formats.md §5).
enum Padding {
  /// The padded length of `length`, which is at least 2.
  static func padme(_ length: Int) -> Int {
    if length < 2 { return length }
    let exponent = Int.bitWidth - 1 - length.leadingZeroBitCount
    let bits = Int.bitWidth - exponent.leadingZeroBitCount
    let mask = (1 << (exponent - bits)) - 1
    return (length + mask) & ~mask
  }
}
