import COpenSSL

/// A digest that libcrypto has looked up once for the whole process.
@safe struct DigestAlgorithm: Sendable {
  /// Never freed: it lives as long as the process.
  nonisolated(unsafe) let pointer: OpaquePointer
  let byteCount: Int

  private init(name: StaticString, byteCount: Int) {
    guard let pointer = unsafe EVP_MD_fetch(nil, cString(name), nil) else {
      preconditionFailure("libcrypto lacks SHA-2")
    }
    unsafe self.pointer = pointer
    self.byteCount = byteCount
  }

  static let sha256 = DigestAlgorithm(name: "SHA256", byteCount: 32)
  static let sha384 = DigestAlgorithm(name: "SHA384", byteCount: 48)
}

/// An incremental digest. libcrypto cleanses the state when it is freed.
///
/// Hashing fails only without memory, which ends the process as it does anywhere else in Swift.
@safe struct DigestState: ~Copyable, Sendable {
  private nonisolated(unsafe) let context: OpaquePointer
  private let algorithm: DigestAlgorithm

  init(_ algorithm: DigestAlgorithm) {
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory") }
    guard unsafe EVP_DigestInit_ex(context, algorithm.pointer, nil) == 1 else {
      preconditionFailure("libcrypto cannot hash")
    }
    unsafe self.context = context
    self.algorithm = algorithm
  }

  private init(copying other: borrowing DigestState) {
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory") }
    guard unsafe EVP_MD_CTX_copy_ex(context, other.context) == 1 else {
      preconditionFailure("libcrypto cannot hash")
    }
    unsafe self.context = context
    algorithm = other.algorithm
  }

  deinit {
    unsafe EVP_MD_CTX_free(context)
  }

  borrowing func copy() -> DigestState { DigestState(copying: self) }

  mutating func update(_ bytes: Span<UInt8>) {
    let result = unsafe bytes.withBytes { (start, count) in
      unsafe EVP_DigestUpdate(context, start, count)
    }
    precondition(result == 1, "libcrypto cannot hash")
  }

  /// Writes the digest; the output must have exactly its length.
  consuming func finish(into output: inout MutableSpan<UInt8>) {
    precondition(output.count == algorithm.byteCount, "a digest has a fixed length")
    let result = unsafe output.withMutableBytes { (start, _) in
      unsafe EVP_DigestFinal_ex(context, start, nil)
    }
    precondition(result == 1, "libcrypto cannot hash")
  }

  consuming func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: algorithm.byteCount)
    var span = digest.mutableSpan
    finish(into: &span)
    return digest
  }
}
