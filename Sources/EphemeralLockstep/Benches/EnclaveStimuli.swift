import EphemeralCrypto
import EphemeralSession
import EphemeralWire

extension EnclaveBench {
  /// An event for the machine.
  struct Stimulus {
    var input: EnclaveInput<TestCryptography>
    var content: SecretMaterial?
    var brought: AbortCode?

    init(
      _ input: EnclaveInput<TestCryptography>, _ content: SecretMaterial? = nil,
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
    case "clientHello": return try hello(for: row)
    case "keyExchange": return try exchange(for: row, dice)
    case "abort":
      if row.guardName == "unknown" { return Stimulus(.abort(Self.bad)) }
      return Stimulus(.abort(Abort(code: code).encoded()), brought: code)
    case "weightChunk": return try chunk(for: row, dice)
    case "otherFrame": return Stimulus(.otherFrame)
    case "broken": return Stimulus(.broken(code), brought: code)
    case "unreadable": return Stimulus(.unreadable)
    case "topologyDeliver": return try topology(for: row, dice)
    case "inferRequest": return try request(for: row, dice)
    case "close": return Stimulus(.close, try Samples.secret([0x80]))
    case "sealedAbort":
      if row.guardName == "unknown" { return Stimulus(.sealedAbort(nil)) }
      return Stimulus(.sealedAbort(code), brought: code)
    case "otherRecord": return Stimulus(.otherRecord, try Samples.secret([1]))
    case "evidenceReady":
      let size = row.guardName == "oversize" ? try Self.pick([16_385, 20_000, 0], dice) : 16_384
      document = [UInt8](repeating: 1, count: size)
      return Stimulus(.evidenceReady(document: document))
    case "topologyAdmitted": return try admitted(for: row, dice)
    case "chunkOpened": return try opened(for: row, dice)
    case "assembled": return try assembled(for: row)
    case "inferred": return try inferred(for: row, dice)
    case "failed": return Stimulus(.failed(code), brought: code)
    case "fault": return Stimulus(.fault)
    case "wiped": return Stimulus(.wiped(Samples.tally))
    case "deadline": return Stimulus(.deadline)
    case "peerClosed": return Stimulus(.peerClosed)
    case "cancel": return Stimulus(.cancel)
    default: return nil
    }
  }

  private func hello(for row: TableRow) throws -> Stimulus {
    var hello = crypto.base.encodeHello(nonce: Samples.nonce)
    if row.guardName == "malformed" { hello.removeLast() }
    if row.guardName == "unsupported" { hello[1] = 2 }
    return Stimulus(.clientHello(hello))
  }

  private func exchange(for row: TableRow, _ dice: Dice) throws -> Stimulus {
    guard !offer.isEmpty, row.state == "offered" else { return Stimulus(.keyExchange(Self.bad)) }
    if row.guardName == "malformed" { return Stimulus(.keyExchange(Self.bad)) }
    let base = crypto.base
    let offered = try base.offerKeys(to: keyPublic, seed: Samples.seed(3), transcript: offer)
    var exchange = offered.exchange
    if row.guardName == "refused" {
      switch try dice(4) {
      case 0: exchange.ciphertext[try dice(64)] ^= 1
      case 1:
        // It opens, but what is inside is not T1.
        let (key, info) = (keyPublic, offer)
        var context = try HPKE.setupSender(
          recipientPublicKey: key.span, info: info.span,
          ephemeralInputKey: SecretBytes(copying: [UInt8](repeating: 3, count: 32).span))
        let other = [UInt8](info.reversed())
        let sealed = try context.seal(other.span, authenticating: Span())
        exchange = KeyExchangeFields(
          encapsulation: context.encapsulation, ciphertext: sealed)
      case 2: exchange.encapsulation = [UInt8](repeating: 0, count: 32)
      default:
        exchange = try base.offerKeys(
          to: keyPublic, seed: Samples.seed(3), transcript: keys + [UInt8](offer.reversed())
        ).exchange
      }
    } else {
      exporter = offered.exporter
      keys = base.transcriptKeys(offer, exchange: exchange)
    }
    return Stimulus(.keyExchange(base.encode(exchange)))
  }

  // MARK: Topology and weights

  private func topology(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    let part: [UInt8] = [UInt8(truncatingIfNeeded: try dice(256)), 2, 3]
    guard let piece = try piece(for: row, dice) else { return nil }
    if row.guardName == "more" || row.guardName == "complete" { topology += part }
    if row.guardName == "complete" { pieces = PieceMaker(maximum: limits.maxRequestBytes) }
    return Stimulus(.topologyDeliver(piece), try Samples.secret(part))
  }

  private func piece(for row: TableRow, _ dice: Dice) throws -> Piece? {
    switch row.guardName {
    case "oversize": try pieces.oversize(dice)
    case "inconsistent": try pieces.inconsistent(dice)
    case "more": try pieces.more(dice)
    default: pieces.last()
    }
  }

  private func admitted(for row: TableRow, _ dice: Dice) throws -> Stimulus {
    var terms = admission
    switch row.guardName {
    case "invalid": terms.chunkCount = try Self.pick([0, 1 << 32 + 1], dice)
    case "cached":
      terms.source = .cache
      moments.limitLife(seconds: terms.maximumSeconds)
    case "fetch": moments.limitLife(seconds: terms.maximumSeconds)
    default: break
    }
    return Stimulus(.topologyAdmitted(terms))
  }

  private func chunk(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    let next = weights.received
    switch row.guardName {
    case "malformed": return Stimulus(.weightChunk(Self.bad))
    case "misplaced":
      let isUnasked = weights.received == weights.requested
      let choice = try dice(3)
      let index = choice == 0 && next > 0 ? next - 1 : choice == 1 && isUnasked ? next : next + 1
      return Stimulus(.weightChunk(crypto.base.encode(Samples.chunk(index))))
    case "next":
      guard next < weights.requested else { return nil }
      weights.receive()
    default: break
    }
    return Stimulus(.weightChunk(crypto.base.encode(Samples.chunk(next))))
  }

  private func opened(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    let next = weights.opened
    let isThere = next < weights.received
    switch row.guardName {
    case "misplaced":
      return Stimulus(.chunkOpened(try dice(2) == 0 && !isThere ? next : next + 1))
    case "more":
      guard isThere, next + 1 < weights.count else { return nil }
      weights.open()
    case "last":
      guard isThere, next + 1 == weights.count else { return nil }
      weights.open()
    default: break
    }
    return Stimulus(.chunkOpened(next))
  }

  private func assembled(for row: TableRow) throws -> Stimulus? {
    let isSession = admission.lifetime == .session
    if row.guardName != "always", (row.guardName == "session") != isSession { return nil }
    return Stimulus(.assembled(Samples.assembled))
  }

  // MARK: Inference

  private func request(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    let isExhausted = row.state == "ready" && inferences >= admission.maximumInferences
    guard row.guardName == "always" || (row.guardName == "exhausted") == isExhausted else {
      return nil
    }
    if row.state == "ready" { pieces = PieceMaker(maximum: limits.maxRequestBytes) }
    guard let piece = try piece(for: row, dice) else { return nil }
    let refetches = admission.lifetime == .perInference(keepsSealedCopy: false)
    switch row.guardName {
    case "malformed": return Stimulus(.inferRequest(piece), try Samples.secret(Self.bad))
    case "outOfOrder":
      let isEarlier = try dice(2) == 0
      let other = inferences > 0 && isEarlier ? inferences &- 1 : inferences + 1
      return Stimulus(
        .inferRequest(piece), try Samples.secret(Samples.tensors(sequence: other)))
    case "refetch", "complete":
      guard (row.guardName == "refetch") == refetches else { return nil }
      request = try Samples.tensors(sequence: inferences)
      if refetches { weights.restart() }
      return Stimulus(.inferRequest(piece), try Samples.secret(request))
    default: return Stimulus(.inferRequest(piece), try Samples.secret([]))
    }
  }

  private func inferred(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    var size = 4 * (try dice(20))
    switch row.guardName {
    case "oversize":
      size = admission.padding == .powerOfTwo ? Int(limits.maxRequestBytes) / 4 * 4 : 4988
    case "spent": crypto.switches.recordCount = SessionBounds.recordsPerKey
    default: break
    }
    response = try Samples.tensors(
      sequence: inferences, data: [UInt8](repeating: 1, count: size))
    if row.guardName == "answers" { inferences += 1 }
    return Stimulus(.inferred(Samples.statistics), try Samples.secret(response))
  }
}
