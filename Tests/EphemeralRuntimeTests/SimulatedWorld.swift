#if Mock
  import EphemeralAttestation
  import EphemeralMock
  import EphemeralModel
  import EphemeralSession
  import EphemeralWire
  import SimulationSupport
  import Testing

  import EphemeralSimulation
  @testable import EphemeralRuntime

  /// Enclave, host and clients in one simulation: the drivers and machines of the real programs
  /// over virtual time and in-memory streams.
  final class SimulatedWorld {
    static let start: UInt64 = 1_795_000_000
    let reactor: SimulatedReactor
    let folder: TemporaryFolder
    let store: WeightStore
    let policy: MeasurementPolicy
    let memory: MemoryBudget
    let enclave: EnclaveServer
    let host: HostServer
    let hostAddress: Address
    let enclaveAddress: Address
    private(set) var enclaveLog: [UInt8] = []
    private(set) var hostLog: [UInt8] = []

    init(
      seed: UInt64 = 1, maximumSessions: Int = 64, memoryBytes: Int = 8 << 30,
      storeBytes: Int = .max, forwardsAudit: Bool = false, trace: TransitionTrace? = nil,
      configure: (inout EnclaveServer.Options) -> Void = { _ in }
    ) throws {
      reactor = SimulatedReactor(seed: seed, unixSeconds: Self.start)
      folder = try TemporaryFolder()
      var limits = WeightStore.Limits()
      limits.totalBytes = storeBytes
      store = try WeightStore(directory: folder.path + "/store", limits: limits)
      var device = MockOptions()
      device.clock = { Self.start * 1000 }
      let module = try MockSecurityModule(
        root: MockRoot(generatedAt: Self.start), image: MockImage(bytes: [1, 2, 3]),
        options: device)
      policy = try module.policy()
      memory = MemoryBudget(totalBytes: memoryBytes)
      var options = EnclaveServer.Options()
      options.maximumSessions = maximumSessions
      options.trace = trace
      configure(&options)
      let sink = LineSink()
      let enclaveAudit =
        forwardsAudit ? nil : AuditLog(role: .enclave) { sink.add($0, to: .enclave) }
      enclave = EnclaveServer(
        reactor: reactor, device: module, memory: memory, audit: enclaveAudit, options: options)
      enclaveAddress = try enclave.start(at: .tcp(.loopback, port: 0))
      var hostOptions = HostServer.Options(enclave: enclaveAddress)
      hostOptions.trace = trace
      host = HostServer(
        reactor: reactor, store: store, audit: AuditLog(role: .host) { sink.add($0, to: .host) },
        options: hostOptions)
      hostAddress = try host.start(at: .tcp(.loopback, port: 0))
      self.sink = sink
    }

    /// Lines of both logs.
    final class LineSink {
      private(set) var lines: [AuditRole: [UInt8]] = [:]
      func add(_ line: [UInt8], to role: AuditRole) { lines[role, default: []] += line + [0x0a] }
    }

    private let sink: LineSink

    func lines(_ role: AuditRole) -> [UInt8] { sink.lines[role] ?? [] }

    func log(_ role: AuditRole) -> AuditSummary { AuditVerifier.verify(sink.lines[role] ?? []) }

    var client: ClientDriver { ClientDriver(reactor: reactor, host: hostAddress) }

    /// Puts a model's blob into the store, as a push would.
    func put(_ model: TinyModel) throws {
      let upload = try store.beginUpload(
        of: model.name, byteCount: model.blob.count, nowSeconds: Self.start)
      try upload?.append(model.blob, at: 0)
      try upload?.finish()
    }

    /// Lets everything come to its end, and checks that nothing is left.
    func settle() {
      reactor.run { [self] in enclave.isIdle && host.isIdle ? false : true }
      reactor.run(forNanoseconds: 5_000_000_000)
      #expect(enclave.isIdle && host.isIdle)
      #expect(memory.usedBytes == 0)
    }
  }
#endif
