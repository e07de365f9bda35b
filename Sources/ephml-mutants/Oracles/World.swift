import EphemeralAttestation
import EphemeralMock
import EphemeralSession

/// What all sessions of the oracles share, made before any fault is planted.
struct World: Sendable {
  static let seconds: UInt64 = 1_800_000_000
  let device: MockSecurityModule
  let policy: MeasurementPolicy

  static let shared: World? = try? World()

  init() throws {
    device = try World.module(image: [1, 2, 3])
    policy = try device.policy()
  }

  /// A device of its own under a root of its own.
  static func module(
    image: [UInt8], root: MockRoot? = nil, _ change: (inout MockOptions) -> Void = { _ in }
  ) throws -> MockSecurityModule {
    var options = MockOptions()
    options.clock = { seconds * 1000 }
    change(&options)
    return try MockSecurityModule(
      root: root ?? MockRoot(generatedAt: seconds), image: MockImage(bytes: image),
      options: options)
  }

  /// The time of all sessions.
  static let time = SessionTime(nanoseconds: 1, unixSeconds: seconds)
}
