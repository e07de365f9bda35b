/// A system of nodes that know of each other through messages alone, as the simulator runs it.
///
/// The simulator owns time, links and faults; the system owns the nodes' states. Everything that a
/// node does must follow from its state and the event: no clock, no randomness of its own.
public protocol SimulatedSystem {
  /// What travels on a link.
  associatedtype Payload
  /// What a node can be woken for.
  associatedtype Timer: Equatable

  /// The nodes' names; a node's number is its place.
  var nodeNames: [String] { get }

  /// A node begins.
  mutating func start(_ node: Int, _ context: inout SimulationContext<Payload, Timer>)
  /// A payload arrives at a node.
  mutating func receive(
    _ payload: Payload, from sender: Int, at node: Int,
    _ context: inout SimulationContext<Payload, Timer>)
  /// A timer that the node set is due.
  mutating func fire(
    _ timer: Timer, at node: Int, _ context: inout SimulationContext<Payload, Timer>)
  /// The link from `sender` to the node is closed and stays so until the faults end.
  mutating func close(
    _ sender: Int, at node: Int, _ context: inout SimulationContext<Payload, Timer>)
  /// The node stops at once; what it does not keep on disk is lost, its timers too.
  mutating func crash(_ node: Int)
  /// The node begins again after a crash.
  mutating func restart(_ node: Int, _ context: inout SimulationContext<Payload, Timer>)

  /// What is wrong that must never be; asked after each event. `nil` while all is well.
  var violation: String? { get }
  /// Whether the system has done what it is for.
  var isConverged: Bool { get }

  /// A payload in a few words, for traces.
  func label(of payload: Payload) -> String
  /// The payload with an error of transmission in it; `nil` where it cannot have one.
  func corrupted(_ payload: Payload, choice: UInt64) -> Payload?
  /// The payload in two parts, as a byte stream may deliver it; `nil` where it has none.
  func split(_ payload: Payload, choice: UInt64) -> (Payload, Payload)?
  /// Two payloads of one link as one, as a byte stream may deliver them; `nil` where it cannot be.
  func merged(_ first: Payload, _ second: Payload) -> Payload?
}

extension SimulatedSystem {
  /// Closed links mean nothing to the node.
  public mutating func close(
    _ sender: Int, at node: Int, _ context: inout SimulationContext<Payload, Timer>
  ) {}
  /// The node keeps everything.
  public mutating func crash(_ node: Int) {}
  /// The node begins as it did first.
  public mutating func restart(
    _ node: Int, _ context: inout SimulationContext<Payload, Timer>
  ) {
    start(node, &context)
  }
  /// The payload as Swift prints it.
  public func label(of payload: Payload) -> String { String(describing: payload) }
  /// Payloads arrive whole or not at all.
  public func corrupted(_ payload: Payload, choice: UInt64) -> Payload? { nil }
  /// Payloads have no parts.
  public func split(_ payload: Payload, choice: UInt64) -> (Payload, Payload)? { nil }
  /// Payloads stay apart.
  public func merged(_ first: Payload, _ second: Payload) -> Payload? { nil }
}

/// What a node may do while it handles an event.
public struct SimulationContext<Payload, Timer: Equatable> {
  enum Wish {
    case send(Payload, to: Int)
    case set(Timer, after: UInt64)
    case cancel(Timer)
    case note(String)
  }

  /// Virtual time since the start, in ticks.
  public let now: UInt64
  private(set) var wishes: [Wish] = []

  init(now: UInt64) { self.now = now }

  /// Sends a payload to another node, or to the node itself.
  public mutating func send(_ payload: Payload, to receiver: Int) {
    wishes.append(.send(payload, to: receiver))
  }

  /// Wakes the node once after so many ticks, at least one; equal timers run side by side.
  public mutating func setTimer(_ timer: Timer, after ticks: UInt64) {
    wishes.append(.set(timer, after: max(1, ticks)))
  }

  /// Forgets all timers of the node that equal this one.
  public mutating func cancelTimer(_ timer: Timer) { wishes.append(.cancel(timer)) }

  /// Adds a remark to the trace.
  public mutating func note(_ text: String) { wishes.append(.note(text)) }
}
