#if Mock
  import EphemeralAttestation
  import EphemeralMock
  import EphemeralModel
  import EphemeralSession
  import EphemeralSimulation
  import EphemeralWire
  import SimulationSupport

  @testable import EphemeralRuntime

  /// What all cases share, because it is slow to make and nothing changes it: a root, a device, a
  /// model and a store that holds its blob.
  final class Fixture: Sendable {
    static let start: UInt64 = 1_795_000_000
    static let input: [Float] = [1, -2, 0.5, 100]
    let folder: TemporaryFolder
    let store: WeightStore
    let module: MockSecurityModule
    let policy: MeasurementPolicy
    let model: TinyModel

    /// Takes the blob, and what remains of pushes, out of the store.
    func emptyStore() throws {
      FileSystem.remove(blobPath)
      FileSystem.remove(store.partialPath(of: model.name))
    }

    init(lifetime: LifetimePolicy = .standard) throws {
      folder = try TemporaryFolder()
      store = try WeightStore(directory: folder.path + "/store")
      var device = MockOptions()
      device.clock = { Fixture.start * 1000 }
      module = try MockSecurityModule(
        root: MockRoot(generatedAt: Fixture.start), image: MockImage(bytes: [1, 2, 3]),
        options: device)
      policy = try module.policy()
      model = try TinyModel(scale: 3, shift: -1, lifetime: lifetime, chunkBytes: 16 << 10)
      let upload = try store.beginUpload(
        of: model.name, byteCount: model.blob.count, nowSeconds: Fixture.start)
      try upload?.append(model.blob, at: 0)
      try upload?.finish()
    }

    var blobPath: String { "\(folder.path)/store/\(model.name.hexadecimal).ephw" }
  }

  /// One case's world: the real drivers of enclave, host and client over virtual time, and a
  /// hostile wire on each of the two connections.
  final class FaultWorld {
    /// No session lives longer, with the drivers' own endings (`Spec/Protocol.md`, deadlines).
    static let longestSeconds: UInt64 = 3600 + 60
    /// No session takes more events: a loop that makes no progress ends here.
    static let longestEvents = 100_000

    /// So soon after its client has gone a session's servers are idle, unless the wire is silent:
    /// time for the last audit records, the wipe and slow closing, twice.
    static let settlingSeconds: UInt64 = 60
    /// So soon a session ends that received a damaged frame, deadlines not needed.
    static let promptSeconds: UInt64 = 2

    let fixture: Fixture
    let reactor: SimulatedReactor
    let memory = MemoryBudget(totalBytes: 1 << 30)
    let enclave: EnclaveServer
    let host: HostServer
    let links: [FaultyLink]
    private let records = AuditRecords()
    private let talk: Talk

    /// Lines for people.
    private final class Talk {
      var lines: [String] = []
    }

    /// The lines of the two servers' logs.
    final class AuditRecords {
      var lines: [AuditRole: [[UInt8]]] = [:]
      /// Bytes of the enclave's memory that were given out when the last wipe was recorded.
      var heldAtWipe = 0
      var memory: MemoryBudget?

      func add(_ line: [UInt8], _ role: AuditRole) {
        lines[role, default: []].append(line)
        guard role == .enclave, let memory, AuditRecord(line: line)?.event == .wiped else { return }
        heldAtWipe = memory.usedBytes
      }
    }

    /// Bytes of the enclave's memory that were given out when its last wipe was recorded.
    var heldAtWipe: Int { records.heldAtWipe }

    /// - Parameter device: what attests the enclave; the fixture's own unless another is given.
    init(
      _ fixture: Fixture, seed: UInt64, forwardsAudit: Bool = false,
      device: (any AttestationDevice)? = nil,
      options change: (inout EnclaveServer.Options) -> Void = { _ in }
    ) throws {
      self.fixture = fixture
      reactor = SimulatedReactor(seed: seed, unixSeconds: Fixture.start)
      let records = records
      records.memory = memory
      var options = EnclaveServer.Options()
      let talk = Talk()
      self.talk = talk
      options.log = { talk.lines.append($0) }
      // Half of all cases run with a sealed cache, so that their later sessions fetch nothing.
      options.sealedCacheBytes = seed.isMultiple(of: 2) ? 0 : 1 << 30
      change(&options)
      enclave = EnclaveServer(
        reactor: reactor, device: device ?? fixture.module, memory: memory,
        audit: forwardsAudit
          ? nil
          : AuditLog(role: .enclave) { records.add($0, .enclave) },
        options: options)
      let enclaveLink = try FaultyLink(
        hop: .enclave, reactor: reactor, target: enclave.start(at: .tcp(.loopback, port: 0)))
      host = HostServer(
        reactor: reactor, store: fixture.store,
        audit: AuditLog(role: .host) { records.add($0, .host) },
        options: HostServer.Options(enclave: enclaveLink.address))
      let clientLink = try FaultyLink(
        hop: .client, reactor: reactor, target: host.start(at: .tcp(.loopback, port: 0)))
      links = [clientLink, enclaveLink]
    }

    /// A client of the host; what it tells people is kept.
    var client: ClientDriver {
      let driver = ClientDriver(reactor: reactor, host: links[0].address)
      let talk = talk
      driver.progress = { talk.lines.append("\($0)") }
      return driver
    }

    /// Everything that the servers and the client told people.
    var told: [String] { talk.lines }

    /// The two servers' logs as they were written.
    func lines(_ role: AuditRole) -> [[UInt8]] { records.lines[role] ?? [] }

    func log(_ role: AuditRole) -> [AuditRecord] {
      (records.lines[role] ?? []).compactMap { AuditRecord(line: $0) }
    }

    func summary(_ role: AuditRole) -> AuditSummary {
      AuditVerifier.verify(Array((records.lines[role] ?? []).map { $0 + [0x0a] }.joined()))
    }

    /// What the wires do in the next session, and in no other.
    func arm(_ faults: [FrameSpot: Fault]) {
      for link in links { link.arm(faults.filter { $0.key.hop == link.hop }) }
    }

    /// The faults that met a frame of the armed session.
    var struck: [(spot: FrameSpot, fault: Fault, type: FrameType)] { links.flatMap(\.struck) }
  }
#endif
