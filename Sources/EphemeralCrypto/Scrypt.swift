import COpenSSL

/// scrypt (RFC 7914): a key from a passphrase, at a cost in time and memory.
public enum Scrypt {
  /// What one derivation costs; memory is about 128 · blockSize · cost bytes.
  public struct Cost: Equatable, Sendable {
    /// N: a power of two above 1.
    public let cost: UInt64
    /// r: the block size.
    public let blockSize: UInt64
    /// p: how many lanes, one after the other.
    public let lanes: UInt64

    /// A cost within the bounds of this module, or tooLarge; wrongLength for no power of two.
    public init(cost: UInt64, blockSize: UInt64, lanes: UInt64) throws(CryptoError) {
      guard cost > 1, cost & (cost - 1) == 0, blockSize > 0, lanes > 0 else { throw .wrongLength }
      guard cost <= Scrypt.maximumCost, blockSize <= Scrypt.maximumBlockSize,
        lanes <= Scrypt.maximumLanes
      else { throw .tooLarge }
      self.cost = cost
      self.blockSize = blockSize
      self.lanes = lanes
    }

    private init(interactiveCost: UInt64) {
      cost = interactiveCost
      blockSize = 8
      lanes = 1
    }

    /// N = 2^17, r = 8, p = 1: 128 MiB and about half a second.
    public static let standard = Cost(interactiveCost: 1 << 17)
  }

  /// Largest N.
  public static let maximumCost: UInt64 = 1 << 20
  /// Largest r.
  public static let maximumBlockSize: UInt64 = 32
  /// Largest p.
  public static let maximumLanes: UInt64 = 16
  /// Most memory that one derivation may take, in bytes: 1 GiB and a little.
  public static let maximumMemoryByteCount: UInt64 = (1 << 30) + (1 << 22)
  /// Most bytes of output.
  public static let maximumOutputByteCount = 1024

  /// `count` bytes of key; errors: wrongLength, tooLarge (cost or count), memoryUnavailable.
  public static func derive(
    passphrase: Span<UInt8>, salt: Span<UInt8>, cost: Cost, count: Int
  ) throws(CryptoError) -> SecretBytes {
    guard count > 0 else { throw .wrongLength }
    guard count <= maximumOutputByteCount,
      128 * cost.blockSize * (cost.cost + cost.lanes + 2) <= maximumMemoryByteCount
    else { throw .tooLarge }
    var key = try SecretBytes(count: count)
    let result = unsafe passphrase.withBytes { (passphraseStart, passphraseCount) in
      unsafe salt.withBytes { (saltStart, saltCount) in
        unsafe key.withUnsafeMutableBytes { output in
          // The parameter is of type char, the bytes are the same.
          unsafe EVP_PBE_scrypt(
            UnsafeRawPointer(passphraseStart).assumingMemoryBound(to: CChar.self),
            passphraseCount, saltStart, saltCount, cost.cost, cost.blockSize, cost.lanes,
            maximumMemoryByteCount, output.baseAddress?.assumingMemoryBound(to: UInt8.self), count)
        }
      }
    }
    guard result == 1 else { throw failing(.memoryUnavailable) }
    return key
  }
}
