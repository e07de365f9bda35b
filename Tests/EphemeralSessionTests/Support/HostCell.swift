import EphemeralLockstep
@testable import EphemeralSession
import EphemeralWire

/// A host session that can be put into any state, and the events for each row.
struct HostCell: ~Copyable {
  let codec = LibcryptoCryptography()
  var machine: HostSession<LibcryptoCryptography>

  init() {
    machine = HostSession(
      configuration: HostConfiguration(codec: codec, maximumBlobBytes: 1000), at: Samples.start)
  }

  mutating func feed(
    _ event: HostEvent<[UInt8]>, at time: SessionTime = Samples.start
  ) -> [HostAction<[UInt8]>] {
    machine.handle(event, at: time)
  }

  static func client(_ type: FrameType, _ payload: [UInt8] = [1]) -> HostEvent<[UInt8]> {
    .frame(IncomingFrame(type: type, payload: payload), from: .client)
  }

  static func enclave(_ type: FrameType, _ payload: [UInt8] = [1]) -> HostEvent<[UInt8]> {
    .frame(IncomingFrame(type: type, payload: payload), from: .enclave)
  }

  static func put(size: UInt64) -> HostEvent<[UInt8]> {
    client(.putBegin, PutBegin(blobID: BlobID(Samples.blobID), size: size).encoded())
  }

  static func data(_ offset: UInt64, _ count: Int) -> HostEvent<[UInt8]> {
    client(.putData, PutData(offset: offset, bytes: [UInt8](repeating: 1, count: count)).encoded())
  }

  static var weights: HostEvent<[UInt8]> {
    enclave(
      .weightRequest, WeightRequest(blobID: BlobID(Samples.blobID), first: 0, count: 2).encoded())
  }

  /// Goes along the honest path to a state.
  mutating func reach(_ state: HostState) {
    switch state {
    case .idle: break
    case .opening: _ = feed(Self.put(size: 100))
    case .storing:
      reach(.opening)
      _ = feed(.storeReady(offset: 40))
    case .publishing:
      reach(.storing)
      _ = feed(Self.data(40, 60))
    case .lookingUp: _ = feed(Self.client(.have, Have(blobID: BlobID(Samples.blobID)).encoded()))
    case .attesting: _ = feed(Self.client(.clientHello))
    case .offered:
      reach(.attesting)
      _ = feed(Self.enclave(.evidence))
    case .relaying:
      reach(.offered)
      _ = feed(Self.client(.keyExchange))
    case .draining:
      reach(.relaying)
      _ = feed(.closed(.client))
    case .ended: _ = feed(.closed(.client))
    }
  }
}
