public import EphemeralAttestation

/// The measurement policy's file form (`Spec/Attestation.md` §5), read strictly.
public enum PolicyFile {
  /// The largest policy file that is read, in bytes.
  public static let maximumBytes = 64 << 10

  /// Reads a policy; anything unknown, doubled, missing or of the wrong type is refused.
  ///
  /// - Throws: ``ClientFailure`` naming the file and what is wrong.
  public static func read(_ path: String) throws(ClientFailure) -> MeasurementPolicy {
    try parse(try FileAccess.read(path, maximum: maximumBytes), file: path)
  }

  /// Reads a policy from its text.
  public static func parse(
    _ bytes: [UInt8], file: String
  ) throws(ClientFailure) -> MeasurementPolicy {
    let top = try JSONObject.parse(bytes, file: file)
    try top.allow(["version", "measurements", "roots", "commonNames", "expires"])
    guard try top.integer("version") == 1 else { throw top.failure("\"version\" is not 1") }
    var pins: [MeasurementPolicy.Pin] = []
    for (index, value) in try top.list("measurements").enumerated() {
      pins.append(try pin(value, file: file, place: "measurements[\(index)]"))
    }
    var roots: [[UInt8]]?
    if let value = top.optional("roots") {
      var digests: [[UInt8]] = []
      for (index, root) in try top.list(value, called: "roots").enumerated() {
        digests.append(try top.hexadecimal(root, called: "roots[\(index)]", count: 32))
      }
      roots = digests
    }
    var rule = MeasurementPolicy.CommonNames.enforce
    if let value = top.optional("commonNames") {
      let text = try top.string(value, called: "commonNames")
      guard let named = MeasurementPolicy.CommonNames(rawValue: text) else {
        throw top.failure("\"commonNames\" is neither \"enforce\" nor \"warn\"")
      }
      rule = named
    }
    var expires: UInt64?
    if let value = top.optional("expires") {
      let text = try top.string(value, called: "expires")
      guard let moment = RFC3339.parse(text), RFC3339.text(moment) == text else {
        throw top.failure("\"expires\" is not a time in UTC such as 2027-01-31T00:00:00Z")
      }
      expires = moment
    }
    do throws(PolicyError) {
      return try MeasurementPolicy(
        measurements: pins, roots: roots, commonNames: rule, expires: expires)
    } catch {
      throw .file(file, message(error))
    }
  }

  private static func pin(
    _ value: JSONValue, file: String, place: String
  ) throws(ClientFailure) -> MeasurementPolicy.Pin {
    let object = try JSONObject(value, file: file, place: place)
    try object.allow(["pcr0", "pcr1", "pcr2", "pcr8"])
    let registers = [
      try object.hexadecimal(try object.required("pcr0"), called: "pcr0", count: 48),
      try object.hexadecimal(try object.required("pcr1"), called: "pcr1", count: 48),
      try object.hexadecimal(try object.required("pcr2"), called: "pcr2", count: 48),
    ]
    var signer: [UInt8]?
    if let value = object.optional("pcr8") {
      signer = try object.hexadecimal(value, called: "pcr8", count: 48)
    }
    do throws(PolicyError) {
      return try MeasurementPolicy.Pin(
        pcr0: registers[0], pcr1: registers[1], pcr2: registers[2], pcr8: signer)
    } catch {
      throw object.failure(message(error))
    }
  }

  private static func message(_ error: PolicyError) -> String {
    switch error {
    case .noMeasurements: "\"measurements\" is empty: a policy pins at least one tuple"
    case .tooManyMeasurements:
      "\"measurements\" has more than \(MeasurementPolicy.maximumPins) tuples"
    case .measurementLength: "a register is not 48 bytes long"
    case .zeroMeasurement: "a register is all zero, which is what debug mode reports"
    case .noRoots: "\"roots\" is empty; leave it out to trust AWS's root alone"
    case .tooManyRoots: "\"roots\" has more than \(MeasurementPolicy.maximumRoots) digests"
    case .rootLength: "a root is not 32 bytes long"
    case .expiry: "\"expires\" is later than the year 9999"
    }
  }
}
