public import EphemeralAttestation
import EphemeralCrypto
public import EphemeralModel
import EphemeralSession
import EphemeralWire

extension ClientDriver {
  /// Asks for evidence and judges it, and nothing else; refused evidence throws, and
  /// ``ClientDriver/lastReport`` holds its report.
  ///
  /// - Parameter policy: what to accept; ``MeasurementPolicy/unpinned`` gives at best
  ///   `genuine-unpinned`.
  public func attest(policy: MeasurementPolicy) throws(ClientDriverError) -> AttestedEnclave {
    let run = try start(.attest, topology: nil, policy: policy)
    reactor.run { run.outcome == nil }
    lastReport = run.report
    guard run.outcome == .completed, let report = run.report, let evidence = run.evidence else {
      throw run.error
    }
    return AttestedEnclave(
      report: report, sessionID: evidence.fields.sessionID, clientHello: run.clientHello,
      evidenceBody: evidence.body, document: evidence.document)
  }

  /// Opens a session and waits until the enclave has assembled the model.
  ///
  /// - Parameter policy: must pin measurements.
  public func open(
    _ topology: borrowing TopologyKey, policy: MeasurementPolicy
  ) throws(ClientDriverError) -> ClientRun {
    let run = try begin(topology, policy: policy)
    reactor.run { !run.isReady && run.outcome == nil }
    lastReport = run.report
    guard run.isReady else { throw run.error }
    return run
  }

  /// Begins a session and returns at once; ``ClientRun/isReady`` and ``ClientRun/outcome`` tell how
  /// it goes while the reactor runs.
  public func begin(
    _ topology: borrowing TopologyKey, policy: MeasurementPolicy
  ) throws(ClientDriverError) -> ClientRun {
    let encoded: SecretBytes
    do throws(TopologyError) {
      encoded = try topology.encoded()
    } catch {
      throw .resources
    }
    return try start(
      .infer, topology: encoded, policy: policy, modelHash: topology.modelHash,
      padding: .of(topology.topology))
  }

  private func start(
    _ purpose: ClientConfiguration<LibcryptoCryptography>.Purpose,
    topology: consuming SecretBytes?, policy: MeasurementPolicy, modelHash: [UInt8] = [],
    padding: MessagePadding = .powerOfTwo
  ) throws(ClientDriverError) -> ClientRun {
    var entropy = reactor.entropy(count: 32)
    defer {
      var span = entropy.mutableSpan
      cleanse(&span)
    }
    do throws(CryptoError) {
      let seed = try SecretBytes(copying: entropy.span)
      let content = if let topology { topology } else { try SecretBytes(count: 0) }
      return ClientRun(
        driver: self,
        configuration: ClientConfiguration(
          crypto: LibcryptoCryptography(policy: policy), purpose: purpose, modelHash: modelHash,
          padding: padding, deadlines: deadlines),
        secrets: ClientSecrets(
          nonce: reactor.entropy(count: 32), seed: SecretMaterial(seed),
          topology: SecretMaterial(content)))
    } catch {
      throw .resources
    }
  }
}
