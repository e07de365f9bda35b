public import EphemeralWire

/// Why a provider did not give a result.
public enum ProviderFailure: Error, Equatable, Hashable, Sendable {
  /// The input is the peer's and it is bad: a tag, a point, a signature, an encoding.
  case refused
  /// This side could not: no memory, a library failure.
  case fault
}

/// The client's judgement of evidence.
public enum EvidenceJudgement<Verified> {
  /// A check failed.
  case refused
  /// Genuine, but no measurement was pinned: never enough for an inference.
  case genuineUnpinned
  /// Accepted, with the proof that only the verifier makes.
  case accepted(Verified)
}

/// Everything cryptographic that the machines do, so that the same machines run over libcrypto
/// and over symbolic terms.
///
/// Methods that return `Material` give ownership to the caller, who destroys it through
/// `Secret`. None of them keeps a reference. Materials passed in stay the caller's.
public protocol SessionCryptography: SessionCodec {
  /// A transcript hash.
  associatedtype Digest: Equatable & Sendable
  /// A handle on a secret: a key, a seed, or secret content. Copying the handle does not copy
  /// the secret.
  associatedtype Material
  /// The proof that evidence was verified and bound.
  associatedtype VerifiedEvidence
  /// Every check of the judgement, for people to read.
  associatedtype EvidenceReport

  /// Overwrites the secret; calling it twice is harmless.
  static func destroy(_ material: Material)

  // MARK: Transcript (Spec/Protocol.md §5.1)

  /// T0, over ClientHello's payload and EvidenceBody.
  func transcriptEvidence(hello: Bytes, body: Bytes) -> Digest
  /// T1, over T0 and the attestation document as received.
  func transcriptOffer(_ evidence: Digest, document: Bytes) -> Digest
  /// T2, over T1 and KeyExchange's two fields.
  func transcriptKeys(_ offer: Digest, exchange: KeyExchangeFields<Bytes>) -> Digest

  // MARK: Keys (Spec/Protocol.md §5.2)

  /// A KEM key pair from a 32-byte seed; destroys nothing.
  func makeKeyPair(seed: Material) throws(ProviderFailure) -> (key: Material, publicKey: Bytes)
  /// A receipt signing key from a 32-byte seed.
  func makeReceiptKey(seed: Material) throws(ProviderFailure) -> (key: Material, publicKey: Bytes)
  /// The client's half: encapsulates to the enclave's key with `info` = T1 and seals T1.
  func offerKeys(
    to publicKey: Bytes, seed: Material, transcript: Digest
  ) throws(ProviderFailure) -> (exchange: KeyExchangeFields<Bytes>, exporter: Material)
  /// The enclave's half: `refused` unless the ciphertext opens to T1.
  func acceptKeys(
    _ exchange: KeyExchangeFields<Bytes>, key: Material, transcript: Digest
  ) throws(ProviderFailure) -> Material
  /// The record key and IV of one direction, exported under T2.
  func exportRecordKey(
    _ exporter: Material, direction: RecordDirection, transcript: Digest
  ) throws(ProviderFailure) -> Material

  // MARK: Records (Spec/Protocol.md §6)

  /// The content of KeyConfirm: T2's bytes.
  func confirmContent(_ transcript: Digest) throws(ProviderFailure) -> Material
  /// Whether KeyConfirm's content is T2; constant time.
  func confirms(_ content: Material, _ transcript: Digest) -> Bool
  /// The content's length in bytes.
  func count(_ content: Material) -> UInt64
  /// The number of records that a padded message needs, at least 1.
  func recordCount(_ content: Material, padding: MessagePadding) -> UInt64
  /// Seals one piece of a message; `piece` is below `recordCount`.
  func sealRecord(
    _ content: Material, piece: UInt64, padding: MessagePadding, head: RecordHead, key: Material,
    context: RecordContext<Bytes>
  ) throws(ProviderFailure) -> Bytes
  /// Opens one record; `refused` for a bad tag, type, phase byte, flag or padding.
  func openRecord(
    _ payload: Bytes, key: Material, context: RecordContext<Bytes>
  ) throws(ProviderFailure) -> OpenedRecord<Material>
  /// Appends a later piece to a message; a replaced handle's secret is destroyed here.
  func append(_ piece: Material, to message: inout Material) throws(ProviderFailure)

  // MARK: Contents (Spec/Protocol.md §7)

  /// Abort's content.
  func abortContent(_ code: AbortCode) throws(ProviderFailure) -> Material
  /// Abort's code; `nil` unless the content is one.
  func readAbort(_ content: Material) -> AbortCode?
  /// Close's content.
  func closeContent() throws(ProviderFailure) -> Material
  /// Whether the content is Close's.
  func isClose(_ content: Material) -> Bool
  /// Assembled's content.
  func assembledContent(_ fields: AssembledFields<Bytes>) throws(ProviderFailure) -> Material
  /// Assembled's fields; `nil` unless the content is one.
  func readAssembled(_ content: Material) -> AssembledFields<Bytes>?
  /// The head of an InferRequest; `nil` when it does not parse.
  func readRequest(_ content: Material) -> RequestHead<Bytes>?
  /// InferResult's content from the response's CBOR, the receipt, and the exposure in nanoseconds.
  func resultContent(
    response: Material, receipt: Bytes, exposureNanoseconds: UInt64
  ) throws(ProviderFailure) -> Material
  /// Takes an InferResult apart; `refused` when it does not parse.
  func readResult(
    _ content: Material
  ) throws(ProviderFailure) -> (response: Material, receipt: Bytes, exposureNanoseconds: UInt64)
  /// SHA-256 over the response's CBOR.
  func responseHash(_ response: Material) -> Bytes
  /// Whether the response carries the request's sequence number and random bytes.
  func response(_ response: Material, answers request: RequestHead<Bytes>) -> Bool
  /// Zeroized's content.
  func zeroizedContent(report: Bytes) throws(ProviderFailure) -> Material
  /// Zeroized's wipe report; `nil` unless the content is one.
  func readZeroized(_ content: Material) -> Bytes?

  // MARK: Statements (Spec/Attestation.md)

  /// The client's judgement: every attestation check, the binding to T0, nonce and KEM key.
  func judge(
    _ evidence: EvidenceParts<Bytes>, transcript: Digest, nonce: Bytes, unixSeconds: UInt64
  ) -> (EvidenceJudgement<VerifiedEvidence>, EvidenceReport)
  /// A receipt under the receipt key.
  func signReceipt(
    _ claims: ReceiptStatement<Bytes>, key: Material
  ) throws(ProviderFailure) -> Bytes
  /// Whether a receipt verifies and says what is expected.
  func verifyReceipt(
    _ receipt: Bytes, expectation: ReceiptExpectation<Bytes>, publicKey: Bytes,
    evidence: VerifiedEvidence
  ) -> Bool
  /// A wipe report under the receipt key.
  func signWipeReport(
    _ claims: WipeStatement<Bytes>, key: Material
  ) throws(ProviderFailure) -> Bytes
  /// Whether a wipe report verifies and is about this session and its last inference.
  func verifyWipeReport(
    _ report: Bytes, sessionID: Bytes, inferences: UInt64, publicKey: Bytes
  ) -> Bool
}

/// A provider whose secrets can be duplicated, so that machines can be forked for exploration.
///
/// The real provider is not one: forking a real session does not compile.
public protocol ForkableProvider: SessionCryptography
where Bytes: Hashable, Digest: Hashable, Material: Hashable {
  /// A second, independent handle on an equal secret.
  static func fork(_ material: Material) -> Material
}

extension Secret where Crypto: ForkableProvider {
  /// An independent secret with the same content.
  borrowing func fork() -> Secret<Crypto> { Secret(Crypto.fork(material)) }
}
