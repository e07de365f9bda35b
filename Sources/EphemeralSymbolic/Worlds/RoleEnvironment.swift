import EphemeralSession
import EphemeralWire

/// Collects distinct lines in the order in which they come.
final class LineRecorder {
  private var seen: Set<String> = []
  private(set) var lines: [String] = []

  /// Notes a line.
  func record(_ line: String) {
    if seen.insert(line).inserted { lines.append(line) }
  }
}

/// What a role's environment says to it: honest values, and for each guard one that realises it.
struct RoleEnvironment {
  let crypto: SymbolicCryptography
  let nonce: Term
  let clientSeed: Term
  let topology: Term
  let modelHash: Term
  let junk: Term
  /// A piece without content.
  let nothing: Term
  private let sessionID: Term
  private let keySeed: Term
  private let receiptSeed: Term

  /// A piece that is full and not the last.
  static let full = Piece(isFinal: false, contentCount: 262_144, paddedCount: 262_144)
  /// A full piece that is the last.
  static let fullAndLast = Piece(isFinal: true, contentCount: 262_144, paddedCount: 262_144)
  /// A last piece.
  static let last = Piece(isFinal: true, contentCount: 3, paddedCount: 64)
  /// A piece that is too short to have others behind it.
  static let broken = Piece(isFinal: false, contentCount: 3, paddedCount: 64)

  init() {
    let arena = TermArena()
    crypto = SymbolicCryptography(arena: arena)
    nonce = arena.atom(.nonce, .client1)
    clientSeed = arena.atom(.clientSeed, .client1)
    topology = arena.atom(.topology, .client1)
    modelHash = arena.make(.model, topology)
    junk = arena.make(.junk)
    nothing = arena.atom(.empty, .nobody)
    sessionID = arena.atom(.sessionID, .enclave1)
    keySeed = arena.atom(.keySeed, .enclave1)
    receiptSeed = arena.atom(.receiptSeed, .enclave1)
  }

  private var arena: TermArena { crypto.arena }

  // MARK: For a client

  /// Evidence, and T2 of the KeyExchange that answers it where it is accepted.
  struct EvidenceOffer {
    let payload: Term
    let transcript: Term?
  }

  /// Accepted evidence, and such as is refused, too small for the topology, and unusable.
  var evidence: [EvidenceOffer] {
    let small = EnclaveLimits(
      maxTopologyBytes: 1, maxRequestBytes: 1 << 20, maxWeightBytes: 1, maxSessionSeconds: 3600)
    return [
      evidence(key: keyPublic, .standard, DocumentFacts()),
      evidence(key: keyPublic, .standard, DocumentFacts(isDebug: true)),
      evidence(key: keyPublic, .standard, DocumentFacts(isPinned: false)),
      evidence(key: keyPublic, small, DocumentFacts()),
      evidence(key: junk, .standard, DocumentFacts()),
    ]
  }

  private var keyPublic: Term { arena.make(.kemPublic, keySeed) }
  private var receiptPublic: Term { arena.make(.signPublic, receiptSeed) }

  private func body(key: Term, _ limits: EnclaveLimits) -> Term {
    crypto.encode(
      EvidenceFields(
        sessionID: sessionID, keyPublic: key, receiptPublic: receiptPublic, limits: limits))
  }

  private func evidence(
    key: Term, _ limits: EnclaveLimits, _ facts: DocumentFacts
  ) -> EvidenceOffer {
    let body = body(key: key, limits)
    let hello = crypto.encodeHello(nonce: nonce)
    let first = crypto.transcriptEvidence(hello: hello, body: body)
    let document = crypto.document(facts, userData: first, nonce: nonce, key: key)
    let second = crypto.transcriptOffer(first, document: document)
    let offer = try? crypto.offerKeys(to: key, seed: clientSeed, transcript: second)
    return EvidenceOffer(
      payload: arena.make(.evidence, body, document),
      transcript: offer.map { crypto.transcriptKeys(second, exchange: $0.exchange) })
  }

  /// Assembled's content.
  func assembled(right: Bool) -> Term {
    arena.make(.assembled, right ? modelHash : arena.make(.model, junk))
  }

  /// A request, in the first place a right one.
  private var request: Term { request(arena.atom(.input, .client1), 0) }

  private func request(_ input: Term, _ sequence: UInt32) -> Term {
    arena.make(.request, arena.atom(.random, .client1), input, numbers: sequence)
  }

  /// Requests: right, no request, out of order, too long, and too long for the key's rest.
  var requests: [Term] {
    [
      request, junk, request(arena.atom(.input, .client1), 7),
      request(arena.atom(.oversized, .nobody), 0), request(arena.atom(.heavy, .nobody), 0),
    ]
  }

  /// InferResult's content for the right request, or for another.
  func result(right: Bool) -> Term {
    let limits = body(key: keyPublic, .standard)
    let hello = crypto.encodeHello(nonce: nonce)
    let document = crypto.document(
      userData: crypto.transcriptEvidence(hello: hello, body: limits), nonce: nonce,
      key: keyPublic)
    let response = response(to: arena.atom(.input, .client1))
    let other = arena.make(.hash, junk)
    let hashes = arena.make(
      .pair, right ? arena.make(.hash, request) : other, arena.make(.hash, response))
    let receipt = crypto.receipt(
      signer: receiptSeed, sessionID, arena.make(.pair, nonce, document),
      arena.make(.triple, model.name, model.version, modelHash), hashes, sequence: 0,
      issuedAt: 0, Self.statistics)
    return arena.make(.result, response, receipt)
  }

  /// A response to the request, the model's output for an input.
  private func response(to input: Term) -> Term {
    arena.make(
      .response, arena.atom(.random, .client1), arena.make(.output, topology, input), numbers: 0)
  }

  /// Zeroized's content.
  func zeroized(inferences: UInt64) -> Term {
    arena.make(
      .zeroized,
      crypto.wipeReport(signer: receiptSeed, sessionID, inferences: inferences, tally))
  }

  // MARK: For an enclave

  static let statistics = InferenceStatistics(
    milliseconds: 1, peakMegabytes: 1, exposureNanoseconds: 5)
  var tally: WipeTally<Term> {
    WipeTally(
      regions: 1, bytes: 1, exposureNanoseconds: 6, auditHead: arena.atom(.auditHead, .nobody))
  }
  var model: ModelIdentity<Term> {
    ModelIdentity(
      name: arena.atom(.modelName, .nobody), version: arena.atom(.modelVersion, .nobody))
  }
  var blob: Term { arena.atom(.blob, .nobody) }

  /// An enclave's own entropy.
  var enclaveSecrets: EnclaveSecrets<SymbolicCryptography> {
    EnclaveSecrets(sessionID: sessionID, keySeed: keySeed, receiptSeed: receiptSeed)
  }

  /// Hellos: right, not one, of another version.
  var hellos: [Term] {
    [crypto.encodeHello(nonce: nonce), junk, arena.make(.unsupportedHello)]
  }

  /// Documents: one, and one that is too long.
  var documents: [Term] { [genuineDocument, arena.atom(.oversized, .nobody)] }

  private func transcript(_ limits: EnclaveLimits) -> Term {
    crypto.transcriptEvidence(
      hello: crypto.encodeHello(nonce: nonce), body: body(key: keyPublic, limits))
  }

  private var genuineDocument: Term {
    crypto.document(userData: transcript(.standard), nonce: nonce, key: keyPublic)
  }

  /// KeyExchanges: right, not one, under another transcript.
  func exchanges(_ limits: EnclaveLimits) -> [Term] {
    let offer = crypto.transcriptOffer(transcript(limits), document: genuineDocument)
    let right = try? crypto.offerKeys(to: keyPublic, seed: clientSeed, transcript: offer)
    let wrong = try? crypto.offerKeys(to: keyPublic, seed: clientSeed, transcript: junk)
    return [right, wrong].map { $0.map { crypto.encode($0.exchange) } ?? junk } + [junk]
  }

  /// Responses: right, too long, too long for the key's rest.
  var responses: [Term] {
    [arena.atom(.input, .client1), arena.atom(.oversized, .nobody), arena.atom(.heavy, .nobody)]
      .map { input in
        arena.make(.response, arena.atom(.random, .client1), input, numbers: 0)
      }
  }

  /// A chunk of an index.
  func chunk(_ index: UInt64) -> Term {
    crypto.encode(
      ChunkFields(
        index: index, header: nothing,
        ciphertext: arena.atom(.chunk, .nobody, UInt32(truncatingIfNeeded: index))))
  }

  /// Topologies' terms: with a blob to fetch, in the cache, without chunks; both lifetimes; with
  /// one inference and with none.
  var admissions: [TopologyAdmission<Term>] {
    func admission(
      _ chunks: UInt64, _ source: TopologyAdmission<Term>.Source,
      _ lifetime: TopologyAdmission<Term>.Lifetime, _ inferences: UInt64
    ) -> TopologyAdmission<Term> {
      TopologyAdmission(
        blobID: blob, chunkCount: chunks, source: source, lifetime: lifetime,
        maximumInferences: inferences, maximumSeconds: 3600, model: model)
    }
    let dropping = TopologyAdmission<Term>.Lifetime.perInference(keepsSealedCopy: false)
    return [
      admission(2, .host, .session, 1), admission(2, .host, dropping, 1),
      admission(2, .cache, .session, 0), admission(0, .host, .session, 1),
    ]
  }

  /// What an assembly gave.
  var assembledFields: AssembledFields<Term> {
    AssembledFields(modelHash: modelHash, weightBytes: 1, nanoseconds: 1)
  }
}
