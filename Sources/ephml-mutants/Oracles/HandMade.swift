import EphemeralCrypto
import EphemeralSession

/// Records written and sealed by hand, as Spec/Protocol.md §6 says it, with the primitives alone.
struct HandMade {
  let key: [UInt8]
  let iv: [UInt8]
  let sessionID: [UInt8]
  let direction: RecordDirection

  /// Nil unless the material is a record key.
  init?(_ material: SecretMaterial, sessionID: [UInt8], direction: RecordDirection) {
    guard let parts = material.recordKeyBytes else { return nil }
    key = parts.key
    iv = parts.iv
    self.sessionID = sessionID
    self.direction = direction
  }

  /// A record's plaintext.
  static func plaintext(
    type: UInt8, phase: UInt8, flags: UInt8 = 1, reserved: UInt8 = 0, content: [UInt8],
    padded: Int = 64
  ) -> [UInt8] {
    let length = (0..<4).map { UInt8(truncatingIfNeeded: content.count >> (24 - 8 * $0)) }
    return [type, phase, flags, reserved] + length + content
      + [UInt8](repeating: 0, count: max(padded - content.count, 0))
  }

  /// A Sealed frame's payload.
  func seal(_ plaintext: [UInt8], sequence: UInt64) throws -> [UInt8] {
    let number = (0..<8).map { UInt8(truncatingIfNeeded: sequence >> UInt64(56 - 8 * $0)) }
    let nonce = zip(iv, [0, 0, 0, 0] + number).map { $0 ^ $1 }
    let count = plaintext.count + 16
    let length = (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
    let associated =
      Array("ephml/1 record".utf8) + sessionID + [direction.rawValue] + number + length
    var sealer = try AES256GCM.Sealer(key: SecretBytes(copying: key.span))
    return try sealer.seal(
      plaintext.span, nonce: AES256GCM.Nonce(base: nonce.span, number: 0),
      authenticating: associated.span)
  }
}

extension SecretMaterial {
  /// A copy of the content.
  var copied: [UInt8] { withSpan { span in span.indices.map { span[$0] } } ?? [] }
}
