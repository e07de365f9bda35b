import EphemeralCrypto
@testable import EphemeralSession
import EphemeralWire
import Testing

/// An enclave session that can be put into any state, and the inputs for each row.
struct EnclaveCell: ~Copyable {
  let crypto = TestCryptography()
  var machine: EnclaveSession<TestCryptography>
  private(set) var exchange: [UInt8] = []
  /// The number of the request of which a first piece is fed to reach `collecting`.
  var collected: UInt64 = 0

  init(limits: EnclaveLimits = .standard, lifeSeconds: UInt64 = 3600) throws {
    let limits = EnclaveLimits(
      maxTopologyBytes: limits.maxTopologyBytes, maxRequestBytes: limits.maxRequestBytes,
      maxWeightBytes: limits.maxWeightBytes, maxSessionSeconds: lifeSeconds)
    machine = EnclaveSession(
      configuration: EnclaveConfiguration(crypto: crypto, limits: limits, weightWindow: 4),
      secrets: EnclaveSecrets(
        sessionID: Samples.sessionID, keySeed: try Samples.seed(1),
        receiptSeed: try Samples.seed(2)),
      at: Samples.start)
  }

  mutating func feed(
    _ input: EnclaveInput<TestCryptography>, _ content: SecretMaterial? = nil,
    at time: SessionTime = Samples.start
  ) -> [EnclaveAction<TestCryptography>] {
    if let content { return machine.dispatch(input, Arrival(content), at: time) }
    return machine.dispatch(input, Arrival(), at: time)
  }

  /// Goes along the honest path to a state.
  mutating func reach(
    _ state: EnclaveState, admission: TopologyAdmission<[UInt8]> = Samples.admission()
  ) throws {
    if state == .listening { return }
    let asked = feed(.clientHello(crypto.encodeHello(nonce: Samples.nonce)))
    guard case .requestEvidence(let userData, _, let publicKey) = asked.last else { return }
    if state == .attesting { return }
    _ = feed(.evidenceReady(document: Samples.document))
    let offer = crypto.transcriptOffer(userData, document: Samples.document)
    let offered = try crypto.offerKeys(
      to: publicKey, seed: try Samples.seed(3), transcript: offer)
    exchange = crypto.encode(offered.exchange)
    if state == .offered { return }
    _ = feed(.keyExchange(exchange))
    if state == .keyed { return }
    if state == .gathering {
      _ = feed(.topologyDeliver(Self.full), try Samples.secret([1, 2, 3]))
      return
    }
    _ = feed(.topologyDeliver(Self.last), try Samples.secret([1, 2, 3]))
    if state == .admitting { return }
    if state == .assembling {
      _ = feed(.topologyAdmitted(admission))
      return
    }
    var cached = admission
    cached.source = .cache
    _ = feed(.topologyAdmitted(cached))
    if state == .finishing { return }
    _ = feed(.assembled(Samples.assembled))
    if state == .ready { return }
    if state == .collecting {
      // The pieces' counts and their bytes are independent here: all bytes come first.
      _ = feed(.inferRequest(Self.full), try Samples.secret(Samples.tensors(sequence: collected)))
      return
    }
    if state == .reporting || state == .wiping || state == .ended {
      _ = feed(.close)
      if state == .reporting { return }
      if state == .wiping {
        _ = feed(.peerClosed)
        return
      }
      _ = feed(.wiped(Samples.tally))
      return
    }
    _ = feed(.inferRequest(Self.last), try Samples.secret(Samples.tensors(sequence: 0)))
  }

  /// A piece that is full and not the last.
  static let full = Piece(isFinal: false, contentCount: 262_144, paddedCount: 262_144)
  /// A last piece.
  static let last = Piece(isFinal: true, contentCount: 3, paddedCount: 64)
  /// A piece that is too short to have others behind it.
  static let broken = Piece(isFinal: false, contentCount: 3, paddedCount: 64)
}

/// Runs one row and compares everything that the table says about it.
enum EnclaveRowCheck {
  static func admission(for row: TableFileRow) -> TopologyAdmission<[UInt8]> {
    switch (row.state, row.guardName) {
    case ("refetching", _), (_, "refetch"), ("finishing", "perInference"):
      Samples.admission(lifetime: .perInference(keepsSealedCopy: false))
    case ("ready", "exhausted"): Samples.admission(inferences: 0)
    default: Samples.admission()
    }
  }

  static func run(_ row: TableFileRow) throws {
    let state = try #require(EnclaveState.allCases.first { "\($0)" == row.state })
    var cell = try EnclaveCell(limits: limits(for: row))
    if row.id == "collecting-inferRequest-outOfOrder" { cell.collected = 1 }
    try cell.reach(state, admission: admission(for: row))
    let reached = cell.machine.state
    #expect("\(reached)" == row.state)
    try prepare(&cell, row)
    let (input, content) = try self.input(for: row, &cell)
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

  /// Limits under which the row's piece or response is too large.
  static func limits(for row: TableFileRow) -> EnclaveLimits {
    guard row.guardName == "oversize" else { return .standard }
    let topology: UInt64 = row.state == "keyed" ? 2 : 262_145
    let request: UInt64 = row.state == "ready" ? 2 : 262_145
    return EnclaveLimits(
      maxTopologyBytes: topology, maxRequestBytes: request, maxWeightBytes: 1,
      maxSessionSeconds: 1)
  }

  /// Brings about what a guard needs beyond the state.
  static func prepare(_ cell: inout EnclaveCell, _ row: TableFileRow) throws {
    switch (row.message, row.guardName) {
    case ("chunkOpened", "more"):
      _ = cell.feed(.weightChunk(cell.crypto.encode(Samples.chunk(0))))
    case ("chunkOpened", "last"):
      for index: UInt64 in 0..<3 {
        _ = cell.feed(.weightChunk(cell.crypto.encode(Samples.chunk(index))))
      }
      for index: UInt64 in 0..<2 { _ = cell.feed(.chunkOpened(index)) }
    case ("inferred", "spent"):
      cell.crypto.switches.recordCount = SessionBounds.recordsPerKey
    default: break
    }
  }

  static func input(
    for row: TableFileRow, _ cell: inout EnclaveCell
  ) throws -> (EnclaveInput<TestCryptography>, SecretMaterial?) {
    let crypto = cell.crypto
    let bad: [UInt8] = [0xff]
    switch row.message {
    case "clientHello":
      switch row.guardName {
      case "malformed": return (.clientHello(bad), nil)
      case "unsupported":
        var hello = crypto.encodeHello(nonce: Samples.nonce)
        hello[1] = 2
        return (.clientHello(hello), nil)
      default: return (.clientHello(crypto.encodeHello(nonce: Samples.nonce)), nil)
      }
    case "keyExchange":
      switch row.guardName {
      case "malformed": return (.keyExchange(bad), nil)
      case "refused":
        var exchange = cell.exchange
        exchange[exchange.count - 1] ^= 1
        return (.keyExchange(exchange), nil)
      default: return (.keyExchange(cell.exchange), nil)
      }
    case "abort":
      return (.abort(row.guardName == "unknown" ? bad : crypto.encode(AbortCode.cancelled)), nil)
    case "weightChunk":
      let index: UInt64 = row.guardName == "misplaced" ? 2 : 0
      return (
        .weightChunk(row.guardName == "malformed" ? bad : crypto.encode(Samples.chunk(index))), nil
      )
    case "otherFrame": return (.otherFrame, nil)
    case "broken": return (.broken(.tooLarge), nil)
    case "unreadable": return (.unreadable, nil)
    case "topologyDeliver": return (.topologyDeliver(piece(row)), try Samples.secret([1, 2, 3]))
    case "inferRequest":
      switch row.guardName {
      case "malformed": return (.inferRequest(EnclaveCell.last), try Samples.secret(bad))
      case "outOfOrder":
        let rest = row.state == "collecting" ? [] : try Samples.tensors(sequence: 1)
        return (.inferRequest(EnclaveCell.last), try Samples.secret(rest))
      default:
        if row.state == "collecting", ["refetch", "complete"].contains(row.guardName) {
          return (.inferRequest(EnclaveCell.last), try Samples.secret([]))
        }
        return (
          .inferRequest(piece(row)), try Samples.secret(Samples.tensors(sequence: 0))
        )
      }
    case "close": return (.close, try Samples.secret([0x80]))
    case "sealedAbort": return (.sealedAbort(row.guardName == "unknown" ? nil : .cancelled), nil)
    case "otherRecord": return (.otherRecord, try Samples.secret([1]))
    case "evidenceReady":
      let size = row.guardName == "oversize" ? 20_000 : 100
      return (.evidenceReady(document: [UInt8](repeating: 1, count: size)), nil)
    case "topologyAdmitted":
      switch row.guardName {
      case "invalid": return (.topologyAdmitted(Samples.admission(chunks: 0)), nil)
      case "cached": return (.topologyAdmitted(Samples.admission(source: .cache)), nil)
      default: return (.topologyAdmitted(Samples.admission()), nil)
      }
    case "chunkOpened":
      switch row.guardName {
      case "last": return (.chunkOpened(2), nil)
      case "misplaced": return (.chunkOpened(1), nil)
      default: return (.chunkOpened(0), nil)
      }
    case "assembled": return (.assembled(Samples.assembled), nil)
    case "inferred":
      let size = row.guardName == "oversize" ? 262_152 : 4
      return (
        .inferred(Samples.statistics),
        try Samples.secret(
          Samples.tensors(sequence: 0, data: [UInt8](repeating: 1, count: size)))
      )
    case "failed": return (.failed(.busy), nil)
    case "fault": return (.fault, nil)
    case "wiped": return (.wiped(Samples.tally), nil)
    case "deadline": return (.deadline, nil)
    case "peerClosed": return (.peerClosed, nil)
    case "cancel": return (.cancel, nil)
    default:
      Issue.record("no input for \(row.message)")
      return (.cancel, nil)
    }
  }

  private static func piece(_ row: TableFileRow) -> Piece {
    switch row.guardName {
    case "more": EnclaveCell.full
    case "inconsistent": EnclaveCell.broken
    case "oversize": Piece(isFinal: true, contentCount: 262_144, paddedCount: 262_144)
    default: EnclaveCell.last
    }
  }
}

@Suite("Every row of the enclave's table")
struct EnclaveCells {
  static let rows = TableFile.rows(of: "enclave")

  @Test("the table file and the generated rows agree")
  func tableFile() {
    #expect(Self.rows.count == EnclaveRow.allCases.count)
    #expect(Self.rows.map(\.id) == EnclaveRow.allCases.map { "\($0.identifier)" })
  }

  @Test("row", arguments: rows)
  func row(_ row: TableFileRow) throws {
    try EnclaveRowCheck.run(row)
  }
}
