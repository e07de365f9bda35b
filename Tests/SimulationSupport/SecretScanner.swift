/// Looks for secrets in what others may see: as they are, in hexadecimal and in base64.
public struct SecretScanner: Sendable {
  /// A needle shorter than this is found by chance too often, in bytes.
  public static let minimumBytes = 8

  private struct Needle: Sendable {
    let name: String
    let bytes: [UInt8]
  }

  private var needles: [Needle] = []
  /// Whether some needle begins with two given bytes.
  private var beginnings = [Bool](repeating: false, count: 1 << 16)

  /// Looks for nothing yet.
  public init() {}

  /// Adds a secret and the ways in which it is usually written.
  public mutating func add(_ name: String, _ bytes: [UInt8]) {
    precondition(bytes.count >= Self.minimumBytes, "too short to be looked for")
    insert(name, bytes)
    insert("\(name) in hexadecimal", Self.hexadecimal(bytes, "0123456789abcdef"))
    insert("\(name) in hexadecimal", Self.hexadecimal(bytes, "0123456789ABCDEF"))
    for shift in 0..<3 {
      insert("\(name) in base64", Self.base64(Array(bytes.dropFirst(shift))))
    }
  }

  /// The name of a secret that stands in the bytes; nil where there is none.
  public func find(in bytes: [UInt8]) -> String? {
    var found: String?
    search(bytes) { name in
      found = name
      return false
    }
    return found
  }

  /// The names of all secrets that stand in the bytes, each once.
  public func findAll(in bytes: [UInt8]) -> [String] {
    var names: [String] = []
    search(bytes) { name in
      if !names.contains(name) { names.append(name) }
      return true
    }
    return names
  }

  /// Tells each secret that stands in the bytes, until nobody wants to know more.
  private func search(_ bytes: [UInt8], _ goesOn: (String) -> Bool) {
    guard bytes.count >= 2 else { return }
    for start in 0..<(bytes.count - 1) {
      guard beginnings[Int(bytes[start]) << 8 | Int(bytes[start + 1])] else { continue }
      for needle in needles where Self.stands(needle.bytes, in: bytes, at: start) {
        guard goesOn(needle.name) else { return }
      }
    }
  }

  /// The name of a secret that stands in the text; nil where there is none.
  public func find(in text: String) -> String? { find(in: Array(text.utf8)) }

  private mutating func insert(_ name: String, _ bytes: [UInt8]) {
    needles.append(Needle(name: name, bytes: bytes))
    beginnings[Int(bytes[0]) << 8 | Int(bytes[1])] = true
  }

  private static func stands(_ needle: [UInt8], in bytes: [UInt8], at start: Int) -> Bool {
    guard start + needle.count <= bytes.count else { return false }
    for index in needle.indices where bytes[start + index] != needle[index] { return false }
    return true
  }

  private static func hexadecimal(_ bytes: [UInt8], _ digits: String) -> [UInt8] {
    let digits = Array(digits.utf8)
    return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }

  /// The whole groups of the encoding that follow from these bytes alone, whatever follows them.
  private static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count - 2, by: 3) {
      let group = Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
      for shift in [18, 12, 6, 0] { text.append(alphabet[group >> shift & 63]) }
    }
    return text
  }
}
