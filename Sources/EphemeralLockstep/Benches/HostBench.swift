import EphemeralSession
import EphemeralWire

/// The host's machine with a stand-in for its two peers and its store.
package final class HostBench: Bench {
  package static let role = ProtocolTable.Role.host
  static let maximumBlobBytes: UInt64 = 1000

  let codec = LibcryptoCryptography()
  var machine: HostSession<LibcryptoCryptography>
  private var referee = Referee()
  private var moments = Moments(lifeSeconds: 3600)
  let blobBytes: UInt64
  /// Bytes of the blob that the store has.
  var stored: UInt64 = 0
  /// Chunks that were asked for and not read, by request.
  var asked: [(first: UInt64, count: UInt64)] = []
  /// Whether no request is answered, so that there come to be as many as there may be.
  let answersNothing: Bool
  /// What the last event must lead to, beyond its row.
  var wanted: [HostAction<[UInt8]>] = []

  package var stateName: String { "\(machine.state)" }

  package init(_ dice: Dice, aim: TableRow?) throws {
    blobBytes = try Self.pick([100, 1000, 2], dice)
    answersNothing = try dice(2) == 0 && aim?.guardName == "excess"
    machine = HostSession(
      configuration: HostConfiguration(codec: codec, maximumBlobBytes: Self.maximumBlobBytes),
      at: Samples.start)
  }

  package func play(
    _ row: TableRow, _ table: ProtocolTable, _ dice: Dice
  ) throws -> [String]? {
    let phase = Self.phaseSeconds(table.state(row.state)?.timer)
    wanted = []
    guard let time = try moments.moment(row.guardName, phaseSeconds: phase, dice),
      let stimulus = try stimulus(for: row, dice)
    else { return nil }
    let actions = machine.handle(stimulus.event, at: time)
    let timers = (table.state(row.state)?.timer, table.state(row.next)?.timer)
    if timers.0 != timers.1 || timers.1 == "progress" && row.message != "deadline" {
      moments.restart()
    }
    guard let last = machine.last else { return ["the machine names no transition"] }
    let step = Step(
      row: "\(last.row.identifier)", next: stateName, effects: actions.map(\.effect), claims: [],
      wiped: [], held: machine.state.held.slotNames, outcome: machine.outcome)
    var expected = Expectation(brought: stimulus.brought)
    switch row.message {
    case "clientClosed": expected.ending = row.state == "idle" ? .completed : .failed(.peerClosed)
    case "enclaveClosed" where row.state == "relaying": expected.ending = .completed
    default: break
    }
    var claimless = row
    claimless.claims = []
    return referee.judge(step, claimless, expected, table) + judge(actions)
  }

  static func phaseSeconds(_ timer: String?) -> UInt64? {
    switch timer {
    case "idle", "progress": 30
    case "halfOpen": 10
    case "draining": 15
    default: nil
    }
  }

  private func judge(_ actions: [HostAction<[UInt8]>]) -> [String] {
    var complaints: [String] = []
    var special: [HostAction<[UInt8]>] = []
    for action in actions {
      switch action {
      case .send(let frame, _) where frame.message == .abort:
        if frame.payload != Abort(code: referee.decided?.code ?? .internalError).encoded() {
          complaints.append("an Abort of another code")
        }
      case .send, .forward, .beginStore, .storeData, .lookUpBlob, .readWeights, .logEnclave:
        special.append(action)
      case .close(let outcome):
        if outcome != referee.decided { complaints.append("it closes with \(outcome)") }
      case .connectEnclave, .finishStore, .abandonStore, .audit, .finishWritingToEnclave: break
      }
    }
    if special != wanted { complaints.append("\(special) and not \(wanted)") }
    return complaints
  }
}
