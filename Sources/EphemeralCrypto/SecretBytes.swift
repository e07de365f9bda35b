import CLinux
import COpenSSL

/// A secret of fixed capacity on locked, undumpable memory that is cleansed when it ends.
///
/// The one leaf that owns secret memory: everything else that holds a secret holds one of these.
/// It cannot be copied, printed or compared in variable time. Borrow its bytes with `withSpan`;
/// never turn them into an `Array` or a `String`.
@safe public struct SecretBytes: ~Copyable, Sendable {
  private let place: SecretMemory.Place

  /// The secret's length in bytes.
  public private(set) var count: Int

  /// `count` zero bytes; errors: wrongLength (negative), tooLarge, memoryUnavailable,
  /// memoryNotLocked.
  public init(count: Int) throws(CryptoError) {
    place = try SecretMemory.allocate(count)
    self.count = count
  }

  /// A copy of `bytes`, which stay the caller's to cleanse; errors as `init(count:)`.
  public init(copying bytes: Span<UInt8>) throws(CryptoError) {
    try self.init(count: bytes.count)
    withMutableSpan { copyBytes(from: bytes, to: &$0) }
  }

  /// `count` fresh random bytes; errors as `init(count:)`, and entropyUnavailable.
  public init(randomCount count: Int) throws(CryptoError) {
    let place = try SecretMemory.allocate(count)
    var span = unsafe MutableSpan(
      _unsafeElements: UnsafeMutableBufferPointer(start: Self.start(of: place), count: count))
    do throws(CryptoError) {
      try Entropy.fill(&span)
    } catch {
      SecretMemory.release(place)
      throw error
    }
    self.place = place
    self.count = count
  }

  deinit {
    SecretMemory.release(place)
  }

  /// Lends the bytes for reading.
  public borrowing func withSpan<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(Span(_unsafeElements: UnsafeBufferPointer(start: start, count: count)))
  }

  /// Lends the bytes for writing.
  public mutating func withMutableSpan<Result: ~Copyable, Failure: Error>(
    _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let buffer = unsafe UnsafeMutableBufferPointer(start: start, count: count)
    var span = unsafe MutableSpan(_unsafeElements: buffer)
    return try body(&span)
  }

  /// Lends the bytes to a C call for reading.
  @unsafe public borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Lends the bytes to a C call for writing.
  @unsafe public mutating func withUnsafeMutableBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeMutableRawBufferPointer(start: start, count: count))
  }

  /// Shortens the secret to its first `count` bytes without moving it and cleanses the rest.
  ///
  /// `count` must be between 0 and the present count.
  public mutating func truncate(to count: Int) {
    precondition(count >= 0 && count <= self.count, "a secret can only be shortened")
    unsafe ephml_overwrite(start + count, self.count - count)
    self.count = count
  }

  /// Overwrites the bytes with zero now, before the secret ends; the count stays.
  public mutating func wipe() {
    unsafe ephml_overwrite(start, count)
  }

  /// A second secret with the same bytes; errors as `init(count:)`.
  public borrowing func clone() throws(CryptoError) -> SecretBytes {
    try withSpan { (span) throws(CryptoError) -> SecretBytes in try SecretBytes(copying: span) }
  }

  /// Whether two secrets are equal, in time that depends on their counts alone.
  public static func constantTimeEquals(
    _ left: borrowing SecretBytes, _ right: borrowing SecretBytes
  ) -> Bool {
    left.withSpan { leftSpan in
      right.withSpan { EphemeralCrypto.constantTimeEquals(leftSpan, $0) }
    }
  }

  /// The mapping's first byte; the mapping lives as long as this value.
  private var start: UnsafeMutablePointer<UInt8> { unsafe Self.start(of: place) }

  private static func start(of place: SecretMemory.Place) -> UnsafeMutablePointer<UInt8> {
    guard let pointer = unsafe UnsafeMutablePointer<UInt8>(bitPattern: place.address) else {
      preconditionFailure("a mapping is never at address zero")
    }
    return unsafe pointer
  }
}

/// Whether two byte strings are equal, in time that depends on their counts alone.
public func constantTimeEquals(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  return unsafe left.withBytes { (leftStart, count) in
    unsafe right.withBytes { (rightStart, _) in
      unsafe CRYPTO_memcmp(leftStart, rightStart, count) == 0
    }
  }
}

/// Overwrites `bytes` with zero in a way that the compiler may not leave out.
public func cleanse(_ bytes: inout MutableSpan<UInt8>) {
  unsafe bytes.withMutableBytes { (start, count) in unsafe ephml_overwrite(start, count) }
}

/// Copies the source over the first bytes of the destination, which must be at least as long.
func copyBytes(
  from source: Span<UInt8>, to destination: inout MutableSpan<UInt8>, at offset: Int = 0
) {
  precondition(offset >= 0 && source.count <= destination.count - offset, "does not fit")
  unsafe source.withBytes { (from, count) in
    unsafe destination.withMutableBytes { (to, _) in
      unsafe (to + offset).update(from: from, count: count)
    }
  }
}
