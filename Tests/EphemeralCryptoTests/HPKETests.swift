import TestSupport
import Testing

@testable import EphemeralCrypto

@Suite("HPKE")
struct HPKETests {
  struct Vector: Decodable {
    struct Encryption: Decodable {
      let aad: HexBytes
      let ct: HexBytes
      let nonce: HexBytes
      let pt: HexBytes
    }
    struct Export: Decodable {
      let exporter_context: HexBytes
      let L: Int
      let exported_value: HexBytes
    }
    let mode: Int
    let kem_id: Int
    let kdf_id: Int
    let aead_id: Int
    let info: HexBytes
    let ikmR: HexBytes
    let ikmE: HexBytes
    let skRm: HexBytes
    let skEm: HexBytes
    let pkRm: HexBytes
    let pkEm: HexBytes
    let enc: HexBytes
    let shared_secret: HexBytes
    let key_schedule_context: HexBytes
    let secret: HexBytes
    let key: HexBytes
    let base_nonce: HexBytes
    let exporter_secret: HexBytes
    let encryptions: [Encryption]
    let exports: [Export]
  }

  static func vector() throws -> Vector {
    let all = try Vectors.json([Vector].self, "hpke/rfc9180-base-x25519-hkdf-sha256.json")
    return try #require(
      all.first { $0.mode == 0 && $0.kem_id == 0x20 && $0.kdf_id == 1 && $0.aead_id == 2 })
  }

  @Test("CFRG's vectors: keys and the key schedule", .enabled(if: Vectors.shouldRun))
  func schedule() throws {
    let vector = try Self.vector()
    let recipient = try HPKE.deriveKeyPair(inputKey: try secret(vector.ikmR.bytes))
    #expect(recipient.publicKey == vector.pkRm.bytes)
    #expect(recipient.withSpan { span in span.indices.map { span[$0] } } == vector.skRm.bytes)
    let ephemeral = try HPKE.deriveKeyPair(inputKey: try secret(vector.ikmE.bytes))
    #expect(ephemeral.publicKey == vector.pkEm.bytes)
    #expect(ephemeral.withSpan { span in span.indices.map { span[$0] } } == vector.skEm.bytes)

    let shared = try HPKE.sharedSecret(
      of: try recipient.sharedSecret(with: vector.enc.bytes.span),
      encapsulation: vector.enc.bytes.span, recipient: vector.pkRm.bytes.span)
    #expect(reveal(shared) == vector.shared_secret.bytes)
    #expect(
      try HPKE.KeySchedule.context(info: vector.info.bytes.span)
        == vector.key_schedule_context.bytes)
    #expect(
      reveal(try HPKE.KeySchedule.secret(sharedSecret: shared)) == vector.secret.bytes)
    let schedule = try HPKE.KeySchedule(sharedSecret: shared, info: vector.info.bytes.span)
    #expect(reveal(schedule.key) == vector.key.bytes)
    #expect(reveal(schedule.baseNonce) == vector.base_nonce.bytes)
    #expect(reveal(schedule.exporterSecret) == vector.exporter_secret.bytes)
    for (sequence, encryption) in vector.encryptions.enumerated() {
      let nonce = try schedule.nonce(UInt64(sequence))
      #expect(nonce.bytes.indices.map { nonce.bytes[$0] } == encryption.nonce.bytes)
    }
  }

  @Test("CFRG's vectors: both contexts seal, open and export", .enabled(if: Vectors.shouldRun))
  func contexts() throws {
    let vector = try Self.vector()
    let key = try X25519PrivateKey(try secret(vector.skRm.bytes))
    var sender = try HPKE.setupSender(
      recipientPublicKey: vector.pkRm.bytes.span, info: vector.info.bytes.span,
      ephemeralInputKey: try secret(vector.ikmE.bytes))
    #expect(sender.encapsulation == vector.enc.bytes)
    var recipient = try HPKE.setupRecipient(
      encapsulation: vector.enc.bytes.span, privateKey: key, info: vector.info.bytes.span)
    #expect(vector.encryptions.count >= 12)
    for encryption in vector.encryptions {
      #expect(
        try sender.seal(encryption.pt.bytes.span, authenticating: encryption.aad.bytes.span)
          == encryption.ct.bytes)
      let opened = try recipient.open(
        encryption.ct.bytes.span, authenticating: encryption.aad.bytes.span)
      #expect(reveal(opened) == encryption.pt.bytes)
    }
    #expect(vector.exports.count >= 3)
    for export in vector.exports {
      let context = export.exporter_context.bytes
      #expect(
        reveal(try sender.export(context: context.span, count: export.L))
          == export.exported_value.bytes)
      #expect(
        reveal(try recipient.export(context: context.span, count: export.L))
          == export.exported_value.bytes)
    }
  }

  @Test("A failed open keeps its place; a stranger's info or enc opens nothing")
  func failures() throws {
    let key = try X25519PrivateKey.generate()
    let publicKey = key.publicKey
    let info = Array("info".utf8)
    let message = Array("message".utf8)
    var sender = try HPKE.setupSender(
      recipientPublicKey: publicKey.span, info: info.span,
      ephemeralInputKey: try SecretBytes(randomCount: 32))
    let encapsulation = sender.encapsulation
    let sealed = try sender.seal(message.span, authenticating: Span())
    var recipient = try HPKE.setupRecipient(
      encapsulation: encapsulation.span, privateKey: key, info: info.span)
    var changed = sealed
    changed[3] ^= 4
    #expect(
      failure { () throws(CryptoError) in
        _ = try recipient.open(changed.span, authenticating: Span())
      } == .authenticationFailed)
    #expect(reveal(try recipient.open(sealed.span, authenticating: Span())) == message)
    var stranger = try HPKE.setupRecipient(
      encapsulation: encapsulation.span, privateKey: key, info: message.span)
    #expect(
      failure { () throws(CryptoError) in
        _ = try stranger.open(sealed.span, authenticating: Span())
      } == .authenticationFailed)
    for wrong in [[UInt8](), [UInt8](repeating: 9, count: 33)] {
      #expect(
        failure { () throws(CryptoError) in
          _ = try HPKE.setupRecipient(
            encapsulation: wrong.span, privateKey: key, info: Span())
        } == .invalidPublicKey)
    }
    let zero = [UInt8](repeating: 0, count: 32)
    #expect(
      failure { () throws(CryptoError) in
        _ = try HPKE.setupRecipient(encapsulation: zero.span, privateKey: key, info: Span())
      } == .sharedSecretRefused)
    #expect(
      failure { () throws(CryptoError) in
        _ = try HPKE.deriveKeyPair(inputKey: try SecretBytes(count: 31))
      } == .wrongLength)
    #expect(
      failure { () throws(CryptoError) in
        _ = try sender.export(context: Span(), count: HPKE.maximumExportByteCount + 1)
      } == .tooLarge)
  }
}
