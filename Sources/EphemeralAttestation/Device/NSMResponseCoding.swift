import EphemeralWire

extension NSMResponse {
  /// The answer's CBOR, as the device gives it.
  public func encoded() -> [UInt8] {
    var encoder = CBOREncoder()
    switch self {
    case .describeNSM(let description): Self.encode(description, into: &encoder)
    case .getRandom(let random):
      Self.open("GetRandom", fields: 1, in: &encoder)
      encoder.text("random")
      encoder.bytes(random)
    case .describePCR(let locked, let value):
      Self.open("DescribePCR", fields: 2, in: &encoder)
      encoder.text("lock")
      encoder.bool(locked)
      encoder.text("data")
      encoder.bytes(value)
    case .extendPCR(let value):
      Self.open("ExtendPCR", fields: 1, in: &encoder)
      encoder.text("data")
      encoder.bytes(value)
    case .lockPCR: encoder.text("LockPCR")
    case .lockPCRs: encoder.text("LockPCRs")
    case .attestation(let document):
      Self.open("Attestation", fields: 1, in: &encoder)
      encoder.text("document")
      encoder.bytes(document)
    case .error(let name):
      encoder.map(1)
      encoder.text("Error")
      encoder.text(name.rawValue)
    }
    return encoder.finish()
  }

  private static func open(_ name: String, fields: Int, in encoder: inout CBOREncoder) {
    encoder.map(1)
    encoder.text(name)
    encoder.map(fields)
  }

  private static func encode(
    _ description: NSMDescription, into encoder: inout CBOREncoder
  ) {
    open("DescribeNSM", fields: 7, in: &encoder)
    encoder.text("version_major")
    encoder.unsigned(UInt64(description.version.major))
    encoder.text("version_minor")
    encoder.unsigned(UInt64(description.version.minor))
    encoder.text("version_patch")
    encoder.unsigned(UInt64(description.version.patch))
    encoder.text("module_id")
    encoder.text(description.moduleID)
    encoder.text("max_pcrs")
    encoder.unsigned(UInt64(description.registers))
    encoder.text("locked_pcrs")
    encoder.array(description.locked.count)
    for index in description.locked { encoder.unsigned(UInt64(index)) }
    encoder.text("digest")
    encoder.text(description.digest)
  }

  /// Reads an answer: fields in any order, each once.
  public init(decoding bytes: [UInt8]) throws(NSMFormatError) {
    guard bytes.count <= AttestationDeviceBounds.responseBytes else { throw .malformed }
    self = try Self.response(try NSMMessageReader.read(bytes))
  }

  private static func response(
    _ message: NSMMessageReader
  ) throws(NSMFormatError) -> NSMResponse {
    switch message.name {
    case "DescribeNSM": return .describeNSM(try description(message))
    case "GetRandom":
      try message.require(["random"])
      return .getRandom(try message.bytes("random"))
    case "DescribePCR":
      try message.require(["lock", "data"])
      return .describePCR(locked: try message.flag("lock"), value: try message.bytes("data"))
    case "ExtendPCR":
      try message.require(["data"])
      return .extendPCR(value: try message.bytes("data"))
    case "LockPCR": try message.requireNoFields(); return .lockPCR
    case "LockPCRs": try message.requireNoFields(); return .lockPCRs
    case "Attestation":
      try message.require(["document"])
      return .attestation(document: try message.bytes("document"))
    case "Error":
      guard case .text(let text)? = message.single, let name = NSMErrorName(rawValue: text) else {
        throw .unknownName
      }
      return .error(name)
    default: throw .unknownName
    }
  }

  private static func description(
    _ message: NSMMessageReader
  ) throws(NSMFormatError) -> NSMDescription {
    try message.require([
      "version_major", "version_minor", "version_patch", "module_id", "max_pcrs", "locked_pcrs",
      "digest",
    ])
    return NSMDescription(
      version: (
        try message.number("version_major"), try message.number("version_minor"),
        try message.number("version_patch")
      ),
      moduleID: try message.text("module_id"), registers: try message.number("max_pcrs"),
      locked: try message.numbers("locked_pcrs"), digest: try message.text("digest"))
  }
}
