/// A number's bytes, the most significant first.
package func bigEndian(_ number: UInt64) -> [UInt8] { bigEndian(number, count: 8) }

/// A number's bytes, the most significant first.
package func bigEndian(_ number: UInt32) -> [UInt8] { bigEndian(UInt64(number), count: 4) }

/// A number's bytes, the most significant first.
package func bigEndian(_ number: UInt16) -> [UInt8] { bigEndian(UInt64(number), count: 2) }

// No generic function: every record needs it, and across modules it would not be specialized.
private func bigEndian(_ number: UInt64, count: Int) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  for index in 0..<count {
    bytes[index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * (count - 1 - index)))
  }
  return bytes
}
