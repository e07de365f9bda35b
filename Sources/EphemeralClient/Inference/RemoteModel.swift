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
  func infer(_ inputs: [NamedTensor]) throws(SessionFailure) -> Inference {
    let request: SecretBytes
    do throws(ClientFailure) {
      request = try InferenceCoding.request(sequence: run.nextSequence ?? 0, inputs: inputs)
    } catch {
      throw SessionFailure(name: "inputInvalid", failure: error, report: nil)
    }
    do throws(ClientDriverError) {
      let answer = try run.infer(request)
      let outputs = answer.response.withSpan { response in
        try? InferenceCoding.outputs(in: response)
      }
      guard let outputs else { throw .failed(.malformed) }
      return Inference(outputs: outputs, receipt: answer.receipt)
    } catch {
      throw Self.failure(error, driver: driver, at: address)
    }
  }

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
