import EphemeralCrypto
import EphemeralWire

/// The bounds of `Spec/Attestation.md §3`.
public enum AttestationDocumentBounds {
  /// The most bytes of a document.
  public static let documentBytes = AttestationDeviceBounds.responseBytes
  /// The most bytes of a module id.
  public static let moduleIDBytes = 128
  /// The latest timestamp, in milliseconds since 1970: the end of the year 9999.
  public static let timestampMilliseconds: UInt64 = 253_402_300_799_999
  /// The number of registers.
  public static let registers = 32
  /// Bytes of a register.
  public static let registerBytes = 48
  /// The most bytes of one certificate.
  public static let certificateBytes = 1024
  /// The most authorities: the longest chain that is walked, without its leaf.
  public static let authorities = ChainVerifier.maximumLength - 1
  /// The most bytes accepted in public key, user data and nonce.
  public static let acceptedCallerBytes = 1024
  /// The most bytes that this project puts into user data and nonce.
  public static let emittedCallerBytes = 512
}

extension AttestationDocument {
  /// The protected header of a document: `{1: -35}`, ES384 (`Spec/Attestation.md §2`).
  public static let protectedHeader: [UInt8] = [0xa1, 0x01, 0x38, 0x22]
  /// Bytes of a document's signature, r ‖ s.
  public static let signatureBytes = 96

  /// Reads the envelope of a document; its signature is not verified.
  static func envelope(of bytes: [UInt8]) throws(AttestationDocumentError) -> COSESign1 {
    let envelope: COSESign1
    do throws(COSEError) {
      envelope = try COSESign1(
        decoding: bytes, maximum: AttestationDocumentBounds.documentBytes,
        signatureBytes: signatureBytes, tagRequired: false)
    } catch {
      throw .envelope(error)
    }
    guard envelope.protectedHeader == protectedHeader else { throw .algorithm }
    return envelope
  }

  /// Reads a whole document without judging it; nothing in the result may be believed.
  ///
  /// For an enclave that looks at its own device's answer. Clients judge.
  public init(unverified bytes: [UInt8]) throws(AttestationDocumentError) {
    try self.init(payload: Self.envelope(of: bytes).payload)
  }

  /// Reads the payload of a document (`Spec/Attestation.md §3`).
  init(payload: [UInt8]) throws(AttestationDocumentError) {
    var fields = AttestationDocumentFields()
    let span = payload.span
    var reader = CBORReader(maximumDepth: 3)
    // The one map whose author emits definite and indefinite lengths, in an order of its own.
    var map = try Self.reading { () throws(CBORError) in
      try reader.beginMap(in: span, maximum: 9, order: .any, allowingIndefinite: true)
    }
    while try Self.reading({ () throws(CBORError) in try reader.nextKey(of: &map, in: span) }) {
      let key = try Self.reading { () throws(CBORError) in try reader.text(in: span, maximum: 16) }
      try fields.read(key, with: &reader, in: span)
    }
    try Self.reading { () throws(CBORError) in try reader.finish(in: span) }
    try self.init(fields: fields)
  }

  /// Any fault of the encoding is one fault of the document.
  static func reading<Value>(
    _ body: () throws(CBORError) -> Value
  ) throws(AttestationDocumentError) -> Value {
    do throws(CBORError) { return try body() } catch { throw .payload }
  }

  private init(fields: AttestationDocumentFields) throws(AttestationDocumentError) {
    guard let moduleID = fields.moduleID, let timestamp = fields.timestamp,
      let measurements = fields.measurements, let certificate = fields.certificate,
      let authorities = fields.authorities, fields.hasDigest
    else { throw .missingKey }
    self.moduleID = moduleID
    timestampMilliseconds = timestamp
    self.measurements = measurements
    self.certificate = certificate
    self.authorities = authorities
    publicKey = fields.publicKey
    userData = fields.userData
    nonce = fields.nonce
  }
}

/// What has been read of a document so far.
private struct AttestationDocumentFields {
  var moduleID: String?
  var timestamp: UInt64?
  var measurements: [UInt8: [UInt8]]?
  var certificate: [UInt8]?
  var authorities: [[UInt8]]?
  var hasDigest = false
  var publicKey: [UInt8] = []
  var userData: [UInt8] = []
  var nonce: [UInt8] = []

  /// Reads the value of `key`. The reader has refused a second one of the same name.
  mutating func read(
    _ key: String, with reader: inout CBORReader, in span: Span<UInt8>
  ) throws(AttestationDocumentError) {
    switch key {
    case "module_id": moduleID = try Self.moduleID(with: &reader, in: span)
    case "digest":
      let digest = try AttestationDocument.reading { () throws(CBORError) in
        try reader.text(in: span, maximum: 16)
      }
      guard digest == "SHA384" else { throw .digest }
      hasDigest = true
    case "timestamp":
      let value = try AttestationDocument.reading { () throws(CBORError) in
        try reader.unsigned(in: span)
      }
      guard value > 0, value <= AttestationDocumentBounds.timestampMilliseconds else {
        throw .timestamp
      }
      timestamp = value
    case "pcrs": measurements = try Self.measurements(with: &reader, in: span)
    case "certificate":
      certificate = try Self.certificate(with: &reader, in: span, otherwise: .certificate)
    case "cabundle": authorities = try Self.authorities(with: &reader, in: span)
    case "public_key": publicKey = try Self.callerBytes(with: &reader, in: span)
    case "user_data": userData = try Self.callerBytes(with: &reader, in: span)
    case "nonce": nonce = try Self.callerBytes(with: &reader, in: span)
    default: throw .unknownKey
    }
  }

  private static func moduleID(
    with reader: inout CBORReader, in span: Span<UInt8>
  ) throws(AttestationDocumentError) -> String {
    let text = try AttestationDocument.reading { () throws(CBORError) in
      try reader.text(in: span, maximum: AttestationDocumentBounds.moduleIDBytes)
    }
    // Reports repeat the module id: nothing else may be in it.
    let allowed = text.utf8.allSatisfy { character in
      switch character {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d: true
      default: false
      }
    }
    guard !text.isEmpty, allowed else { throw .moduleID }
    return text
  }

  private static func measurements(
    with reader: inout CBORReader, in span: Span<UInt8>
  ) throws(AttestationDocumentError) -> [UInt8: [UInt8]] {
    var registers: [UInt8: [UInt8]] = [:]
    do throws(CBORError) {
      var map = try reader.beginMap(
        in: span, maximum: AttestationDocumentBounds.registers, order: .any)
      while try reader.nextKey(of: &map, in: span) {
        let index = try reader.count(in: span, maximum: AttestationDocumentBounds.registers - 1)
        registers[UInt8(index)] = try reader.byteArray(
          in: span, exactly: AttestationDocumentBounds.registerBytes)
      }
    } catch {
      throw .measurements
    }
    guard registers[0] != nil, registers[1] != nil, registers[2] != nil else {
      throw .measurements
    }
    return registers
  }

  private static func certificate(
    with reader: inout CBORReader, in span: Span<UInt8>, otherwise error: AttestationDocumentError
  ) throws(AttestationDocumentError) -> [UInt8] {
    let bytes: [UInt8]
    do throws(CBORError) {
      bytes = try reader.byteArray(in: span, maximum: AttestationDocumentBounds.certificateBytes)
    } catch .tooLong {
      throw error
    } catch {
      throw .payload
    }
    guard !bytes.isEmpty else { throw error }
    return bytes
  }

  private static func authorities(
    with reader: inout CBORReader, in span: Span<UInt8>
  ) throws(AttestationDocumentError) -> [[UInt8]] {
    let count: Int
    do throws(CBORError) {
      count = try reader.arrayHeader(in: span, maximum: AttestationDocumentBounds.authorities)
    } catch .tooLong {
      throw .authorities
    } catch {
      throw .payload
    }
    guard count > 0 else { throw .authorities }
    var authorities: [[UInt8]] = []
    for _ in 0..<count {
      authorities.append(try certificate(with: &reader, in: span, otherwise: .authorities))
    }
    return authorities
  }

  private static func callerBytes(
    with reader: inout CBORReader, in span: Span<UInt8>
  ) throws(AttestationDocumentError) -> [UInt8] {
    try AttestationDocument.reading { () throws(CBORError) in
      if try reader.takeNull(in: span) { return [] }
      return try reader.byteArray(
        in: span, maximum: AttestationDocumentBounds.acceptedCallerBytes)
    }
  }
}
