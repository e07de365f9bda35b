import EphemeralAttestation
public import EphemeralCrypto
import EphemeralWire

/// Why a signature section does not show who signed the image.
public enum ImageSignatureError: Error, Equatable, Sendable, CaseIterable {
  /// Not the CBOR that the section holds.
  case malformed
  /// The first certificate is not one.
  case certificate
  /// The certificate's key, or the signature, is not of P-384 with SHA-384.
  case algorithm
  /// The signed register is not PCR0 of this image.
  case register
  /// The certificate's key did not make the signature.
  case mismatch
  /// The private key is not the certificate's.
  case wrongKey
  /// libcrypto could not sign.
  case signing
}

extension ImageSignatureError: CustomStringConvertible {
  /// One line of static text.
  public var description: String {
    switch self {
    case .malformed: "the signature section is malformed"
    case .certificate: "the signing certificate is not an X.509 certificate"
    case .algorithm:
      "the signature is not ES384 (a P-384 key and SHA-384), the one kind that is read"
    case .register: "the signature is that of another image's PCR0"
    case .mismatch: "the signature is not the certificate's"
    case .wrongKey: "the private key does not belong to the certificate"
    case .signing: "could not be signed"
    }
  }
}

/// The signature section (Spec/Image.md §6): who vouches for PCR0.
public struct ImageSignature: Equatable, Sendable {
  /// Register signatures of one section at most.
  static let maximumSignatures = 32
  private static let certificateKey = "signing_certificate"
  private static let signatureKey = "signature"

  /// The certificate, DER: what PCR8 is the measurement of.
  public let certificate: [UInt8]
  /// The COSE_Sign1, encoded.
  public let envelope: [UInt8]

  /// Signs PCR0; errors: certificate, algorithm, wrongKey, signing.
  public init(
    signing pcr0: [UInt8], key: borrowing P384.PrivateKey, certificate: [UInt8]
  ) throws(ImageSignatureError) {
    guard try Self.key(of: certificate) == key.publicKey else { throw .wrongKey }
    let payload = Self.payload(pcr0)
    let signed = COSESign1.toBeSigned(protectedHeader: Self.protectedHeader, payload: payload)
    guard let signature = try? key.sign(signed.span) else { throw .signing }
    let envelope = COSESign1(
      protectedHeader: Self.protectedHeader, payload: payload, signature: signature)
    self.init(certificate: certificate, envelope: envelope.encoded(tagged: false))
  }

  /// An envelope beside a certificate; proves nothing yet.
  init(certificate: [UInt8], envelope: [UInt8]) {
    self.certificate = certificate
    self.envelope = envelope
  }

  /// Reads a section; proves nothing yet. Errors: malformed, certificate.
  public init(decoding section: [UInt8]) throws(ImageSignatureError) {
    let pairs: [(certificate: [UInt8], envelope: [UInt8])]
    do throws(CBORError) { pairs = try Self.pairs(section.span) } catch { throw .malformed }
    // Loaders take the first entry and so do we.
    guard let first = pairs.first else { throw .malformed }
    guard let der = try? PEM.certificate(first.certificate.span) else { throw .certificate }
    guard (try? X509Certificate(der: der)) != nil else { throw .certificate }
    self.init(certificate: der, envelope: first.envelope)
  }

  /// Checks that the certificate's key signed this PCR0; errors: algorithm, register, mismatch.
  public func verify(_ pcr0: [UInt8]) throws(ImageSignatureError) {
    let key = try Self.key(of: certificate)
    let sign1: COSESign1
    do throws(COSEError) {
      sign1 = try COSESign1(
        decoding: envelope, maximum: ImageBounds.signatureSectionBytes,
        signatureBytes: P384.signatureByteCount, tagRequired: false)
    } catch {
      throw error == .signatureLength ? .algorithm : .malformed
    }
    guard sign1.protectedHeader == Self.protectedHeader else { throw .algorithm }
    guard sign1.payload == Self.payload(pcr0) else { throw .register }
    let signed = COSESign1.toBeSigned(
      protectedHeader: sign1.protectedHeader, payload: sign1.payload)
    guard key.isValid(signature: sign1.signature.span, for: signed.span) else { throw .mismatch }
  }

  /// The section's bytes: an array of one map, byte strings as arrays of numbers, the certificate
  /// as PEM and first in its map, as loaders want it.
  public func encoded() -> [UInt8] {
    var encoder = CBOREncoder()
    encoder.array(1)
    encoder.map(2)
    encoder.text(Self.certificateKey)
    encoder.numbers(PEM.text(ofCertificate: certificate))
    encoder.text(Self.signatureKey)
    encoder.numbers(envelope)
    return encoder.finish()
  }

  /// `{"register_index": 0, "register_value": [48 numbers]}`.
  static func payload(_ pcr0: [UInt8]) -> [UInt8] {
    var encoder = CBOREncoder()
    encoder.map(2)
    encoder.text("register_index")
    encoder.unsigned(0)
    encoder.text("register_value")
    encoder.numbers(pcr0)
    return encoder.finish()
  }

  /// ES384, and nothing else.
  private static let protectedHeader = AttestationDocument.protectedHeader

  private static func key(
    of certificate: [UInt8]
  ) throws(ImageSignatureError) -> P384.PublicKey {
    guard let certificate = try? X509Certificate(der: certificate) else { throw .certificate }
    switch certificate.publicKey {
    case .p384(let key): return key
    case .other: throw .algorithm
    }
  }

  private static func pairs(
    _ bytes: Span<UInt8>
  ) throws(CBORError) -> [(certificate: [UInt8], envelope: [UInt8])] {
    var reader = CBORReader(maximumDepth: 4)
    var pairs: [(certificate: [UInt8], envelope: [UInt8])] = []
    for _ in 0..<(try reader.arrayHeader(in: bytes, maximum: maximumSignatures)) {
      var certificate: [UInt8]?
      var envelope: [UInt8]?
      var map = try reader.beginMap(in: bytes, maximum: 2, order: .any)
      while try reader.nextKey(of: &map, in: bytes) {
        switch try reader.text(in: bytes, maximum: certificateKey.utf8.count) {
        case certificateKey: certificate = try numbers(&reader, bytes)
        case signatureKey: envelope = try numbers(&reader, bytes)
        default: throw .unexpectedType
        }
      }
      guard let certificate, let envelope else { throw .wrongCount }
      pairs.append((certificate, envelope))
    }
    try reader.finish(in: bytes)
    return pairs
  }

  /// Bytes that stand as an array of numbers.
  private static func numbers(
    _ reader: inout CBORReader, _ bytes: Span<UInt8>
  ) throws(CBORError) -> [UInt8] {
    let count = try reader.arrayHeader(in: bytes, maximum: ImageBounds.signatureSectionBytes)
    var result: [UInt8] = []
    result.reserveCapacity(count)
    for _ in 0..<count { result.append(UInt8(try reader.unsigned(in: bytes, maximum: 255))) }
    return result
  }
}

extension CBOREncoder {
  /// Bytes as an array of numbers.
  fileprivate mutating func numbers(_ bytes: [UInt8]) {
    array(bytes.count)
    for byte in bytes { unsigned(UInt64(byte)) }
  }
}
