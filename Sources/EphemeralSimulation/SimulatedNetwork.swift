public import EphemeralRuntime

/// One direction of one connection of a simulation.
public struct SimulatedFlow: Hashable, Sendable {
  /// Connections are numbered from 0 in the order in which they were made.
  public let connection: Int
  /// The address that the connection was made to.
  public let address: Address
  /// True from the connecting to the listening side.
  public let isForward: Bool
}

/// What happens to bytes on their way.
public enum SimulatedDelivery: Equatable, Sendable {
  /// These bytes arrive, in these pieces; an empty list loses them.
  case pieces([[UInt8]])
  /// The connection breaks here; both sides see it end.
  case hangUp
  /// Nothing of this flow arrives from now on, and nobody is told: a dead peer or a cut wire.
  case blackHole
}

/// What carries the bytes of a simulation, honestly unless told otherwise.
public final class SimulatedNetwork {
  /// How long each piece travels, in virtual nanoseconds.
  public var latencyNanoseconds: UInt64 = 50_000
  /// Sees every write before it travels and says what becomes of it.
  ///
  /// The integer is the number of bytes that the flow carried before. Nil carries everything.
  public var interfere: ((SimulatedFlow, Int, [UInt8]) -> SimulatedDelivery)?
  /// Sees everything that arrives anywhere: what a hostile host could have recorded.
  public var observe: ((SimulatedFlow, [UInt8]) -> Void)?

  private var connectionCount = 0

  init() {}

  func openLink(to address: Address) -> Int {
    defer { connectionCount += 1 }
    return connectionCount
  }
}
