import EphemeralSession
import EphemeralWire
import PropertyTesting

/// What lies in a queue: a frame, or the mark that nothing more comes.
struct QueueItem: Equatable {
  let message: SessionMessage
  let payload: Term
  /// Whether the sender will send nothing more.
  let isEnd: Bool

  /// A frame.
  init(_ message: SessionMessage, _ payload: Term) {
    self.message = message
    self.payload = payload
    isEnd = false
  }

  /// The mark.
  static let end = QueueItem()
  private init() {
    message = .abort
    payload = .none
    isEnd = true
  }

  /// The name in projected lines.
  var name: String { isEnd ? "end" : "\(message)" }
  /// The name as a number.
  var code: UInt64 { isEnd ? 0xff : UInt64(message.rawValue) }
  var frame: IncomingFrame<Term> {
    IncomingFrame(type: message.frameType, payload: payload)
  }
}

/// A host's machine at one point of its life.
final class HostRun {
  let machine: HostSession<SymbolicCryptography>
  let state: HostState
  let lastRow: HostRow?
  /// Chunks asked for and not yet read.
  let unread: UInt64

  init(_ machine: consuming HostSession<SymbolicCryptography>, lastRow: HostRow?) {
    state = machine.state
    unread = machine.unreadRanges.reduce(0) { $0 + $1.count }
    self.machine = machine
    self.lastRow = lastRow
  }

  /// The host's part of a projected line.
  var line: String {
    "\(state)|\(lastRow.map { "\($0.identifier)" } ?? "-")|\(unread)"
  }
}

/// The state of the world `Relay`.
struct RelayState {
  /// The four queues, by sender and receiver.
  enum Queue: Int, CaseIterable {
    case clientToHost, hostToClient, hostToEnclave, enclaveToHost
    /// The name in projected lines.
    var name: String { ["ch", "hc", "he", "eh"][rawValue] }
  }

  /// Client and enclave, the attacker's knowledge, costs and violations, as in `Hostile`.
  var roles = HostileState()
  var host: UInt32 = 0
  var queues: [[QueueItem]] = [[], [], [], []]

  subscript(queue: Queue) -> [QueueItem] {
    get { queues[queue.rawValue] }
    set { queues[queue.rawValue] = newValue }
  }
}

/// A step of the world `Relay`.
enum RelayStep: Equatable {
  /// What happens to the host by itself.
  enum HostKind: Equatable { case weightsRead, failed, deadline, cancel }
  case deliver(RelayState.Queue)
  /// A driver's step or a disturbance of client or enclave.
  case role(HostileStep)
  case host(HostKind)
}
