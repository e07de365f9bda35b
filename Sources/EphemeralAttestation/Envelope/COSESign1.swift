import EphemeralWire

/// Why bytes are not a COSE_Sign1 of the accepted shape.
public enum COSEError: Error, Equatable, Sendable {
  /// Too long, not deterministic CBOR, or not an array of the four items.
  case malformed
  /// A tag other than 18, or none where it must be there.
  case tag
  /// The unprotected header is not an empty map.
  case unprotectedHeader
  /// The payload is empty or longer than its bound.
  case payload
  /// The signature has another length than its algorithm's.
  case signatureLength
}

/// A COSE_Sign1 (RFC 9052 §4.2) with an empty unprotected header: read, **not verified**.
public struct COSESign1: Equatable, Sendable {
  /// The tag that marks a COSE_Sign1 (RFC 9052 §2).
  public static let tag: UInt64 = 18
  /// The most bytes of a protected header.
  public static let maximumHeaderBytes = 64

  /// The encoded protected header.
  public let protectedHeader: [UInt8]
  /// The payload.
  public let payload: [UInt8]
  /// The signature as it stands.
  public let signature: [UInt8]

  /// An envelope of these three parts.
  public init(protectedHeader: [UInt8], payload: [UInt8], signature: [UInt8]) {
    self.protectedHeader = protectedHeader
    self.payload = payload
    self.signature = signature
  }

  /// Reads an envelope.
  ///
  /// - Parameters:
  ///   - bytes: the whole envelope; nothing may follow it.
  ///   - maximum: the most bytes that it may have.
  ///   - signatureBytes: the length of a signature.
  ///   - tagRequired: whether tag 18 must be there, as AIR wants, or may be.
  public init(
    decoding bytes: [UInt8], maximum: Int, signatureBytes: Int, tagRequired: Bool
  ) throws(COSEError) {
    guard bytes.count <= maximum else { throw .malformed }
    let span = bytes.span
    var reader = CBORReader(maximumDepth: 2)
    do throws(CBORError) {
      if try reader.peekMajor(in: span) == .tag {
        guard try reader.tag(in: span) == Self.tag else { throw .unexpectedTag }
      } else if tagRequired {
        throw .unexpectedTag
      }
      try reader.array(in: span, exactly: 4)
      protectedHeader = try reader.byteArray(in: span, maximum: Self.maximumHeaderBytes)
    } catch {
      throw error == .unexpectedTag ? .tag : .malformed
    }
    do throws(CBORError) {
      var header = try reader.beginMap(in: span, maximum: 0)
      _ = try reader.nextKey(of: &header, in: span)
    } catch {
      throw error == .tooLong ? .unprotectedHeader : .malformed
    }
    do throws(CBORError) {
      payload = try reader.byteArray(in: span, maximum: maximum)
      signature = try reader.byteArray(in: span, maximum: maximum)
      try reader.finish(in: span)
    } catch {
      throw .malformed
    }
    guard !payload.isEmpty else { throw .payload }
    guard signature.count == signatureBytes else { throw .signatureLength }
  }

  /// The envelope's bytes.
  public func encoded(tagged: Bool) -> [UInt8] {
    var encoder = CBOREncoder(
      reservingCapacity: protectedHeader.count + payload.count + signature.count + 16)
    if tagged { encoder.tag(Self.tag) }
    encoder.array(4)
    encoder.bytes(protectedHeader)
    encoder.map(0)
    encoder.bytes(payload)
    encoder.bytes(signature)
    return encoder.finish()
  }

  /// The bytes that a signature covers: `Sig_structure` (RFC 9052 §4.4).
  public static func toBeSigned(
    protectedHeader: [UInt8], payload: [UInt8], externalData: [UInt8] = []
  ) -> [UInt8] {
    var encoder = CBOREncoder(reservingCapacity: payload.count + 128)
    encoder.array(4)
    encoder.text("Signature1")
    encoder.bytes(protectedHeader)
    encoder.bytes(externalData)
    encoder.bytes(payload)
    return encoder.finish()
  }
}
