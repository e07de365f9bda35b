/// Why a text is not JSON, with the line that shows it.
public enum JSONError: Error, Equatable, Sendable {
  /// The text ends too early.
  case unexpectedEnd
  /// A byte that cannot stand there.
  case unexpectedByte(line: Int)
  /// A number against RFC 8259 §6.
  case invalidNumber(line: Int)
  /// A string with a control character, a bad escape or bad UTF-8.
  case invalidString(line: Int)
  /// An object names a member twice.
  case duplicateName(String, line: Int)
  /// Lists and objects nested deeper than ``JSONParser/maximumDepth``.
  case tooDeep(line: Int)
  /// More text after the value.
  case trailingText(line: Int)

  /// One line for people.
  public var message: String {
    switch self {
    case .unexpectedEnd: "not JSON: the text ends too early"
    case .unexpectedByte(let line): "not JSON: line \(line) has something unexpected"
    case .invalidNumber(let line): "not JSON: line \(line) has an invalid number"
    case .invalidString(let line): "not JSON: line \(line) has an invalid string"
    case .duplicateName(let name, let line): "line \(line) has \"\(name)\" for the second time"
    case .tooDeep(let line): "line \(line) is nested too deeply"
    case .trailingText(let line): "not JSON: line \(line) continues after the end"
    }
  }
}

/// Reads JSON (RFC 8259) strictly: no comments, no trailing commas, no name twice, no byte-order
/// mark, nested at most ``maximumDepth`` deep. The caller bounds the size.
public struct JSONParser {
  /// How deeply lists and objects may be nested.
  public static let maximumDepth = 64

  private let bytes: [UInt8]
  private var at = 0

  /// Reads the whole of `bytes` as one value.
  public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    var parser = JSONParser(bytes: bytes)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    if parser.at < bytes.count { throw .trailingText(line: parser.line) }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var line: Int {
    1 + bytes[..<min(at, bytes.count)].reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
  }

  private mutating func skipSpace() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x0a, 0x0d, 0x09: at += 1
      default: return
      }
    }
  }

  private func peek() throws(JSONError) -> UInt8 {
    guard at < bytes.count else { throw .unexpectedEnd }
    return bytes[at]
  }

  private mutating func expect(_ text: StaticString) throws(JSONError) {
    for index in 0..<text.utf8CodeUnitCount {
      // A static string's bytes live as long as the program.
      let wanted = unsafe text.utf8Start[index]
      guard try peek() == wanted else { throw .unexpectedByte(line: line) }
      at += 1
    }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    skipSpace()
    switch try peek() {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"):
      try expect("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try expect("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try expect("null")
      return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: throw .unexpectedByte(line: line)
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= Self.maximumDepth else { throw .tooDeep(line: line) }
    at += 1
    var members: [JSONValue.Member] = []
    // Names differ as their bytes do (RFC 8259 §8.3), not as equivalent texts.
    var names: Set<[UInt8]> = []
    skipSpace()
    if try peek() == UInt8(ascii: "}") {
      at += 1
      return .object([])
    }
    while true {
      skipSpace()
      guard try peek() == UInt8(ascii: "\"") else { throw .unexpectedByte(line: line) }
      let name = try string()
      guard names.insert(Array(name.utf8)).inserted else { throw .duplicateName(name, line: line) }
      skipSpace()
      try expect(":")
      members.append(JSONValue.Member(name, try value(depth: depth)))
      skipSpace()
      if try peek() == UInt8(ascii: "}") {
        at += 1
        return .object(members)
      }
      try expect(",")
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= Self.maximumDepth else { throw .tooDeep(line: line) }
    at += 1
    var values: [JSONValue] = []
    skipSpace()
    if try peek() == UInt8(ascii: "]") {
      at += 1
      return .array([])
    }
    while true {
      values.append(try value(depth: depth))
      skipSpace()
      if try peek() == UInt8(ascii: "]") {
        at += 1
        return .array(values)
      }
      try expect(",")
    }
  }

  /// RFC 8259 §6: an optional minus, no leading zero, an optional fraction and exponent.
  private mutating func number() throws(JSONError) -> String {
    let start = at
    if bytes[at] == UInt8(ascii: "-") { at += 1 }
    let whole = digits()
    guard whole > 0, whole == 1 || bytes[at - whole] != UInt8(ascii: "0") else {
      throw .invalidNumber(line: line)
    }
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      at += 1
      guard digits() > 0 else { throw .invalidNumber(line: line) }
    }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") {
        at += 1
      }
      guard digits() > 0 else { throw .invalidNumber(line: line) }
    }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  private mutating func digits() -> Int {
    let start = at
    while at < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at]) { at += 1 }
    return at - start
  }

  private mutating func string() throws(JSONError) -> String {
    at += 1
    var out: [UInt8] = []
    while true {
      let byte = try peek()
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: out, as: UTF8.self) else {
          throw .invalidString(line: line)
        }
        return text
      case UInt8(ascii: "\\"): try escape(into: &out)
      case 0..<0x20: throw .invalidString(line: line)
      default: out.append(byte)
      }
    }
  }

  private mutating func escape(into out: inout [UInt8]) throws(JSONError) {
    let byte = try peek()
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0c)
    case UInt8(ascii: "n"): out.append(0x0a)
    case UInt8(ascii: "r"): out.append(0x0d)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xd800..<0xdc00).contains(code) {
        try expect("\\u")
        let low = try hexadecimal()
        guard (0xdc00..<0xe000).contains(low) else { throw .invalidString(line: line) }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw .invalidString(line: line) }
      out += Array(String(Character(scalar)).utf8)
    default: throw .invalidString(line: line)
    }
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(try peek())).hexDigitValue else {
        throw .invalidString(line: line)
      }
      at += 1
      code = code << 4 | UInt32(digit)
    }
    return code
  }
}
