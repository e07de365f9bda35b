import EphemeralCrypto
import EphemeralSession
import EphemeralWire

extension ClientBench {
  /// An event for the machine.
  struct Stimulus {
    var input: ClientInput<TestCryptography>
    var content: SecretMaterial?
    var brought: AbortCode?

    init(
      _ input: ClientInput<TestCryptography>, _ content: SecretMaterial? = nil,
      brought: AbortCode? = nil
    ) {
      self.input = input
      self.content = content
      self.brought = brought
    }
  }

  /// Bytes that are no message.
  private static let bad: [UInt8] = [0xff]

  /// An event that brings the row about; nil where there is none now.
  func stimulus(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    let code = AbortCode.allCases[try dice(AbortCode.allCases.count)]
    switch row.message {
    case "evidence": return try evidence(for: row, dice)
    case "abort":
      if row.guardName == "unknown" { return Stimulus(.abort(Self.bad)) }
      return Stimulus(.abort(Abort(code: code).encoded()), brought: code)
    case "otherFrame": return Stimulus(.otherFrame)
    case "broken": return Stimulus(.broken(code), brought: code)
    case "unreadable": return Stimulus(.unreadable)
    case "keyConfirm":
      var content = keys
      if row.guardName != "matches" { content = try confirmation(dice) }
      return Stimulus(.keyConfirm, try Samples.secret(content))
    case "assembled": return try assembled(for: row, dice)
    case "inferResult": return try result(for: row, dice)
    case "zeroized": return try zeroized(for: row, dice)
    case "sealedAbort":
      if row.guardName == "unknown" { return Stimulus(.sealedAbort(nil)) }
      return Stimulus(.sealedAbort(code), brought: code)
    case "otherRecord": return Stimulus(.otherRecord, try Samples.secret([1]))
    case "start": return Stimulus(.start)
    case "infer": return try infer(for: row, dice)
    case "resultTaken": return Stimulus(.resultTaken)
    case "close": return Stimulus(.close)
    case "fault": return Stimulus(.fault)
    case "wiped": return Stimulus(.wiped)
    case "deadline": return Stimulus(.deadline)
    case "peerClosed": return Stimulus(.peerClosed)
    case "cancel": return Stimulus(.cancel)
    default: return nil
    }
  }

  /// A KeyConfirm that is not T2.
  private func confirmation(_ dice: Dice) throws -> [UInt8] {
    guard !keys.isEmpty else { return [UInt8](repeating: 0, count: 48) }
    var content = keys
    switch try dice(3) {
    case 0: content[47] ^= 1
    case 1: content[0] ^= 0x80
    default: content.removeLast()
    }
    return content
  }

  private func evidence(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    let base = crypto.base
    switch row.guardName {
    case "malformed": return Stimulus(.evidence(Self.bad))
    case "attestOnly":
      guard terms.purpose == .attest else { return nil }
      crypto.switches.verdict = try Self.pick([.accepted, .unpinned], dice)
    case "refused":
      let refusals: [TestCryptography.Verdict] =
        terms.purpose == .attest ? [.refused] : [.refused, .unpinned]
      crypto.switches.verdict = try Self.pick(refusals, dice)
    case "oversize", "unusable", "accepted":
      guard terms.purpose == .infer else { return nil }
      crypto.switches.verdict = .accepted
    default: crypto.switches.verdict = .accepted
    }
    offeredKey =
      row.guardName == "unusable" ? [UInt8](repeating: 0, count: 32) : keyPublic
    let request = try Samples.tensors(sequence: 0, data: floats)
    let body = base.encode(
      EvidenceFields(
        sessionID: Samples.sessionID, keyPublic: offeredKey, receiptPublic: receiptPublic,
        limits: EnclaveLimits(
          maxTopologyBytes: UInt64(topology.count) - (row.guardName == "oversize" ? 1 : 0),
          maxRequestBytes: UInt64(request.count), maxWeightBytes: 1,
          maxSessionSeconds: terms.evidenceSeconds)))
    transcript = base.transcriptEvidence(
      hello: base.encodeHello(nonce: Samples.nonce), body: body)
    offer = base.transcriptOffer(transcript, document: Samples.document)
    if row.guardName == "accepted" {
      moments.limitLife(seconds: terms.evidenceSeconds)
    }
    return Stimulus(.evidence(base.encodeEvidence(body: body, document: Samples.document) ?? []))
  }

  private func assembled(for row: TableRow, _ dice: Dice) throws -> Stimulus {
    if row.guardName == "malformed" {
      return Stimulus(.assembled, try Samples.secret(Self.bad))
    }
    var fields = Samples.assembled
    if row.guardName == "mismatch" { fields.modelHash[try dice(32)] ^= 1 }
    return Stimulus(.assembled, try crypto.base.assembledContent(fields))
  }

  // MARK: Requests

  /// The data of an ordinary request.
  private var floats: [UInt8] { [UInt8](repeating: 0x3f, count: 4 * terms.requestFloats) }

  private func infer(for row: TableRow, _ dice: Dice) throws -> Stimulus {
    switch row.guardName {
    case "malformed": return Stimulus(.infer, try Samples.secret(Self.bad))
    case "outOfOrder":
      let off = try Self.pick([1, 3], dice)
      let other = inferences > 0 && off == 3 ? inferences &- 1 : inferences + UInt64(off)
      return Stimulus(
        .infer, try Samples.secret(Samples.tensors(sequence: other, data: floats)))
    case "oversize":
      let data = floats + [0, 0, 0, 0]
      return Stimulus(
        .infer, try Samples.secret(Samples.tensors(sequence: inferences, data: data)))
    case "spent":
      crypto.switches.recordCount = SessionBounds.recordsPerKey
    default: break
    }
    request = try Samples.tensors(sequence: inferences, data: floats)
    pieces = PieceMaker(maximum: terms.maximumResultBytes)
    return Stimulus(.infer, try Samples.secret(request))
  }

  // MARK: Results

  private func result(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    let nothing = try Samples.secret([])
    switch row.guardName {
    case "oversize":
      return try pieces.oversize(dice).map { Stimulus(.inferResult($0), nothing) }
    case "inconsistent": return Stimulus(.inferResult(try pieces.inconsistent(dice)), nothing)
    case "more":
      return try pieces.more(dice).map { Stimulus(.inferResult($0), nothing) }
    case "malformed":
      return pieces.last().map { last in
        (try? Samples.secret(Self.bad)).map { Stimulus(.inferResult(last), $0) }
      } ?? nil
    case "mismatch":
      guard let last = pieces.last() else { return nil }
      return Stimulus(.inferResult(last), try answer(off: 1 + dice(5)))
    case "answers":
      guard let last = pieces.last() else { return nil }
      inferences += 1
      return Stimulus(.inferResult(last), try answer(off: 0))
    default:
      let piece = Piece(isFinal: true, contentCount: 3, paddedCount: 64)
      return Stimulus(.inferResult(piece), nothing)
    }
  }

  /// An InferResult's content: right, or off in one thing.
  private func answer(off: Int) throws -> SecretMaterial {
    let asked = off == 0 ? inferences &- 1 : inferences
    let response = try Samples.tensors(
      sequence: off == 1 ? asked + 1 : asked, random: off == 2 ? 0x78 : 0x77,
      data: [1, 2, 3, 4])
    let statement = ReceiptStatement<[UInt8]>(
      sessionID: off == 5 ? [UInt8](repeating: 0, count: 16) : Samples.sessionID, issuedAt: 0,
      clientNonce: Samples.nonce, document: Samples.document, model: Samples.model,
      modelHash: Samples.modelHash,
      requestHash: off == 3 ? SHA256.hash([1]) : SHA256.hash(request),
      responseHash: SHA256.hash(off == 4 ? request : response), sequence: asked,
      statistics: Samples.statistics)
    let receipt = try crypto.signReceipt(statement, key: receiptKey)
    result = (response, receipt)
    return try crypto.base.resultContent(
      response: Samples.secret(response), receipt: receipt,
      exposureNanoseconds: Samples.statistics.exposureNanoseconds)
  }

  private func zeroized(for row: TableRow, _ dice: Dice) throws -> Stimulus {
    if row.guardName == "malformed" {
      return Stimulus(.zeroized, try Samples.secret(Self.bad))
    }
    let off = row.guardName == "invalid" ? 1 + (try dice(3)) : 0
    let key = off == 3 ? try crypto.base.makeReceiptKey(seed: Samples.seed(9)).key : receiptKey
    let report = try crypto.base.signWipeReport(
      WipeStatement(
        sessionID: off == 2 ? [UInt8](repeating: 1, count: 16) : Samples.sessionID,
        inferences: off == 1 ? inferences + 1 : inferences, tally: Samples.tally),
      key: key)
    return Stimulus(.zeroized, try crypto.base.zeroizedContent(report: report))
  }
}
