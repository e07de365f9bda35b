import EphemeralCrypto
import EphemeralWire

/// A statement that an enclave is about to sign: the bytes to sign, and what becomes of them.
///
/// The receipt key stays with the session's provider: it signs ``toBeSigned`` and hands the
/// signature back.
public struct UnsignedStatement: Equatable, Sendable {
  let protectedHeader: [UInt8]
  let payload: [UInt8]
  /// The bytes to sign with Ed25519: a `Sig_structure` (RFC 9052 §4.4).
  public let toBeSigned: [UInt8]

  init(kind: StatementKind, payload: [UInt8]) {
    protectedHeader = kind.protectedHeader
    self.payload = payload
    toBeSigned = COSESign1.toBeSigned(
      protectedHeader: protectedHeader, payload: payload, externalData: kind.externalData)
  }

  /// The finished COSE_Sign1 with tag 18.
  ///
  /// - Parameter signature: 64 bytes, Ed25519 over ``toBeSigned``.
  public func signed(with signature: [UInt8]) throws(ReceiptError) -> [UInt8] {
    guard signature.count == StatementKind.signatureBytes else { throw .signature }
    return COSESign1(
      protectedHeader: protectedHeader, payload: payload, signature: signature
    ).encoded(tagged: true)
  }
}

/// The two kinds of statements that a receipt key signs (`Spec/Attestation.md §9, §10`).
enum StatementKind: Equatable {
  /// An AIR v1 receipt.
  case receipt
  /// A wipe report.
  case wipeReport

  /// Bytes of an Ed25519 signature.
  static let signatureBytes = 64
  /// The most bytes of a statement.
  static let maximumBytes = 4096
  /// COSE's number for EdDSA, −8, as CBOR's −1 − n.
  private static let edDSA: UInt64 = 7
  /// `application/cwt` among CoAP's content formats.
  private static let webToken: UInt64 = 61
  private static let wipeContentType = "application/vnd.ephml.wipe+cbor"

  /// What is signed beside the statement, so that one kind is never taken for the other.
  var externalData: [UInt8] {
    switch self {
    case .receipt: []
    case .wipeReport: Array("ephml/1 wipe".utf8)
    }
  }

  /// The encoded protected header: algorithm and content type.
  var protectedHeader: [UInt8] {
    var encoder = CBOREncoder()
    encoder.map(2)
    encoder.unsigned(1)
    encoder.negative(Self.edDSA)
    encoder.unsigned(3)
    switch self {
    case .receipt: encoder.unsigned(Self.webToken)
    case .wipeReport: encoder.text(Self.wipeContentType)
    }
    return encoder.finish()
  }

  /// Reads a statement's envelope, checks its header and its signature, and gives its payload.
  func verifiedPayload(
    of bytes: [UInt8], publicKey: [UInt8]
  ) throws(ReceiptError) -> [UInt8] {
    let envelope: COSESign1
    do throws(COSEError) {
      envelope = try COSESign1(
        decoding: bytes, maximum: Self.maximumBytes, signatureBytes: Self.signatureBytes,
        tagRequired: true)
    } catch {
      throw error == .unprotectedHeader ? .unprotectedHeader : .malformed
    }
    try checkHeader(envelope.protectedHeader)
    let message = COSESign1.toBeSigned(
      protectedHeader: envelope.protectedHeader, payload: envelope.payload,
      externalData: externalData)
    guard
      Ed25519.verifyStrict(
        signature: envelope.signature.span, message: message.span, publicKey: publicKey.span)
    else { throw .signature }
    return envelope.payload
  }

  /// Says which part of a header is wrong; only the exact header passes.
  private func checkHeader(_ header: [UInt8]) throws(ReceiptError) {
    if header == protectedHeader { return }
    let span = header.span
    var reader = CBORReader(maximumDepth: 1)
    do throws(CBORError) {
      var map = try reader.beginMap(in: span, maximum: 8)
      while try reader.nextKey(of: &map, in: span) {
        guard try reader.unsigned(in: span) == 1 else {
          try reader.skip(in: span)
          continue
        }
        guard try reader.integer(in: span) == ~Int64(Self.edDSA) else {
          throw CBORError.integerOutOfRange
        }
      }
      try reader.finish(in: span)
    } catch {
      throw error == .integerOutOfRange || error == .unexpectedType ? .algorithm : .malformed
    }
    throw .contentType
  }
}
