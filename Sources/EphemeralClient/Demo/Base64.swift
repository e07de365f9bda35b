internal import Foundation

/// Bundled bytes.
enum Base64 {
  /// The bytes of a base64 text that is part of the program.
  static func decode(_ text: StaticString) -> [UInt8]? {
    Data(base64Encoded: text.description).map(Array.init)
  }
}
