import PropertyTesting

/// A planted bug: an engine that does not find it within seconds sees nothing.
///
/// Behind a magic, a length that must fit and a number of four bytes stands a checksum over what
/// comes next. Bytes drawn at random would take longer than the universe has existed.
let canaryTarget = FuzzTarget(
  "canary", "a planted bug that must be found", maximumBytes: 64,
  seeds: { [FuzzSeed("zeros", [UInt8](repeating: 0, count: 16))] }
) { (bytes, _) throws(Violation) in
  guard bytes.count >= 12 else { return }
  guard bytes[0] == 0x45, bytes[1] == 0x50, bytes[2] == 0x48, bytes[3] == 0x4d else { return }
  let number = bytes[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
  guard number == 0xdead_beef else { return }
  let length = Int(bytes[8])
  guard length >= 3, length == bytes.count - 9 else { return }
  let checksum = bytes[10...].reduce(UInt8(0)) { $0 &+ $1 }
  guard checksum == bytes[9] &+ 1 else { return }
  throw Violation(message: "the canary sings")
}
