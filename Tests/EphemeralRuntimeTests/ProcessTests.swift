#if Mock
  import EphemeralAttestation
  import EphemeralClient
  import EphemeralModel
  import EphemeralSession
  import EphemeralWire
  import Foundation
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// The two server programs as real processes, a client driver in this one.
  @Suite("Processes", .serialized)
  struct ProcessTests {
    private static let input: [Float] = [2, 3, -4, 0.25]
    private let folder: SimulationSupport.TemporaryFolder
    private let model: TinyModel
    private let policy: MeasurementPolicy

    init() throws {
      folder = try SimulationSupport.TemporaryFolder()
      model = try TinyModel(scale: 5, shift: 2, plaintextBytes: 1 << 20)
      try folder.write(model.blob, to: "tiny.ephw")
      let measured = try Program.run("ephml-enclave", ["measure"] + Self.mock(folder))
      try folder.write(Array(measured.1.utf8), to: "policy.json")
      policy = try PolicyFile.read(folder.path + "/policy.json")
    }

    private static func mock(_ folder: SimulationSupport.TemporaryFolder) -> [String] {
      ["--mock-root", folder.path + "/root"]
    }

    private func enclave(
      _ more: [String] = [], at address: String = "tcp://127.0.0.1:0"
    ) throws -> ServerProcess {
      try ServerProcess(
        "ephml-enclave", ["serve", "--listen", address] + Self.mock(folder) + more)
    }

    private func host(
      _ enclave: Address, _ more: [String] = [], at address: String = "tcp://127.0.0.1:0"
    ) throws -> ServerProcess {
      try ServerProcess(
        "ephml-host",
        [
          "serve", "--listen", address, "--enclave", enclave.description, "--store",
          folder.path + "/store",
        ] + more)
    }

    private func session(_ client: ClientDriver) throws {
      let run = try client.open(model.key, policy: policy)
      let outcome = try run.infer(TinyModel.request(0, Self.input))
      #expect(try TinyModel.answer(outcome.response) == model.expected(Self.input))
      _ = try run.close()
    }

    @Test("Push, attest, infer, audit, end in order")
    func wholeWay() throws {
      let audits = ["enclave", "host"].map { folder.path + "/\($0).ndjson" }
      let enclave = try enclave(["--audit", audits[0], "--trace", folder.path + "/trace"])
      let host = try host(enclave.address, ["--audit", audits[1]])
      let client = ClientDriver(reactor: try EventLoop(computeThreads: 1), host: host.address)
      _ = try client.push(path: folder.path + "/tiny.ephw")
      #expect(try client.attest(policy: policy).report.verdict == .accepted)
      for _ in 0..<3 { try session(client) }
      #expect(host.terminate() == 0)
      #expect(enclave.terminate() == 0)
      for path in audits {
        let summary = AuditVerifier.verify(path: path)
        #expect(summary.fault == nil && !summary.hasTornTail)
        #expect(summary.counts[.stopped] == 1)
      }
      #expect(AuditVerifier.verify(path: audits[0]).counts[.wiped] == 4)
      let rows = try #require(folder.read("trace")).split(separator: 0x0a)
      #expect(rows.count > 30)
    }

    @Test("A killed enclave: its client hears of it at once, and the host serves the next one")
    func killedEnclave() throws {
      var enclave = try enclave()
      let address = enclave.address
      let host = try host(address)
      let client = ClientDriver(reactor: try EventLoop(computeThreads: 1), host: host.address)
      _ = try client.push(path: folder.path + "/tiny.ephw")
      let run = try client.open(model.key, policy: policy)
      enclave.kill()
      let began = Date()
      #expect(throws: ClientDriverError.self) {
        _ = try run.infer(TinyModel.request(0, Self.input))
      }
      #expect(Date().timeIntervalSince(began) < 2)
      #expect(
        throws: ClientDriverError.aborted(.enclaveUnreachable, authenticated: false)
      ) { try session(client) }
      enclave = try self.enclave(at: address.description)
      try session(client)
      #expect(host.terminate() == 0)
    }

    @Test("A killed host: client and enclave go on with the next one")
    func killedHost() throws {
      let enclave = try enclave()
      var host = try host(enclave.address)
      let address = host.address
      let client = ClientDriver(reactor: try EventLoop(computeThreads: 1), host: address)
      _ = try client.push(path: folder.path + "/tiny.ephw")
      let run = try client.open(model.key, policy: policy)
      host.kill()
      #expect(throws: ClientDriverError.disconnected) {
        _ = try run.infer(TinyModel.request(0, Self.input))
      }
      #expect(throws: ClientDriverError.unreachable) { try session(client) }
      host = try self.host(enclave.address, at: address.description)
      try session(client)
      #expect(enclave.terminate() == 0)
    }

    @Test("A termination in the middle of a session is told to the client, sealed")
    func terminatedEnclave() throws {
      let enclave = try enclave()
      let host = try host(enclave.address)
      let loop = try EventLoop(computeThreads: 1)
      let client = ClientDriver(reactor: loop, host: host.address)
      _ = try client.push(path: folder.path + "/tiny.ephw")
      let run = try client.open(model.key, policy: policy)
      #expect(enclave.terminate() == 0)
      loop.run { run.outcome == nil }
      #expect(run.outcome == .aborted(.cancelled, authenticated: true))
    }

    @Test("A port in use and an unusable store are one line and exit code 1")
    func startProblems() throws {
      let enclave = try enclave()
      let busy = try Program.run(
        "ephml-enclave",
        ["serve", "--listen", enclave.address.description] + Self.mock(folder))
      #expect(busy.0 == 1)
      #expect(busy.2 == "ephml-enclave: \(enclave.address): the port or socket file is in use\n")
      let store = try Program.run(
        "ephml-host",
        [
          "serve", "--listen", "tcp://127.0.0.1:0", "--enclave", "tcp://127.0.0.1:1", "--store",
          "/nowhere/at/all",
        ])
      #expect(store.0 == 1)
      #expect(store.2.split(separator: "\n").count == 1)
      #expect(try Program.run("ephml-host", ["serve"]).0 == 2)
    }
  }
#endif
