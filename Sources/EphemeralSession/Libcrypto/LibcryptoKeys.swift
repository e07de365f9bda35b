import EphemeralAttestation
import EphemeralCrypto
import EphemeralWire
import FaultPoints

extension LibcryptoCryptography {
  /// T0 (Spec/Protocol.md §5.1).
  public func transcriptEvidence(hello: [UInt8], body: [UInt8]) -> [UInt8] {
    EvidenceTranscript.digest(clientHello: hello, body: body)
  }

  /// T1 (Spec/Protocol.md §5.1).
  public func transcriptOffer(_ evidence: [UInt8], document: [UInt8]) -> [UInt8] {
    SHA384.hash(
      Array("ephml/1 t1".utf8) + evidence
        + SHA384.hash(planted("transcript-without-document") ? [] : document))
  }

  /// T2 (Spec/Protocol.md §5.1).
  public func transcriptKeys(
    _ offer: [UInt8], exchange: KeyExchangeFields<[UInt8]>
  ) -> [UInt8] {
    SHA384.hash(
      Array("ephml/1 t2".utf8) + offer
        + (planted("transcript-without-encapsulation") ? [] : exchange.encapsulation)
        + (planted("transcript-without-ciphertext") ? [] : exchange.ciphertext))
  }

  /// DeriveKeyPair of RFC 9180 §7.1.3 over the seed.
  public func makeKeyPair(
    seed: SecretMaterial
  ) throws(ProviderFailure) -> (key: SecretMaterial, publicKey: [UInt8]) {
    let bytes = try copyContent(seed)
    let key = try own { () throws(CryptoError) in try HPKE.deriveKeyPair(inputKey: bytes) }
    let publicKey = key.publicKey
    return (SecretMaterial(.agreement(key)), publicKey)
  }

  /// An Ed25519 key whose RFC 8032 seed is the seed.
  public func makeReceiptKey(
    seed: SecretMaterial
  ) throws(ProviderFailure) -> (key: SecretMaterial, publicKey: [UInt8]) {
    let bytes = try copyContent(seed)
    let key: Ed25519SigningKey
    do { key = try Ed25519SigningKey(seed: bytes) } catch { throw .fault }
    let publicKey = key.publicKey
    return (SecretMaterial(.signing(key)), publicKey)
  }

  /// HPKE's info: T1.
  private func info(_ transcript: [UInt8]) -> [UInt8] {
    planted("exchange-without-info") ? [] : transcript
  }

  /// SetupBaseS with `info` = T1 and the context's only seal (Spec/Protocol.md §5.2).
  public func offerKeys(
    to publicKey: [UInt8], seed: SecretMaterial, transcript: [UInt8]
  ) throws(ProviderFailure) -> (
    exchange: KeyExchangeFields<[UInt8]>, exporter: SecretMaterial
  ) {
    let ephemeral = try copyContent(seed)
    var context = try judged { () throws(CryptoError) in
      try HPKE.setupSender(
        recipientPublicKey: publicKey.span, info: info(transcript).span,
        ephemeralInputKey: ephemeral)
    }
    let sealed: [UInt8]
    do {
      sealed = try context.seal(transcript.span, authenticating: Span())
    } catch {
      throw .fault
    }
    let exchange = KeyExchangeFields(encapsulation: context.encapsulation, ciphertext: sealed)
    return (exchange, SecretMaterial(.sender(context)))
  }

  /// SetupBaseR; refuses unless the ciphertext opens to T1 (Spec/Protocol.md §5.2).
  public func acceptKeys(
    _ exchange: KeyExchangeFields<[UInt8]>, key: SecretMaterial, transcript: [UInt8]
  ) throws(ProviderFailure) -> SecretMaterial {
    switch key.storage {
    case .agreement(let privateKey):
      let context = try judged { () throws(CryptoError) in
        try open(exchange, privateKey, transcript)
      }
      return SecretMaterial(.recipient(context))
    default: throw .fault
    }
  }

  private func open(
    _ exchange: KeyExchangeFields<[UInt8]>, _ privateKey: borrowing X25519PrivateKey,
    _ transcript: [UInt8]
  ) throws(CryptoError) -> HPKE.RecipientContext {
    var context = try HPKE.setupRecipient(
      encapsulation: exchange.encapsulation.span, privateKey: privateKey,
      info: info(transcript).span)
    let finished = try context.open(exchange.ciphertext.span, authenticating: Span())
    guard
      finished.withSpan({ constantTimeEquals($0, transcript.span) })
        || planted("client-finished-unchecked")
    else {
      throw .authenticationFailed
    }
    return context
  }

  /// Record key and IV of a direction (Spec/Protocol.md §5.3).
  public func exportRecordKey(
    _ exporter: SecretMaterial, direction: RecordDirection, transcript: [UInt8]
  ) throws(ProviderFailure) -> SecretMaterial {
    let isForward = direction == .clientToEnclave || planted("directions-share-keys")
    let way = isForward != planted("directions-swapped") ? "c2e" : "e2c"
    let transcript = planted("keys-without-transcript") ? [] : transcript
    let key = try export(exporter, Array("ephml/1 \(way) key ".utf8) + transcript, count: 32)
    let iv = try export(
      exporter,
      Array("ephml/1 \(way) iv ".utf8) + (planted("iv-without-transcript") ? [] : transcript),
      count: 12)
    return SecretMaterial(.record(RecordKey(key: key, iv: iv)))
  }

  private func export(
    _ exporter: SecretMaterial, _ context: [UInt8], count: Int
  ) throws(ProviderFailure) -> SecretBytes {
    do throws(CryptoError) {
      switch exporter.storage {
      case .sender(let sender): return try sender.export(context: context.span, count: count)
      case .recipient(let recipient):
        return try recipient.export(context: context.span, count: count)
      default: throw CryptoError.invalidPrivateKey
      }
    } catch {
      throw .fault
    }
  }

  /// A second copy of content, for a call that takes ownership.
  private func copyContent(_ material: SecretMaterial) throws(ProviderFailure) -> SecretBytes {
    switch material.storage {
    case .content(let content):
      do throws(CryptoError) {
        return try content.withSpan { (span) throws(CryptoError) in
          try SecretBytes(copying: span)
        }
      } catch {
        throw .fault
      }
    default: throw .fault
    }
  }
}
