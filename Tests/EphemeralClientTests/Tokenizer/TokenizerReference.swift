import EphemeralCrypto
import EphemeralRuntime
import Foundation
import TestSupport

@testable import EphemeralClient

/// Strings and the ids that Hugging Face's `tokenizers` gives them, in a folder that
/// `Peers/tokenizer_reference.py` wrote.
struct TokenizerReference {
  /// The ways in which a tokenizer's settings differ; the script's `variants`.
  static let variants = [
    "package", "bare", "cased", "stripped", "accented", "dirty", "added", "alone",
  ]

  let folder: String
  let strings: [String]

  init(folder: String) throws {
    self.folder = folder
    let strings = try JSONParser.parse(
      try FileAccess.read(folder + "/strings.json", maximum: 1 << 26))
    guard case .array(let values) = strings else { throw ClientFailure(.failed, "no strings") }
    self.strings = values.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }

  /// The table that is committed.
  static func committed() throws -> TokenizerReference {
    try TokenizerReference(folder: Fixtures.path("tokenizer"))
  }

  func tokenizer(_ variant: String) throws -> Tokenizer {
    try Tokenizer.read(folder + "/\(variant).tokenizer.json")
  }

  /// The strings that come out otherwise, each with what was wanted and found.
  ///
  /// - Parameter step: of so many strings one is looked at.
  func differences(_ variant: String, step: Int = 1) throws -> [String] {
    let tokenizer = try tokenizer(variant)
    let content = try FileAccess.read(folder + "/\(variant).ids.json", maximum: 1 << 28)
    guard case .array(let rows) = try JSONParser.parse(content), rows.count == strings.count else {
      return ["\(variant): not as many ids as strings"]
    }
    var found: [String] = []
    for index in stride(from: 0, to: strings.count, by: step) {
      let (text, row) = (strings[index], rows[index])
      let encoding = tokenizer.encode(text)
      let batch = TokenBatch(
        [encoding],
        padding: tokenizer.padding
          ?? TokenPadding(fixedCount: nil, end: .right, multiple: 1, id: 0, typeID: 0))
      let got = JSONValue.array(
        [batch.ids, batch.typeIDs, batch.mask].map { .array($0.map { .integer($0) }) })
      if got != row {
        found.append(
          "\(variant): \(text.debugDescription.prefix(200)): \(got.text) not \(row.text)")
      }
    }
    return found
  }

  /// SHA-256 over what becomes of single characters; the script's `sweep`.
  static func sweep(_ tokenizer: Tokenizer) -> String {
    var codes: [UInt32] = (0..<0x20000).filter { code in
      let isOneOfMany = (0x3400..<0xa000).contains(code) || (0xac00..<0xd7a4).contains(code)
      return !(0xd800..<0xe000).contains(code) && (!isOneOfMany || code % 97 == 0)
    }
    codes += (0x20000..<0x110000).filter { $0 % 251 == 0 || (0x2f800..<0x2fa20).contains($0) }
    var hasher = SHA256.Hasher()
    for start in stride(from: 0, to: codes.count, by: 1024) {
      var text = String.UnicodeScalarView()
      for code in codes[start..<min(start + 1024, codes.count)] {
        guard let scalar = Unicode.Scalar(code) else { continue }
        if !text.isEmpty { text.append(" ") }
        text.append(contentsOf: ["x", scalar, "y"])
      }
      let words = Self.words(tokenizer.normalizer.normalize(text))
      hasher.update(Array(words.joined(separator: "|").utf8))
    }
    return Hex.encode(hasher.finalize())
  }

  private static func words(_ scalars: [Unicode.Scalar]) -> [String] {
    var words: [String] = []
    var word = String.UnicodeScalarView()
    func flush() {
      if !word.isEmpty { words.append(String(word)) }
      word = String.UnicodeScalarView()
    }
    for scalar in scalars {
      if BertCharacters.isSpace(scalar) {
        flush()
      } else if BertCharacters.isPunctuation(scalar) {
        flush()
        words.append(String(Character(scalar)))
      } else {
        word.append(scalar)
      }
    }
    flush()
    return words
  }

  /// The digests that Hugging Face's library gave.
  func sweeps() throws -> JSONValue {
    try JSONParser.parse(try FileAccess.read(folder + "/sweep.json", maximum: 1 << 16))
  }
}
