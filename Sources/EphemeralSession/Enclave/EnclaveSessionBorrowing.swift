extension EnclaveSession {
  /// Lends the whole topology while the driver judges it (state `admitting`).
  ///
  /// Returns `nil` in any other state. Keep no handle beyond the closure.
  public borrowing func withTopology<Result>(
    _ body: (Crypto.Material) throws -> Result
  ) rethrows -> Result? {
    switch stage {
    case .admitting(let state): return try body(state.topology.material)
    default: return nil
    }
  }

  /// Lends the request while the driver computes (state `inferring`).
  ///
  /// Returns `nil` in any other state. Keep no handle beyond the closure.
  public borrowing func withRequest<Result>(
    _ body: (Crypto.Material) throws -> Result
  ) rethrows -> Result? {
    switch stage {
    case .inferring(let state): return try body(state.request.material)
    default: return nil
    }
  }

  /// Hands over the chunk of an `openChunk` action, once; `nil` when it is not there any more.
  public mutating func takeChunk(index: UInt64) -> ChunkFields<Crypto.Bytes>? {
    let name = stage.name
    guard name == .assembling || name == .refetching else { return nil }
    let chunk: ChunkFields<Crypto.Bytes>?
    switch exchange(&stage, with: .poisoned) {
    case .assembling(var state):
      chunk = state.fetch.take(index)
      stage = .assembling(state)
    case .refetching(var state):
      chunk = state.fetch.take(index)
      stage = .refetching(state)
    default:
      preconditionFailure("only these two states were let in")
    }
    return chunk
  }
}

extension EnclaveStage {
  /// The secrets that the state holds: a statement about its own fields.
  var held: SecretSlots {
    let secured: SecretSlots = [.receiptKey, .receiveKey, .sendKey, .driver]
    switch self {
    case .listening: return [.keySeed, .receiptSeed, .driver]
    case .attesting: return [.keyPrivate, .receiptKey, .driver]
    case .offered: return [.keyPrivate, .receiptKey, .driver]
    case .keyed: return secured
    case .gathering: return secured.union(.topology)
    case .admitting: return secured.union(.topology)
    case .assembling: return secured
    case .finishing: return secured
    case .ready: return secured
    case .collecting: return secured.union(.request)
    case .refetching: return secured.union(.request)
    case .inferring: return secured.union(.request)
    case .reporting: return [.receiptKey, .sendKey, .driver]
    case .wiping: return .driver
    case .ended: return []
    }
  }
}
