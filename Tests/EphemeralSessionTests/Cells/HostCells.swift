@testable import EphemeralSession
import EphemeralWire
import Testing

/// A host session that can be put into any state, and the events for each row.
struct HostCell: ~Copyable {
  let codec = LibcryptoCryptography()
  var machine: HostSession<LibcryptoCryptography>

  init() {
    machine = HostSession(
      configuration: HostConfiguration(codec: codec, maximumBlobBytes: 1000), at: Samples.start)
  }

  mutating func feed(
    _ event: HostEvent<[UInt8]>, at time: SessionTime = Samples.start
  ) -> [HostAction<[UInt8]>] {
    machine.handle(event, at: time)
  }

  static func client(_ type: FrameType, _ payload: [UInt8] = [1]) -> HostEvent<[UInt8]> {
    .frame(IncomingFrame(type: type, payload: payload), from: .client)
  }

  static func enclave(_ type: FrameType, _ payload: [UInt8] = [1]) -> HostEvent<[UInt8]> {
    .frame(IncomingFrame(type: type, payload: payload), from: .enclave)
  }

  static func put(size: UInt64) -> HostEvent<[UInt8]> {
    client(.putBegin, PutBegin(blobID: BlobID(Samples.blobID), size: size).encoded())
  }

  static func data(_ offset: UInt64, _ count: Int) -> HostEvent<[UInt8]> {
    client(.putData, PutData(offset: offset, bytes: [UInt8](repeating: 1, count: count)).encoded())
  }

  static var weights: HostEvent<[UInt8]> {
    enclave(
      .weightRequest, WeightRequest(blobID: BlobID(Samples.blobID), first: 0, count: 2).encoded())
  }

  /// Goes along the honest path to a state.
  mutating func reach(_ state: HostState) {
    switch state {
    case .idle: break
    case .opening: _ = feed(Self.put(size: 100))
    case .storing:
      reach(.opening)
      _ = feed(.storeReady(offset: 40))
    case .publishing:
      reach(.storing)
      _ = feed(Self.data(40, 60))
    case .lookingUp: _ = feed(Self.client(.have, Have(blobID: BlobID(Samples.blobID)).encoded()))
    case .attesting: _ = feed(Self.client(.clientHello))
    case .offered:
      reach(.attesting)
      _ = feed(Self.enclave(.evidence))
    case .relaying:
      reach(.offered)
      _ = feed(Self.client(.keyExchange))
    case .draining:
      reach(.relaying)
      _ = feed(.closed(.client))
    case .ended: _ = feed(.closed(.client))
    }
  }
}

/// Runs one row and compares everything that the table says about it.
enum HostRowCheck {
  static func run(_ row: TableFileRow) throws {
    let state = try #require(HostState.allCases.first { "\($0)" == row.state })
    var cell = HostCell()
    cell.reach(state)
    let reached = cell.machine.state
    #expect("\(reached)" == row.state)
    if row.id == "relaying-weightRequest-excess" {
      for _ in 0..<SessionBounds.outstandingWeightRequests { _ = cell.feed(HostCell.weights) }
    }
    if row.id == "relaying-weightsRead-next" { _ = cell.feed(HostCell.weights) }
    let event = self.event(for: row)
    let time =
      row.guardName == "lifetime"
      ? Samples.over : row.guardName == "due" ? Samples.late : Samples.start
    let actions = cell.feed(event, at: time)
    let transition = cell.machine.last
    let next = cell.machine.state
    let hasEnded = cell.machine.outcome != nil
    let last = try #require(transition)
    #expect("\(last.row.identifier)" == row.id)
    #expect("\(next)" == row.next)
    #expect(
      TableFile.effects(row.effects, match: actions.map(\.effect)), "\(actions.map(\.effect))")
    #expect(hasEnded == (row.next == "ended"))
    #expect(row.wiped.isEmpty && next.held.isEmpty, "a host holds no secret")
  }

  static func event(for row: TableFileRow) -> HostEvent<[UInt8]> {
    let bad: [UInt8] = [0xff]
    let abort = row.guardName == "unknown" ? bad : Abort(code: .busy).encoded()
    switch row.message {
    case "clientHello": return HostCell.client(.clientHello)
    case "keyExchange": return HostCell.client(.keyExchange)
    case "clientSealed": return HostCell.client(.sealed)
    case "clientAbort": return HostCell.client(.abort, abort)
    case "putBegin":
      if row.guardName == "malformed" { return HostCell.client(.putBegin, bad) }
      return HostCell.put(size: row.guardName == "oversize" ? 1001 : 100)
    case "putData":
      switch row.guardName {
      case "malformed": return HostCell.client(.putData, bad)
      case "misplaced": return HostCell.data(40, 61)
      case "more": return HostCell.data(40, 59)
      default: return HostCell.data(40, 60)
      }
    case "have":
      if row.guardName == "malformed" { return HostCell.client(.have, bad) }
      return HostCell.client(.have, Have(blobID: BlobID(Samples.blobID)).encoded())
    case "otherFromClient": return HostCell.client(.audit)
    case "clientBroken": return .broken(.tooLarge, .client)
    case "evidence": return HostCell.enclave(.evidence)
    case "enclaveSealed": return HostCell.enclave(.sealed)
    case "enclaveAbort": return HostCell.enclave(.abort, abort)
    case "weightRequest":
      return row.guardName == "malformed"
        ? HostCell.enclave(.weightRequest, bad) : HostCell.weights
    case "auditRecord":
      return HostCell.enclave(
        .audit, row.guardName == "malformed" ? bad : Audit(record: [0x7b]).encoded())
    case "otherFromEnclave": return HostCell.enclave(.putData)
    case "enclaveBroken": return .broken(.tooLarge, .enclave)
    case "storeReady":
      switch row.guardName {
      case "excess": return .storeReady(offset: 101)
      case "whole": return .storeReady(offset: 100)
      default: return .storeReady(offset: 40)
      }
    case "stored": return .stored
    case "blobFound": return .blobFound(.partial(bytes: 3))
    case "weightsRead": return .weightsRead(Samples.chunk(row.guardName == "unasked" ? 1 : 0))
    case "failed": return .failed(row.guardName == "unreachable" ? .enclaveUnreachable : .storeFull)
    case "deadline": return .deadline
    case "clientClosed": return .closed(.client)
    case "enclaveClosed": return .closed(.enclave)
    default: return .cancel
    }
  }
}

@Suite("Every row of the host's table")
struct HostCells {
  static let rows = TableFile.rows(of: "host")

  @Test("the table file and the generated rows agree")
  func tableFile() {
    #expect(Self.rows.count == HostRow.allCases.count)
    #expect(Self.rows.map(\.id) == HostRow.allCases.map { "\($0.identifier)" })
  }

  @Test("row", arguments: rows)
  func row(_ row: TableFileRow) throws {
    try HostRowCheck.run(row)
  }
}
