#if Mock
  import EphemeralModel
  import EphemeralWire
  import Glibc
  import PropertyTesting
  import SimulationSupport
  import Testing

  import EphemeralSimulation
  @testable import EphemeralRuntime

  /// A list of single faults, each tried on a session of its own in a world of its own.
  ///
  /// `EPHML_SEED` fixes the choices of bits and samples. A failure names seed, place and fault,
  /// which is all that it takes to see it again.
  struct Campaign {
    /// Failures after which a campaign gives up: the first few tell.
    static let maximumFailures = 5
    /// After each so many faults the same servers must serve an undisturbed session.
    static let recoveryStride = 16

    let fixture: Fixture
    let seed: UInt64
    private var failures = 0
    private(set) var caseCount = 0

    init(_ fixture: Fixture) {
      self.fixture = fixture
      seed = Self.environmentSeed ?? UInt64.random(in: 0...UInt64.max)
    }

    /// `EPHML_SEED`, decimal or hexadecimal after `0x`.
    static var environmentSeed: UInt64? {
      // The string is copied before anything else can change the environment.
      guard let value = unsafe getenv("EPHML_SEED") else { return nil }
      let text = unsafe String(cString: value)
      return text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }

    /// A number of `0 ..< bound` that follows from the seed and the parts.
    func choose(_ bound: Int, _ parts: Int...) -> Int {
      var mixed = seed
      for part in parts { mixed = SeededRandom.mix(mixed, UInt64(bitPattern: Int64(part))) }
      return Int(mixed % UInt64(bound))
    }

    var isGivenUp: Bool { failures >= Self.maximumFailures }

    /// Runs a session with one fault, which must end in a named error.
    mutating func run(_ spot: FrameSpot, _ fault: Fault) {
      caseCount += 1
      let (fixture, caseSeed, number) = (
        fixture, SeededRandom.mix(seed, UInt64(caseCount)), caseCount
      )
      attempt("\(spot), \(fault)") {
        let world = try FaultWorld(fixture, seed: caseSeed)
        world.arm([spot: fault])
        let end = try world.session(fixture.model.key)
        try world.judge(end)
        guard world.struck.count == 1 else { throw Violation(message: "the fault met no frame") }
        guard !end.isComplete else { throw Violation(message: "the session completed") }
        guard end.seconds <= FaultWorld.promptSeconds || !fault.isWholeFrame else {
          throw Violation(message: "only a deadline ended it")
        }
        if number.isMultiple(of: Self.recoveryStride) { try world.recover() }
      }
    }

    /// Counts one more case.
    mutating func count() { caseCount += 1 }

    /// Counts a body that throws as a failure and reports it with the seed.
    mutating func attempt(_ what: String, _ body: () throws -> Void) {
      guard !isGivenUp else { return }
      do {
        try body()
      } catch {
        failures += 1
        Issue.record("\(what): \(error); again with EPHML_SEED=\(seed)")
      }
    }
  }

  extension FaultWorld {
    /// After the faults the same servers serve as if nothing had been.
    func recover() throws {
      arm([:])
      let end = try session(fixture.model.key)
      try judge(end)
      guard end.isComplete else {
        throw Violation(message: "no recovery: \(String(describing: end.error))")
      }
    }
  }
#endif
