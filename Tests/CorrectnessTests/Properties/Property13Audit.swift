#if Mock
  import EphemeralModel
  import EphemeralSession
  import EphemeralSimulation
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// The two logs tell every security event, in an order that the protocol allows, and cannot be
  /// changed unseen.
  @Suite("Property 13: every security event is in the audit log", .tags(.property13))
  struct Property13Audit {
    @Test("chains are whole; what happened is in them, once and in order; a changed line shows")
    func audit() throws {
      let suite = try PropertySuite()
      try check(
        name: "property 13", cases: 1000,
        covering: PropertySuite.required + [RequiredLabel("tampered", share: 0.05)]
      ) { testCase in
        let run = try PropertyRun(&testCase, suite)
        for role in AuditRole.allCases {
          let summary = run.world.summary(role)
          try testCase.require(summary.fault == nil, "the \(role) log's chain is broken")
          try testCase.require(summary.recordCount == run.world.lines(role).count)
        }
        try Self.judge(run.world.log(.enclave), &testCase)
        let inferred = run.world.log(.enclave).count { $0.event == .inferred }
        try testCase.require(inferred >= run.end.answers.count, "an inference is not in the log")
        if run.end.isComplete {
          try testCase.require(inferred == run.inferences, "\(inferred) inferences in the log")
        }
        try tamper(run, &testCase)
      }
    }

    /// One bit of one line, one line less, or two lines swapped: the verifier says so.
    private func tamper(_ run: PropertyRun, _ testCase: inout TestCase) throws {
      var lines = run.world.lines(.enclave)
      try testCase.require(lines.count >= 1, "the enclave's log is empty")
      let place = try testCase.draw(.integer(in: 0...lines.count - 1), as: "line")
      let kind = try testCase.draw(.integer(in: 0...2), as: "tampering")
      // The last line may be missing unseen: its head is in the wipe report for that.
      switch kind {
      case 0:
        let byte = try testCase.draw(.integer(in: 0...lines[place].count - 1), as: "byte")
        lines[place][byte] ^= 1
      case 1:
        guard place < lines.count - 1 else { return }
        lines.remove(at: place)
      default:
        guard place < lines.count - 1 else { return }
        lines.swapAt(place, place + 1)
      }
      let verdict = AuditVerifier.verify(Array(lines.map { $0 + [0x0a] }.joined()))
      let whole = run.world.summary(.enclave)
      try testCase.require(
        verdict.fault != nil || verdict.head != whole.head, "a changed log is taken for whole")
      testCase.label("tampered")
    }

    /// The order of a session's events; whatever else happens, nothing follows a wipe.
    static func judge(_ records: [AuditRecord], _ testCase: inout TestCase) throws {
      let order: [LoggedEvent] = [
        .evidenceAsked, .keysConfirmed, .topologyAccepted, .assembled, .inferred, .wiped,
      ]
      var last: [[UInt8]: Int] = [:]
      for record in records {
        guard let session = record.session, let rank = order.firstIndex(of: record.event)
        else { continue }
        let before = last[session] ?? -1
        let isRepeat = record.event == .inferred && before == rank
        try testCase.require(
          isRepeat || record.event == .wiped && before < rank || rank == before + 1,
          "\(record.event) is out of order")
        last[session] = rank
      }
      try testCase.require(
        last.values.allSatisfy { $0 == order.count - 1 }, "a session has no wipe in the log")
    }

    @Test(
      "canary: a log without the wipe, or with events swapped, is reported",
      arguments: [false, true])
    func canary(_ swaps: Bool) throws {
      let suite = try PropertySuite()
      #expect(
        expectFalsified("canary 13", swaps ? "out of order" : "has no wipe") { testCase in
          let run = try PropertyRun(&testCase, suite)
          var records = run.world.log(.enclave)
          let keys = records.firstIndex { $0.event == .keysConfirmed }
          let topology = records.firstIndex { $0.event == .topologyAccepted }
          if swaps {
            try testCase.assume(keys != nil && topology != nil)
            if let keys, let topology { records.swapAt(keys, topology) }
          } else {
            try testCase.assume(records.contains { $0.event == .evidenceAsked })
            records.removeAll { $0.event == .wiped }
          }
          try Self.judge(records, &testCase)
        })
    }
  }
#endif
