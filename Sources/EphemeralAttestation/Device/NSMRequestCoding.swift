import EphemeralWire

extension NSMRequest {
  /// The request's CBOR, as the device takes it.
  public func encoded() -> [UInt8] {
    var encoder = CBOREncoder()
    switch self {
    case .describeNSM: encoder.text("DescribeNSM")
    case .getRandom: encoder.text("GetRandom")
    case .describePCR(let index):
      Self.open("DescribePCR", fields: 1, in: &encoder)
      encoder.text("index")
      encoder.unsigned(UInt64(index))
    case .extendPCR(let index, let data):
      Self.open("ExtendPCR", fields: 2, in: &encoder)
      encoder.text("index")
      encoder.unsigned(UInt64(index))
      encoder.text("data")
      encoder.bytes(data)
    case .lockPCR(let index):
      Self.open("LockPCR", fields: 1, in: &encoder)
      encoder.text("index")
      encoder.unsigned(UInt64(index))
    case .lockPCRs(let range):
      Self.open("LockPCRs", fields: 1, in: &encoder)
      encoder.text("range")
      encoder.unsigned(UInt64(range))
    case .attestation(let userData, let nonce, let publicKey):
      Self.open("Attestation", fields: 3, in: &encoder)
      for (name, value) in [
        ("user_data", userData), ("nonce", nonce), ("public_key", publicKey),
      ] {
        encoder.text(name)
        if let value { encoder.bytes(value) } else { encoder.null() }
      }
    }
    return encoder.finish()
  }

  private static func open(_ name: String, fields: Int, in encoder: inout CBOREncoder) {
    encoder.map(1)
    encoder.text(name)
    encoder.map(fields)
  }

  /// Reads a request, as a device does: fields in any order, each once, all of them known.
  public init(decoding bytes: [UInt8]) throws(NSMFormatError) {
    guard bytes.count <= AttestationDeviceBounds.requestBytes else { throw .malformed }
    let message = try NSMMessageReader.read(bytes)
    self = try Self.request(message)
  }

  private static func request(_ message: NSMMessageReader) throws(NSMFormatError) -> NSMRequest {
    switch message.name {
    case "DescribeNSM": try message.requireNoFields(); return .describeNSM
    case "GetRandom": try message.requireNoFields(); return .getRandom
    case "DescribePCR":
      try message.require(["index"])
      return .describePCR(index: try message.number("index"))
    case "ExtendPCR":
      try message.require(["index", "data"])
      return .extendPCR(index: try message.number("index"), data: try message.bytes("data"))
    case "LockPCR":
      try message.require(["index"])
      return .lockPCR(index: try message.number("index"))
    case "LockPCRs":
      try message.require(["range"])
      return .lockPCRs(range: try message.number("range"))
    case "Attestation":
      try message.requireSome(of: ["user_data", "nonce", "public_key"])
      return .attestation(
        userData: try message.optionalBytes("user_data"),
        nonce: try message.optionalBytes("nonce"),
        publicKey: try message.optionalBytes("public_key"))
    default: throw .unknownName
    }
  }
}
