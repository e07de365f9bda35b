#if Mock
  import EphemeralAttestation
  import EphemeralModel
  import EphemeralSession
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport

  import EphemeralSimulation
  @testable import EphemeralRuntime

  /// What a client saw of one session.
  struct SessionEnd {
    /// The session's end; nil where virtual time came to none.
    var outcome: SessionOutcome?
    /// Why it ended, where it did not complete.
    var error: ClientDriverError?
    /// The answers that were handed out as verified.
    var answers: [[Float]] = []
    /// When it ended, in virtual seconds since the world began.
    var seconds: UInt64 = 0

    var isComplete: Bool { outcome == .completed }
  }

  extension FaultWorld {
    /// Runs the only session of its time from attest to zeroize, as far as it gets, and lets the
    /// servers end.
    ///
    /// - Parameter lingers: whether the user is slow to take results.
    func session(
      _ key: borrowing TopologyKey, inferences: Int = 1, lingers: Bool = false,
      policy: MeasurementPolicy? = nil
    ) throws -> SessionEnd {
      weak var run: ClientRun?
      let end = try attempt(
        key, inferences: inferences, lingers: lingers, policy: policy
      ) { run = $0 }
      let ended = reactor.nowNanoseconds
      try settle()
      let isTold = !struck.contains { $0.fault.isSlow }
      if isTold, reactor.nowNanoseconds - ended > Self.settlingSeconds * 1_000_000_000 {
        throw Violation(message: "the servers held on to a session whose client had gone")
      }
      if heldAtWipe > 0 { throw Violation(message: "a wipe was recorded before it was done") }
      if run != nil { throw Violation(message: "the client's session is still alive") }
      return end
    }

    /// Runs one session from attest to zeroize, as far as it gets.
    func attempt(
      _ key: borrowing TopologyKey, inferences: Int = 1, lingers: Bool = false,
      policy: MeasurementPolicy? = nil, begun: (ClientRun) -> Void = { _ in }
    ) throws -> SessionEnd {
      var end = SessionEnd()
      let began = reactor.nowNanoseconds
      let run = try client.begin(key, policy: policy ?? fixture.policy)
      begun(run)
      try step { !run.isReady && run.outcome == nil }
      for _ in 0..<inferences {
        guard let sequence = run.nextSequence, run.outcome == nil else { break }
        run.send(try TinyModel.request(sequence, Fixture.input))
        try step { !run.hasResult && run.outcome == nil }
        if lingers { reactor.run(forNanoseconds: 50_000_000) }
        if run.outcome != nil, run.hasResult {
          throw Violation(message: "a result outlived its session")
        }
        guard run.hasResult else { break }
        end.answers.append(try TinyModel.answer(try run.takeResult().response))
      }
      if run.outcome == nil {
        run.finish()
        try step { run.outcome == nil }
      }
      end.outcome = run.outcome
      if run.outcome != .completed { end.error = run.error }
      end.seconds = (reactor.nowNanoseconds - began) / 1_000_000_000
      return end
    }

    /// Lets virtual time pass until `condition` no longer holds, within the bounds of a session.
    func step(while condition: () -> Bool) throws {
      var events = 0
      let limit = reactor.nowNanoseconds + Self.longestSeconds * 1_000_000_000
      let isOver = reactor.run {
        events += 1
        return condition() && events < Self.longestEvents && reactor.nowNanoseconds < limit
      }
      if !isOver { throw Violation(message: "nothing can happen any more, yet it is not over") }
      if condition() { throw Violation(message: "no end after \(events) events") }
    }

    /// Lets the servers come to their end, and checks that they hold nothing any more.
    func settle() throws {
      try step { !(enclave.isIdle && host.isIdle) }
      reactor.run(forNanoseconds: 2 * StreamLimits.lingerNanoseconds)
      guard memory.usedBytes == 0 else {
        throw Violation(message: "the enclave's memory was not given back")
      }
      try judgeLog()
    }

    /// Each session of the enclave was wiped once, and nothing came after it.
    private func judgeLog() throws {
      var isWiped: [[UInt8]: Bool] = [:]
      for record in log(.enclave) {
        guard let session = record.session else { continue }
        if isWiped[session] ?? false {
          throw Violation(message: "the enclave went on after its wipe: \(record.event)")
        }
        isWiped[session] = record.event == .wiped
        if record.event == .aborted, record.code == "\(AbortCode.internalError)" {
          throw Violation(message: "the enclave blamed itself")
        }
      }
      guard isWiped.values.allSatisfy({ $0 }) else {
        throw Violation(message: "the enclave left a session without a wipe")
      }
    }

    /// Checks what every run must keep: the right answer, or a named error.
    func judge(_ end: SessionEnd, inferences: Int = 1) throws {
      let expected = fixture.model.expected(Fixture.input)
      guard end.answers.allSatisfy({ $0 == expected }) else {
        throw Violation(message: "a wrong answer: \(end.answers)")
      }
      guard end.outcome != nil else { throw Violation(message: "the client has no end") }
      if end.isComplete {
        guard end.answers.count == inferences else {
          throw Violation(message: "complete with \(end.answers.count) answers")
        }
      } else {
        guard let error = end.error, error != .failed(.internalError), error != .resources else {
          throw Violation(message: "no named error: \(String(describing: end.error))")
        }
      }
    }
  }
#endif
