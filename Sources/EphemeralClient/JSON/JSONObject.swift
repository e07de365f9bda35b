internal import EphemeralAttestation
// Whoever imports this module reads JSON with it too.
@_exported public import EphemeralJSON
internal import EphemeralRuntime

/// A JSON object of a file that must have exactly the members that its format names.
///
/// Every accessor throws a ``ClientFailure`` that names the file and the place.
struct JSONObject {
  let file: String
  /// Where in the file, such as `measurements[0]`; empty at the top.
  let place: String
  let members: [JSONValue.Member]

  /// Reads a whole file as one object.
  static func read(_ path: String, maximum: Int) throws(ClientFailure) -> JSONObject {
    try parse(try FileAccess.read(path, maximum: maximum), file: path)
  }

  /// Reads a text as one object.
  static func parse(_ bytes: [UInt8], file: String) throws(ClientFailure) -> JSONObject {
    let value: JSONValue
    do { value = try JSONParser.parse(bytes) } catch { throw .file(file, error.message) }
    return try JSONObject(value, file: file, place: "")
  }

  init(_ value: JSONValue, file: String, place: String) throws(ClientFailure) {
    guard case .object(let members) = value else {
      throw .file(file, (place.isEmpty ? "" : place + " is ") + value.kind + ", not an object")
    }
    self.file = file
    self.place = place
    self.members = members
  }

  /// Refuses members that the format does not know, and suggests the near one.
  func allow(_ names: [String]) throws(ClientFailure) {
    for member in members where !names.contains(member.name) {
      let near = EditDistance.nearest(to: member.name, among: names)
      throw failure(
        "unknown member \"\(member.name)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""))
    }
  }

  func optional(_ name: String) -> JSONValue? { members.first { $0.name == name }?.value }

  func required(_ name: String) throws(ClientFailure) -> JSONValue {
    guard let value = optional(name) else { throw failure("\"\(name)\" is missing") }
    return value
  }

  func string(_ name: String) throws(ClientFailure) -> String {
    try string(try required(name), called: name)
  }

  func string(_ value: JSONValue, called name: String) throws(ClientFailure) -> String {
    guard case .string(let text) = value else {
      throw failure("\"\(name)\" is \(value.kind), not a string")
    }
    return text
  }

  func list(_ name: String) throws(ClientFailure) -> [JSONValue] {
    try list(try required(name), called: name)
  }

  func list(_ value: JSONValue, called name: String) throws(ClientFailure) -> [JSONValue] {
    guard case .array(let values) = value else {
      throw failure("\"\(name)\" is \(value.kind), not a list")
    }
    return values
  }

  func integer(_ name: String) throws(ClientFailure) -> Int {
    let value = try required(name)
    guard case .number(let digits) = value, let number = Int(digits) else {
      throw failure("\"\(name)\" is not a whole number")
    }
    return number
  }

  /// A string of exactly `count` bytes in hexadecimal.
  func hexadecimal(_ value: JSONValue, called name: String, count: Int) throws(ClientFailure)
    -> [UInt8]
  {
    let text = try string(value, called: name)
    guard text.utf8.count == 2 * count, let bytes = Hexadecimal.decode(text) else {
      throw failure("\"\(name)\" is not \(2 * count) hexadecimal digits")
    }
    return bytes
  }

  func failure(_ problem: String) -> ClientFailure {
    .file(file, (place.isEmpty ? "" : place + ": ") + problem)
  }
}
