#if Mock
  import EphemeralModel
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// A push over a hostile wire: the store ends with the very blob, or without it.
  @Suite("Faults on the way into the store")
  struct PushFaultTests {
    @Test("A `ready` that became `stored` on the way is not believed")
    func readyTurnedStored() throws {
      let fixture = try Fixture()
      try fixture.folder.write(fixture.model.blob, to: "model.ephw")
      try fixture.emptyStore()
      let world = try FaultWorld(fixture, seed: 1)
      // Behind the head of the frame: an array of two, then the state.
      let spot = FrameSpot(hop: .client, isForward: false, index: 0)
      world.arm([spot: .flip(byte: Frame.headBytes + 1, bit: 0)])
      let client = world.client
      #expect(throws: ClientDriverError.failed(.unexpectedMessage)) {
        _ = try client.push(path: fixture.folder.path + "/model.ephw")
      }
      #expect(world.struck.map(\.type) == [.putStatus])
    }

    @Test("Whatever meets a push, nothing false is ever stored, and the next push succeeds")
    func push() throws {
      let fixture = try Fixture()
      try fixture.folder.write(fixture.model.blob, to: "model.ephw")
      let path = fixture.folder.path + "/model.ephw"
      try check(
        name: "push over a hostile wire", cases: 400,
        covering: Fault.kinds.filter { $0 != "reorder" }.map { RequiredLabel($0) }
      ) { testCase in
        let plan = try testCase.draw(FaultPlan.push, as: "plan")
        let seed: UInt64 = try testCase.draw(.integer(), as: "world")
        try fixture.emptyStore()
        let world = try FaultWorld(fixture, seed: seed)
        world.arm(plan.faults)
        var error: ClientDriverError?
        do throws(ClientDriverError) {
          _ = try world.client.push(path: path)
        } catch let failure { error = failure }
        try world.settle()
        for strike in world.struck { testCase.label(strike.fault.kind) }
        if case .failed(.internalError) = error { throw Violation(message: "no named error") }
        let state = fixture.store.state(of: fixture.model.name)
        if error == nil {
          try testCase.require(state == .stored(byteCount: fixture.model.blob.count))
        }
        if world.struck.allSatisfy(\.fault.isHarmless) {
          try testCase.require(error == nil, "\(String(describing: error))")
        }
        if case .stored = state {
          _ = try fixture.store.open(fixture.model.name)
        }
        world.arm([:])
        _ = try world.client.push(path: path)
        try world.settle()
        _ = try fixture.store.open(fixture.model.name)
      }
    }
  }
#endif
