import EphemeralSession
import EphemeralWire

extension HostBench {
  /// An event for the machine.
  struct Stimulus {
    var event: HostEvent<[UInt8]>
    var brought: AbortCode?

    init(_ event: HostEvent<[UInt8]>, brought: AbortCode? = nil) {
      self.event = event
      self.brought = brought
    }
  }

  private static let blobID = BlobID(Samples.blobID)

  private func frame(
    _ type: FrameType, _ payload: [UInt8], from side: HostSide
  ) -> Stimulus {
    Stimulus(.frame(IncomingFrame(type: type, payload: payload), from: side))
  }

  /// A frame that the host does not look into, expected to pass where the row says so.
  private func passing(
    _ type: FrameType, from side: HostSide, _ row: TableRow, _ dice: Dice
  ) throws -> Stimulus {
    let payload = (0...(try dice(40))).map { UInt8(truncatingIfNeeded: $0) }
    let stimulus = frame(type, payload, from: side)
    expectForwarding(stimulus, row)
    return stimulus
  }

  private func expectForwarding(_ stimulus: Stimulus, _ row: TableRow) {
    guard case .frame(let frame, _) = stimulus.event else { return }
    if row.effects.contains("forward:enclave") { wanted.append(.forward(frame, to: .enclave)) }
    if row.effects.contains("forward:client") { wanted.append(.forward(frame, to: .client)) }
  }

  private func abort(from side: HostSide, _ row: TableRow, _ code: AbortCode) -> Stimulus {
    let isBad = row.guardName == "unknown"
    let payload: [UInt8] = isBad ? [0xff] : Abort(code: code).encoded()
    var stimulus = frame(.abort, payload, from: side)
    if row.guardName == "known" { stimulus.brought = code }
    expectForwarding(stimulus, row)
    return stimulus
  }

  /// An event that brings the row about; nil where there is none now.
  func stimulus(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    let code = AbortCode.allCases[try dice(AbortCode.allCases.count)]
    switch row.message {
    case "clientHello": return try passing(.clientHello, from: .client, row, dice)
    case "keyExchange": return try passing(.keyExchange, from: .client, row, dice)
    case "clientSealed": return try passing(.sealed, from: .client, row, dice)
    case "evidence": return try passing(.evidence, from: .enclave, row, dice)
    case "enclaveSealed": return try passing(.sealed, from: .enclave, row, dice)
    case "clientAbort": return abort(from: .client, row, code)
    case "enclaveAbort": return abort(from: .enclave, row, code)
    case "otherFromClient":
      let types: [FrameType] = [
        .evidence, .putStatus, .haveReply, .weightRequest, .weightChunk, .audit,
      ]
      return frame(try Self.pick(types, dice), [1], from: .client)
    case "otherFromEnclave":
      let types: [FrameType] = [
        .clientHello, .keyExchange, .putBegin, .putData, .putStatus, .have, .haveReply,
        .weightChunk,
      ]
      return frame(try Self.pick(types, dice), [1], from: .enclave)
    case "clientBroken": return Stimulus(.broken(code, .client), brought: code)
    case "enclaveBroken": return Stimulus(.broken(code, .enclave), brought: code)
    case "putBegin", "putData", "have", "storeReady", "stored", "blobFound":
      return try store(for: row, dice)
    case "weightRequest": return try weightRequest(for: row, dice)
    case "weightsRead": return try weightsRead(for: row, dice)
    case "auditRecord":
      if row.guardName == "malformed" { return frame(.audit, [0xff], from: .enclave) }
      let record: [UInt8] = [0x7b, UInt8(truncatingIfNeeded: try dice(200))]
      if row.effects.contains("logEnclave") { wanted = [.logEnclave(record: record)] }
      return frame(.audit, Audit(record: record).encoded(), from: .enclave)
    case "failed":
      switch row.guardName {
      case "unreachable": return Stimulus(.failed(.enclaveUnreachable))
      case "other" where code == .enclaveUnreachable: return nil
      default: return Stimulus(.failed(code), brought: code)
      }
    case "deadline": return Stimulus(.deadline)
    case "clientClosed": return Stimulus(.closed(.client))
    case "enclaveClosed": return Stimulus(.closed(.enclave))
    case "cancel": return Stimulus(.cancel)
    default: return nil
    }
  }

  // MARK: The store

  private func store(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    switch row.message {
    case "putBegin":
      if row.guardName == "malformed" { return frame(.putBegin, [0xff], from: .client) }
      let size = row.guardName == "oversize" ? Self.maximumBlobBytes + 1 : blobBytes
      if row.guardName == "valid" {
        wanted = [.beginStore(blobID: Samples.blobID, size: size)]
      }
      return frame(.putBegin, PutBegin(blobID: Self.blobID, size: size).encoded(), from: .client)
    case "putData": return try putData(for: row, dice)
    case "have":
      if row.guardName == "malformed" { return frame(.have, [0xff], from: .client) }
      if row.guardName == "valid" { wanted = [.lookUpBlob(Samples.blobID)] }
      return frame(.have, Have(blobID: Self.blobID).encoded(), from: .client)
    case "storeReady": return try storeReady(for: row, dice)
    case "stored":
      if row.guardName == "always", row.state == "publishing" {
        answer(.putStatus, PutStatus(state: .stored, offset: blobBytes).encoded())
      }
      return Stimulus(.stored)
    default:
      if row.state == "lookingUp" {
        answer(.haveReply, HaveReply(state: .partial, bytes: 3).encoded())
      }
      return Stimulus(.blobFound(.partial(bytes: 3)))
    }
  }

  private func answer(_ message: SessionMessage, _ payload: [UInt8]) {
    wanted.append(.send(OutgoingFrame(message, payload), to: .client))
  }

  private func storeReady(for row: TableRow, _ dice: Dice) throws -> Stimulus {
    switch row.guardName {
    case "excess": return Stimulus(.storeReady(offset: blobBytes + 1))
    case "whole":
      answer(.putStatus, PutStatus(state: .stored, offset: blobBytes).encoded())
      return Stimulus(.storeReady(offset: blobBytes))
    case "partial":
      stored = try Self.pick([0, 1, blobBytes - 1], dice)
      answer(.putStatus, PutStatus(state: .ready, offset: stored).encoded())
      return Stimulus(.storeReady(offset: stored))
    default: return Stimulus(.storeReady(offset: 1))
    }
  }

  private func putData(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    let rest = row.state == "storing" ? blobBytes - stored : 1
    var (offset, count) = (stored, rest)
    switch row.guardName {
    case "malformed": return frame(.putData, [0xff], from: .client)
    case "misplaced":
      switch try dice(3) {
      case 0: count += 1
      case 1: offset += 1
      default: if stored > 0 { offset -= 1 } else { count += 1 }
      }
    case "more":
      guard rest > 1 else { return nil }
      count = 1
    default: break
    }
    let bytes = [UInt8](repeating: 1, count: Int(count))
    if row.guardName == "more" || row.guardName == "last" {
      wanted = [.storeData(offset: offset, bytes: bytes)]
      stored += count
    }
    return frame(.putData, PutData(offset: offset, bytes: bytes).encoded(), from: .client)
  }

  // MARK: Weights

  private func weightRequest(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    if row.guardName == "malformed" { return frame(.weightRequest, [0xff], from: .enclave) }
    var count: UInt64 = try Self.pick([2, 1, 64], dice)
    let isFull = asked.count == SessionBounds.outstandingWeightRequests
    let isLong = try dice(4) == 0 && !answersNothing
    if row.guardName == "excess", !isFull {
      guard isLong else { return nil }
      count = 65
    }
    if row.guardName == "valid" {
      guard !isFull else { return nil }
      asked.append((7, count))
      wanted = [.readWeights(WeightRange(blobID: Samples.blobID, first: 7, count: count))]
    }
    let request = WeightRequest(blobID: Self.blobID, first: 7, count: count)
    return frame(.weightRequest, request.encoded(), from: .enclave)
  }

  private func weightsRead(for row: TableRow, _ dice: Dice) throws -> Stimulus? {
    guard row.state == "relaying" else { return Stimulus(.weightsRead(Samples.chunk(7))) }
    let next = asked.first?.first
    guard row.guardName == "next" else {
      if next == nil, try dice(3) > 0 { return nil }
      return Stimulus(.weightsRead(Samples.chunk(next.map { $0 + 1 } ?? 7)))
    }
    guard let next, !answersNothing else { return nil }
    asked[0].first += 1
    asked[0].count -= 1
    if asked[0].count == 0 { asked.removeFirst() }
    let chunk = Samples.chunk(next)
    wanted = [.send(OutgoingFrame(.weightChunk, codec.encode(chunk)), to: .enclave)]
    return Stimulus(.weightsRead(chunk))
  }
}
