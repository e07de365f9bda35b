import EphemeralLockstep
@testable import EphemeralSession
import EphemeralWire
import Testing

@Suite("Deadlines")
struct DeadlineTests {
  private static let second: UInt64 = 1_000_000_000

  @Test("an enclave's half-open time runs from the connection and no message extends it")
  func halfOpen() throws {
    var cell = try EnclaveCell()
    let limit = Samples.start.nanoseconds + 5 * Self.second
    for state in [EnclaveState.listening, .attesting, .offered] {
      cell = try EnclaveCell()
      try cell.reach(state)
      let deadline = cell.machine.deadline
      #expect(deadline == limit)
    }
    var early = SessionTime(nanoseconds: limit - 1, unixSeconds: 0)
    #expect(cell.feed(.deadline, at: early).isEmpty)
    early.nanoseconds = limit
    #expect(cell.feed(.deadline, at: early).map(\.effect).last == "wipe")
  }

  @Test("the topology's seconds shorten a life, never lengthen it", arguments: [60, 100_000])
  func life(_ seconds: UInt64) throws {
    var cell = try EnclaveCell()
    try cell.reach(.admitting)
    var admission = Samples.admission(source: .cache)
    admission.maximumSeconds = seconds
    _ = cell.feed(.topologyAdmitted(admission))
    _ = cell.feed(.assembled(Samples.assembled))
    let deadline = cell.machine.deadline
    #expect(deadline == Samples.start.nanoseconds + min(seconds, 3600) * Self.second)
  }

  @Test("Evidence's limit shortens the client's life; huge numbers do not overflow")
  func clientLife() throws {
    for seconds: UInt64 in [3, 0xffff_ffff] {
      var cell = try ClientCell(
        limits: EnclaveLimits(
          maxTopologyBytes: 100, maxRequestBytes: 100, maxWeightBytes: 1,
          maxSessionSeconds: seconds))
      try cell.reach(.ready)
      let deadline = cell.machine.deadline
      #expect(deadline == Samples.start.nanoseconds + min(seconds, 3600) * Self.second)
    }
    let late = SessionTime(nanoseconds: .max - 1, unixSeconds: 0)
    #expect(late.adding(seconds: .max) == .max)
  }

  @Test("each stored piece renews the host's patience, a deadline fed early does not")
  func progress() {
    var cell = HostCell()
    cell.reach(.storing)
    let first = cell.machine.deadline
    #expect(first == Samples.start.nanoseconds + 30 * Self.second)
    var time = Samples.start
    time.nanoseconds += 20 * Self.second
    _ = cell.feed(.deadline, at: time)
    let second = cell.machine.deadline
    #expect(second == first)
    _ = cell.feed(HostCell.data(40, 10), at: time)
    let third = cell.machine.deadline
    #expect(third == time.nanoseconds + 30 * Self.second)
  }

  @Test("a session that wipes or has ended awaits nothing")
  func none() throws {
    for state in [EnclaveState.reporting, .wiping, .ended] {
      var cell = try EnclaveCell()
      try cell.reach(state)
      let deadline = cell.machine.deadline
      #expect(deadline == nil)
    }
  }
}
