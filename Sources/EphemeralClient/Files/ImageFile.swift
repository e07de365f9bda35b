internal import EphemeralCrypto
internal import EphemeralDecompose
internal import EphemeralImage

/// An image file, read by position.
struct ImageFile: ImageSource {
  private let file: InputFile

  /// Opens a regular file; a folder, a pipe or a device is refused without waiting.
  init(_ path: String) throws(ClientFailure) {
    do throws(DecomposeError) { file = try InputFile(path: path) } catch {
      throw .file(path, error.problem.text)
    }
  }

  var byteCount: Int { file.size }

  func read(at offset: Int, into buffer: inout MutableSpan<UInt8>) throws(ImageError) {
    do throws(DecomposeError) { try file.read(at: offset, into: &buffer) } catch {
      throw .unreadable
    }
  }

  /// Certificates, as PEM or DER.
  static func certificate(_ path: String) throws(ClientFailure) -> X509Certificate {
    let bytes = try FileAccess.read(path, maximum: PEM.maximumByteCount)
    // DER begins with a SEQUENCE, which is no character of a text.
    let isBinary = bytes.first == 0x30
    guard let der = isBinary ? bytes : try? PEM.certificate(bytes.span) else {
      throw .file(path, "not a certificate, neither as PEM nor as DER")
    }
    do throws(X509Error) { return try X509Certificate(der: der) } catch {
      throw .file(path, error.description)
    }
  }

  /// A signing key; its text is read into memory that is wiped.
  static func signingKey(_ path: String) throws(ClientFailure) -> P384.PrivateKey {
    let source = try ImageFile(path)
    do throws(CryptoError) {
      guard source.byteCount > 0, source.byteCount <= PEM.maximumByteCount else {
        throw .invalidPrivateKey
      }
      var text = try SecretBytes(count: source.byteCount)
      let isRead = text.withMutableSpan { (span) in (try? source.read(at: 0, into: &span)) != nil }
      guard isRead else { throw .invalidPrivateKey }
      return try text.withSpan { (span) throws(CryptoError) in try P384.PrivateKey(pem: span) }
    } catch {
      throw .file(
        path,
        error == .invalidPrivateKey
          ? "not a P-384 private key in PEM without a passphrase" : error.description)
    }
  }
}
