#if Mock
  import EphemeralCrypto
  import EphemeralModel
  import EphemeralSession
  import EphemeralSimulation
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import TestSupport

  @testable import EphemeralRuntime

  /// One session of the real drivers, mostly honest, and all that anybody outside could see of it.
  final class PropertyRun {
    /// A frame on one of the two connections, before a fault meets it.
    struct SeenFrame {
      let spot: FrameSpot
      let frame: Frame
    }

    let world: FaultWorld
    let plan: FaultPlan
    let inferences: Int
    private(set) var frames: [SeenFrame] = []
    /// The bytes of each flow, in the order of the flows' first bytes.
    private(set) var flows: [(flow: SimulatedFlow, bytes: [UInt8])] = []
    private(set) var end = SessionEnd()

    /// Draws how many inferences are asked for and, in one case of three, what goes wrong; runs
    /// it; labels what struck and how it ended.
    init(
      _ testCase: inout TestCase, _ suite: PropertySuite, alwaysFaulty: Bool = false
    ) throws {
      inferences = try testCase.draw(.integer(in: 0...2), as: "inferences")
      let honest = suite.honest[inferences]
      let isFaulty = try alwaysFaulty || testCase.draw(.bool(probability: 0.35), as: "faulty")
      plan =
        isFaulty
        ? try testCase.draw(FaultPlan.session(honest, count: 2), as: "plan")
        : FaultPlan(faults: [:])
      let seed: UInt64 = try testCase.draw(.integer(), as: "world")
      world = try FaultWorld(suite.fixture, seed: seed)
      for link in world.links {
        link.observe = { [unowned self] in frames.append(SeenFrame(spot: $0, frame: $1)) }
      }
      world.reactor.network.observe = { [unowned self] flow, bytes in
        if let index = flows.firstIndex(where: { $0.flow == flow }) {
          flows[index].bytes += bytes
        } else {
          flows.append((flow, bytes))
        }
      }
      world.arm(plan.faults)
      end = try world.session(suite.fixture.model.key, inferences: inferences)
      label(&testCase, suite)
    }

    private func label(_ testCase: inout TestCase, _ suite: PropertySuite) {
      for strike in world.struck {
        testCase.label(strike.fault.kind)
        if let place = suite.honest[inferences].place(strike.spot) { testCase.label(place.phase) }
      }
      testCase.label(end.isComplete ? "complete" : "failed")
    }

    /// What arrived at one address, in the direction of its listener or back.
    func arrivals(at address: Address, isForward: Bool) -> [UInt8] {
      flows.first { $0.flow.address == address && $0.flow.isForward == isForward }?.bytes ?? []
    }

    /// All whole frames of a stream of bytes.
    static func decode(_ bytes: [UInt8]) -> [Frame] {
      var decoder = FrameDecoder(allowed: FaultyLink.everything)
      var frames: [Frame] = []
      var position = 0
      while let frame = try? decoder.next(from: bytes.span, at: &position) { frames.append(frame) }
      return frames
    }
  }

  /// What the cases of one property share.
  struct PropertySuite {
    /// One suite for each lifetime of a model.
    static func bothLifetimes() throws -> [PropertySuite] {
      [try PropertySuite(), try PropertySuite(lifetime: .perInference)]
    }

    /// What every property's cases must have met: every phase, every fault, both ends.
    static let required: [RequiredLabel] =
      (Fault.kinds + HonestSession.phases).map { RequiredLabel($0) }
      + [RequiredLabel("complete", share: 0.5), RequiredLabel("failed", share: 0.1)]

    let fixture: Fixture
    /// The undisturbed session with so many inferences.
    let honest: [HonestSession]
    /// The model and what goes through it, as an outsider must never see it.
    let secrets: SecretScanner

    init(lifetime: LifetimePolicy = .standard) throws {
      fixture = try Fixture(lifetime: lifetime)
      let fixture = fixture
      honest = try (0...2).map { try HonestSession(fixture, inferences: $0) }
      secrets = try Self.secrets(of: fixture)
    }

    private static func secrets(of fixture: Fixture) throws -> SecretScanner {
      let model = fixture.model
      var scanner = SecretScanner()
      func add(_ name: String, _ values: [Float]) {
        scanner.add(
          name,
          ONNX.bytes(values))
      }
      add("weight", Array(repeating: model.scale, count: TinyModel.width))
      add("bias", Array(repeating: model.shift, count: TinyModel.width))
      add("input", Fixture.input)
      add("activation", Fixture.input.map { $0 * model.scale })
      add("output", model.expected(Fixture.input))
      let key = try model.key.encoded().withSpan { span in (0..<span.count).map { span[$0] } }
      // The plain form ends with the blob key and the model hash, each behind a head of two bytes.
      scanner.add("blob key", Array(key[(key.count - 66)..<(key.count - 34)]))
      scanner.add("digest of the weights", model.key.topology.blob.weightsDigest)
      let name = Array("Mul".utf8)
      let operation = key.indices.first { key[$0...].starts(with: name) }
      guard let operation else { throw Violation(message: "the topology names no operation") }
      scanner.add("graph", Array(key[(operation - 8)..<(operation + 8)]))
      return scanner
    }
  }

  extension TestCase {
    /// Requires that no secret stands in the bytes.
    func requireNone(
      of secrets: SecretScanner, in bytes: [UInt8], _ place: String,
      fileID: StaticString = #fileID, line: UInt = #line
    ) throws {
      guard let name = secrets.find(in: bytes) else { return }
      throw Violation(message: "\(name) in \(place)", fileID: fileID, line: line)
    }
  }

  /// Expects that a property fails, as a canary must.
  func expectFalsified(
    _ name: String, _ text: String, _ property: @escaping (inout TestCase) throws -> Void
  ) -> Bool {
    do throws(PropertyFailure) {
      try check(name: name, cases: 200, options: CheckOptions(failures: .none), property)
      return false
    } catch {
      return error.reason == .falsified && error.message.contains(text)
    }
  }
#endif
