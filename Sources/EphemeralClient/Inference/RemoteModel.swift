internal import EphemeralAttestation
internal import EphemeralCrypto
internal import EphemeralModel
internal import EphemeralRuntime
internal import EphemeralSession
internal import EphemeralWire

/// A model in an attested enclave, from the accepted evidence to the verified wipe report.
final class RemoteModel {
  /// One answer.
  struct Inference {
    let outputs: [NamedTensor]
    /// The enclave's signed and verified receipt.
    let receipt: [UInt8]
    /// For how long plaintext weights were in the enclave's memory, as it says, in milliseconds.
    let exposureMilliseconds: Double
    /// What the receipt's hashes cover; nil unless it was asked for.
    let preimages: KeptPreimages?
  }

  /// 16 bytes.
  let sessionID: [UInt8]
  private let run: ClientRun
  private let driver: ClientDriver
  private let address: Address

  private init(run: ClientRun, driver: ClientDriver, address: Address) {
    self.run = run
    self.driver = driver
    self.address = address
    sessionID = run.sessionID ?? []
  }

  /// Attests the enclave behind a host, delivers the topology, and waits for the assembled model.
  ///
  /// - Parameter observer: hears of each phase when it is over; of `infer` once, for all requests.
  static func open(
    host address: Address, key: borrowing TopologyKey, policy: MeasurementPolicy,
    trace: TransitionTrace? = nil, observer: @escaping (PhaseTime) -> Void
  ) throws(SessionFailure) -> RemoteModel {
    let driver: ClientDriver
    do throws(ClientFailure) { driver = try HostConnection.driver(to: address) } catch {
      throw SessionFailure(name: "resources", failure: error, report: nil)
    }
    driver.trace = trace
    var inferring = 0.0
    driver.progress = { progress in
      switch progress {
      case .phaseEnded(let timing) where timing.name == "infer":
        inferring += Double(timing.nanoseconds) / 1e6
      case .phaseEnded(let timing): observer(PhaseTime(timing))
      case .phase("zeroize"): observer(PhaseTime(name: "infer", milliseconds: inferring))
      case .phase, .hashed, .pushed: break
      }
    }
    do throws(ClientDriverError) {
      let run = try driver.open(key, policy: policy)
      return RemoteModel(run: run, driver: driver, address: address)
    } catch {
      throw failure(error, driver: driver, at: address)
    }
  }

  /// How long the phases took so far, in their order.
  var phases: [PhaseTime] { run.timings.map { PhaseTime($0) } }

  /// Sends one request and waits for its verified answer.
  ///
  /// - Parameter keepsPreimages: whether copies of request and response are kept in the result.
  func infer(
    _ inputs: [NamedTensor], keepsPreimages: Bool = false
  ) throws(SessionFailure) -> Inference {
    let kept = keepsPreimages ? KeptPreimages() : nil
    let request = try Self.request(sequence: run.nextSequence ?? 0, inputs, keptBy: kept)
    do throws(ClientDriverError) {
      let answer = try run.infer(request)
      let outputs = answer.response.withSpan { response in
        try? InferenceCoding.outputs(in: response)
      }
      guard let outputs else { throw .failed(.malformed) }
      let isKept = answer.response.withSpan { response in
        (try? kept?.keep(response: response)) != nil
      }
      guard isKept || !keepsPreimages else { throw .resources }
      return Inference(
        outputs: outputs, receipt: answer.receipt,
        exposureMilliseconds: Double(answer.exposureNanoseconds) / 1e6, preimages: kept)
    } catch {
      throw Self.failure(error, driver: driver, at: address)
    }
  }

  private static func request(
    sequence: UInt64, _ inputs: [NamedTensor], keptBy kept: KeptPreimages?
  ) throws(SessionFailure) -> SecretBytes {
    do throws(ClientFailure) {
      let request = try InferenceCoding.request(sequence: sequence, inputs: inputs)
      try request.withSpan { (span) throws(ClientFailure) in try kept?.keep(request: span) }
      return request
    } catch {
      throw SessionFailure(name: "inputInvalid", failure: error, report: nil)
    }
  }

  /// The bundle of a receipt (`Spec/Attestation.md` §11), with the wipe report once that came.
  func bundle(of receipt: [UInt8]) throws(ClientFailure) -> [UInt8] {
    do throws(ReceiptBundleError) {
      guard let evidence = run.evidence else { throw .malformed }
      return try ReceiptBundle(
        receipt: receipt, document: evidence.document, clientHello: run.clientHello,
        evidenceBody: evidence.body, wipeReport: run.wipeReport
      ).encoded()
    } catch {
      throw ClientFailure(.failed, "the session's parts make no receipt bundle")
    }
  }

  /// The judgement of the enclave's evidence.
  var report: AttestationReport? { run.report }

  /// Ends the session and returns what the enclave's signed and verified wipe report says.
  func close() throws(SessionFailure) -> WipeClaims {
    do throws(ClientDriverError) {
      let farewell = try run.close()
      guard let key = run.evidence?.fields.receiptPublic,
        let claims = try? WipeReport.verify(farewell.wipeReport, publicKey: key)
      else { throw .failed(.receiptInvalid) }
      return claims
    } catch {
      throw Self.failure(error, driver: driver, at: address)
    }
  }

  private static func failure(
    _ error: ClientDriverError, driver: ClientDriver, at address: Address
  ) -> SessionFailure {
    let failure = HostConnection.failure(error, at: address)
    switch error {
    case .failed(let code), .aborted(let code, _):
      return SessionFailure(name: "\(code)", failure: failure, report: nil)
    case .evidenceRefused:
      guard let report = driver.lastReport, !report.failed.isEmpty else {
        return SessionFailure(name: "evidenceRefused", failure: failure, report: nil)
      }
      let names = report.failed.map(\.rawValue)
      let words = "\(address): the enclave's evidence was refused: "
      return SessionFailure(
        name: names[0],
        failure: ClientFailure(.refused, words + names.joined(separator: ", ")), report: report)
    case .unreachable, .disconnected, .deadlineExceeded, .file, .resources:
      return SessionFailure(name: "\(error)", failure: failure, report: nil)
    }
  }
}

extension PhaseTime {
  /// A driver's timing under the phase's written name: `keyExchange` is `key-exchange`.
  init(_ timing: PhaseTiming) {
    var name = ""
    for character in timing.name {
      name += character.isUppercase ? "-" + character.lowercased() : String(character)
    }
    self.init(name: name, milliseconds: Double(timing.nanoseconds) / 1e6)
  }
}
