import EphemeralCrypto
@testable import EphemeralSession
import EphemeralWire
import Testing

/// A client session that can be put into any state, with a stand-in for the enclave's side.
struct ClientCell: ~Copyable {
  let crypto = TestCryptography()
  var machine: ClientSession<TestCryptography>
  let receiptKey: SecretMaterial
  let evidence: [UInt8]
  private let keyPrivate: SecretMaterial
  private var transcript: [UInt8] = []
  /// T2, once KeyExchange is sent.
  private(set) var keys: [UInt8] = []
  /// The request that is answered next.
  let request: [UInt8]

  init(
    purpose: ClientConfiguration<TestCryptography>.Purpose = .infer,
    limits: EnclaveLimits = .standard, maximumResultBytes: UInt64 = 1 << 20,
    enclavePublic: [UInt8]? = nil
  ) throws {
    let secrets = ClientSecrets<TestCryptography>(
      nonce: Samples.nonce, seed: try Samples.seed(3), topology: try Samples.secret([1, 2, 3]))
    let request = try Samples.tensors(sequence: 0)
    let pair = try crypto.makeKeyPair(seed: try Samples.seed(1))
    let receipt = try crypto.makeReceiptKey(seed: try Samples.seed(2))
    self.request = request
    keyPrivate = pair.key
    receiptKey = receipt.key
    let body = crypto.encode(
      EvidenceFields(
        sessionID: Samples.sessionID, keyPublic: enclavePublic ?? pair.publicKey,
        receiptPublic: receipt.publicKey, limits: limits))
    evidence = crypto.encodeEvidence(body: body, document: Samples.document) ?? []
    transcript = crypto.transcriptOffer(
      crypto.transcriptEvidence(hello: crypto.encodeHello(nonce: Samples.nonce), body: body),
      document: Samples.document)
    machine = ClientSession(
      configuration: ClientConfiguration(
        crypto: crypto, purpose: purpose, modelHash: Samples.modelHash,
        maximumResultBytes: maximumResultBytes),
      secrets: secrets,
      at: Samples.start)
  }

  mutating func feed(
    _ input: ClientInput<TestCryptography>, _ content: SecretMaterial? = nil,
    at time: SessionTime = Samples.start
  ) -> [ClientAction<[UInt8]>] {
    if let content { return machine.dispatch(input, Arrival(content), at: time) }
    return machine.dispatch(input, Arrival(), at: time)
  }

  /// An InferResult's content that answers the request, or differs in one thing.
  func result(
    sequence: UInt64 = 0, random: UInt8 = 0x77, receiptTo hash: [UInt8]? = nil
  ) throws -> SecretMaterial {
    let response = try Samples.secret(
      Samples.tensors(sequence: sequence, random: random, data: [1, 2, 3, 4]))
    let receipt = try crypto.signReceipt(
      ReceiptStatement(
        sessionID: Samples.sessionID, issuedAt: 0, clientNonce: Samples.nonce,
        document: Samples.document, model: Samples.model, modelHash: Samples.modelHash,
        requestHash: hash ?? SHA256.hash(request), responseHash: crypto.responseHash(response),
        sequence: sequence, statistics: Samples.statistics),
      key: receiptKey)
    return try crypto.resultContent(response: response, receipt: receipt)
  }

  func zeroized(inferences: UInt64 = 0) throws -> SecretMaterial {
    try crypto.zeroizedContent(
      report: crypto.signWipeReport(
        WipeStatement(
          sessionID: Samples.sessionID, inferences: inferences, tally: Samples.tally),
        key: receiptKey))
  }

  /// Goes along the honest path to a state.
  mutating func reach(_ state: ClientState) throws {
    if state == .idle { return }
    _ = feed(.start)
    if state == .awaitingEvidence { return }
    if state == .wiping || state == .ended {
      _ = feed(.cancel)
      if state == .ended { _ = feed(.wiped) }
      return
    }
    let actions = feed(.evidence(evidence))
    guard case .send(let frame) = actions.last,
      let exchange = crypto.decodeKeyExchange(frame.payload)
    else { return }
    keys = crypto.transcriptKeys(transcript, exchange: exchange)
    if state == .awaitingConfirm { return }
    _ = feed(.keyConfirm, try crypto.confirmContent(keys))
    if state == .awaitingAssembly { return }
    _ = feed(.assembled, try crypto.assembledContent(Samples.assembled))
    if state == .ready { return }
    if state == .awaitingZeroized {
      _ = feed(.close)
      return
    }
    _ = feed(.infer, try Samples.secret(request))
    if state == .awaitingResult { return }
    if state == .gathering {
      _ = feed(.inferResult(EnclaveCell.full), try gathered ?? result())
      return
    }
    _ = feed(.inferResult(EnclaveCell.last), try result())
  }

  /// What is fed as the first piece to reach `gathering`, instead of a right result.
  var gathered: SecretMaterial?
}

/// Runs one row and compares everything that the table says about it.
enum ClientRowCheck {
  static func run(_ row: TableFileRow) throws {
    let state = try #require(ClientState.allCases.first { "\($0)" == row.state })
    var cell = try self.cell(for: row)
    cell.gathered = try gathered(for: row, cell)
    try cell.reach(state)
    let reached = cell.machine.state
    #expect("\(reached)" == row.state)
    if row.guardName == "refused" { cell.crypto.switches.verdict = .refused }
    if row.guardName == "spent" {
      cell.crypto.switches.recordCount = SessionBounds.recordsPerKey
    }
    let (input, content) = try self.input(for: row, cell)
    #expect("\(input.message)" == row.message)
    let time =
      row.guardName == "lifetime"
      ? Samples.over : row.guardName == "due" ? Samples.late : Samples.start
    let actions = cell.feed(input, content, at: time)
    let transition = cell.machine.last
    let next = cell.machine.state
    let held = cell.machine.stage.held
    let hasEnded = cell.machine.outcome != nil
    let last = try #require(transition)
    #expect("\(last.row.identifier)" == row.id)
    #expect("\(next)" == row.next)
    #expect(
      TableFile.effects(row.effects, match: actions.map(\.effect)), "\(actions.map(\.effect))")
    #expect(Set(last.claims.map { "\($0.name)" }) == row.claims)
    #expect(last.wiped.slotNames == row.wiped)
    #expect(held == next.held)
    #expect(hasEnded == (row.next == "ended"))
  }

  static func cell(for row: TableFileRow) throws -> ClientCell {
    switch row.guardName {
    case "attestOnly": return try ClientCell(purpose: .attest)
    case "unusable":
      // A point of small order: the shared secret would be zero.
      return try ClientCell(enclavePublic: [UInt8](repeating: 0, count: 32))
    case "oversize":
      switch row.message {
      case "evidence":
        return try ClientCell(
          limits: EnclaveLimits(
            maxTopologyBytes: 2, maxRequestBytes: 1000, maxWeightBytes: 1,
            maxSessionSeconds: 3600))
      case "infer":
        return try ClientCell(
          limits: EnclaveLimits(
            maxTopologyBytes: 10, maxRequestBytes: 2, maxWeightBytes: 1,
            maxSessionSeconds: 3600))
      default:
        return try ClientCell(maximumResultBytes: row.state == "gathering" ? 262_145 : 2)
      }
    default: return try ClientCell()
    }
  }

  /// `gathering` needs a first piece with which the last one, empty, makes the guard's message.
  static func gathered(
    for row: TableFileRow, _ cell: borrowing ClientCell
  ) throws -> SecretMaterial? {
    guard row.state == "gathering" else { return nil }
    switch row.guardName {
    case "malformed": return try Samples.secret([0xff])
    case "mismatch": return try cell.result(receiptTo: [UInt8](repeating: 0, count: 32))
    default: return nil
    }
  }

  static func input(
    for row: TableFileRow, _ cell: borrowing ClientCell
  ) throws -> (ClientInput<TestCryptography>, SecretMaterial?) {
    let crypto = cell.crypto
    let bad: [UInt8] = [0xff]
    switch row.message {
    case "evidence": return (.evidence(row.guardName == "malformed" ? bad : cell.evidence), nil)
    case "abort":
      return (.abort(row.guardName == "unknown" ? bad : crypto.encode(AbortCode.busy)), nil)
    case "otherFrame": return (.otherFrame, nil)
    case "broken": return (.broken(.tooLarge), nil)
    case "unreadable": return (.unreadable, nil)
    case "keyConfirm":
      let right = row.guardName == "matches"
      return (
        .keyConfirm,
        try crypto.confirmContent(right ? cell.keys : [UInt8](repeating: 0, count: 48))
      )
    case "assembled":
      if row.guardName == "malformed" { return (.assembled, try Samples.secret(bad)) }
      var fields = Samples.assembled
      if row.guardName == "mismatch" { fields.modelHash[0] ^= 1 }
      return (.assembled, try crypto.assembledContent(fields))
    case "inferResult": return try result(for: row, cell)
    case "zeroized":
      if row.guardName == "malformed" { return (.zeroized, try Samples.secret(bad)) }
      return (.zeroized, try cell.zeroized(inferences: row.guardName == "invalid" ? 5 : 0))
    case "sealedAbort": return (.sealedAbort(row.guardName == "unknown" ? nil : .busy), nil)
    case "otherRecord": return (.otherRecord, try Samples.secret([1]))
    case "start": return (.start, nil)
    case "infer":
      switch row.guardName {
      case "malformed": return (.infer, try Samples.secret(bad))
      case "outOfOrder": return (.infer, try Samples.secret(Samples.tensors(sequence: 3)))
      default: return (.infer, try Samples.secret(cell.request))
      }
    case "resultTaken": return (.resultTaken, nil)
    case "close": return (.close, nil)
    case "fault": return (.fault, nil)
    case "wiped": return (.wiped, nil)
    case "deadline": return (.deadline, nil)
    case "peerClosed": return (.peerClosed, nil)
    case "cancel": return (.cancel, nil)
    default:
      Issue.record("no input for \(row.message)")
      return (.cancel, nil)
    }
  }

  private static func result(
    for row: TableFileRow, _ cell: borrowing ClientCell
  ) throws -> (ClientInput<TestCryptography>, SecretMaterial?) {
    let first = row.state != "gathering"
    switch row.guardName {
    case "oversize":
      let piece = Piece(isFinal: true, contentCount: 200_000, paddedCount: 262_144)
      return (.inferResult(piece), try Samples.secret([1]))
    case "inconsistent": return (.inferResult(EnclaveCell.broken), try Samples.secret([1]))
    case "more": return (.inferResult(EnclaveCell.full), try Samples.secret([]))
    case "malformed":
      return (.inferResult(EnclaveCell.last), try Samples.secret(first ? [0xff] : []))
    case "mismatch":
      return (
        .inferResult(EnclaveCell.last),
        first ? try cell.result(random: 0x78) : try Samples.secret([])
      )
    default:
      return (
        .inferResult(EnclaveCell.last), first ? try cell.result() : try Samples.secret([])
      )
    }
  }
}

@Suite("Every row of the client's table")
struct ClientCells {
  static let rows = TableFile.rows(of: "client")

  @Test("the table file and the generated rows agree")
  func tableFile() {
    #expect(Self.rows.count == ClientRow.allCases.count)
    #expect(Self.rows.map(\.id) == ClientRow.allCases.map { "\($0.identifier)" })
  }

  @Test("row", arguments: rows)
  func row(_ row: TableFileRow) throws {
    try ClientRowCheck.run(row)
  }

  @Test("a result that differs in one thing is refused")
  func mismatches() throws {
    for kind in 0..<3 {
      var cell = try ClientCell()
      try cell.reach(.awaitingResult)
      let content =
        switch kind {
        case 0: try cell.result(sequence: 1)
        case 1: try cell.result(random: 0)
        default: try cell.result(receiptTo: [UInt8](repeating: 9, count: 32))
        }
      _ = cell.feed(.inferResult(EnclaveCell.last), content)
      let row = cell.machine.last?.row
      #expect(row == .awaitingResultInferResultMismatch)
    }
  }

  @Test("unpinned evidence suffices to look, never to infer")
  func unpinned() throws {
    for purpose in [ClientConfiguration<TestCryptography>.Purpose.attest, .infer] {
      var cell = try ClientCell(purpose: purpose)
      cell.crypto.switches.verdict = .unpinned
      try cell.reach(.awaitingEvidence)
      _ = cell.feed(.evidence(cell.evidence))
      let row = cell.machine.last?.row
      #expect(
        row
          == (purpose == .attest
            ? .awaitingEvidenceEvidenceAttestOnly : .awaitingEvidenceEvidenceRefused))
    }
  }
}
