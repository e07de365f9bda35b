import EphemeralCrypto

/// How platform configuration registers take data in (`Spec/Attestation.md §7.3`).
public enum RegisterExtension {
  /// What a register of zeros holds after one extension: SHA-384(48 zero bytes ‖ data), 48 bytes.
  public static func ofZero(by data: [UInt8]) -> [UInt8] {
    SHA384.hash([UInt8](repeating: 0, count: SHA384.byteCount) + data)
  }
}
