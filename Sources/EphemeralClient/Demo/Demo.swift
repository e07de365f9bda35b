internal import EphemeralAttestation
internal import EphemeralCrypto
internal import EphemeralDecompose
internal import EphemeralModel
internal import EphemeralRuntime
internal import EphemeralWire

/// The whole path on one machine: three processes, six phases, three attacks.
final class Demo {
  private let printer: DemoPrinter
  private let folder: TemporaryFolder
  private var result = DemoResult()

  init(isSilent: Bool) throws(ClientFailure) {
    printer = DemoPrinter(isSilent: isSilent)
    ChildRegistry.shared.watchSignals()
    folder = try TemporaryFolder()
  }

  /// Shows everything and returns what was found.
  func run() throws(ClientFailure) -> DemoResult {
    guard let model = Base64.decode(BundledDigits.model), let pictures = DigitPicture.bundled else {
      throw ClientFailure(.failed, "the bundled model is damaged")
    }
    var canaries = try DemoCanaries(model: model)
    try FileAccess.write(model, to: folder.file("digits.onnx"))
    let enclave = try Programs.path("ephml-enclave")
    let policy = try Programs.measure(enclave, folder: folder)
    let attacks = DemoAttacks(folder: folder, policy: policy, enclave: enclave)

    printer.heading("Three processes on loopback")
    let servers = try DemoServers(enclaveExecutable: enclave, folder: folder, name: "main")
    defer { servers.stop() }
    printer.note("a host that we distrust, an enclave that proves its code, and this client")

    printer.heading("Decompose and push")
    let model1 = try attacks.decompose(name: "digits", modelName: canaries.modelName)
    let blob = try FileAccess.read(model1.blobPath, maximum: 1 << 24)
    _ = try PushCommand.push(model1.blobPath, to: servers.address)
    printer.note("topology key, \(model1.keyBytes) bytes: stays with the client")
    printer.note("weight blob, \(blob.count) bytes of noise: the host may have it")

    try session(model1, servers, policy: policy, pictures: pictures, canaries: &canaries)
    try whatTheHostSaw(servers, blob: blob, key: model1.key, canaries: canaries, model: model)

    printer.heading("Three attacks")
    for attack in DemoAttacks.Attack.allCases {
      let error = try attacks.run(attack, on: servers, picture: canaries.picture)
      result.refusals.append(DemoResult.Refusal(attack: attack.rawValue, error: error))
      printer.refusal(attack.words, error)
    }
    if result.problem == nil {
      printer.line("\nA working model existed inside the enclave only, and only while it was used.")
    }
    return result
  }

  private func session(
    _ model: DemoModel, _ servers: DemoServers, policy: MeasurementPolicy,
    pictures: [DigitPicture], canaries: inout DemoCanaries
  ) throws(ClientFailure) {
    printer.heading("One session, six phases")
    do throws(SessionFailure) {
      let remote = try RemoteModel.open(
        host: servers.address, key: model.key, policy: policy
      ) { [printer] in printer.phase($0) }
      var answers: [(picture: DigitPicture, answer: Int, probability: Float)] = []
      for picture in pictures {
        guard let tensor = picture.tensor else { continue }
        let outputs = try remote.infer([NamedTensor(name: "image", value: tensor)]).outputs
        let (answer, probability) = Self.answer(outputs)
        answers.append((picture, answer, probability))
      }
      let image = NamedTensor(name: "image", value: canaries.picture)
      let outputs = try remote.infer([image]).outputs
      canaries.answer = outputs.first { $0.name == "logits" }?.value.bytes ?? []
      let wiped = try remote.close()
      result.phases = remote.phases
      result.predictions = answers.map(\.answer)
      result.labels = BundledDigits.labels
      result.wipedBytes = wiped.bytes
      printer.heading("The answers")
      printer.digits(answers)
      printer.heading("The wipe report, signed by the session's own key")
      let regions = "\(wiped.regions) " + (wiped.regions == 1 ? "region" : "regions")
      printer.note("\(regions), \(wiped.bytes) bytes overwritten")
    } catch {
      throw error.failure
    }
  }

  private func whatTheHostSaw(
    _ servers: DemoServers, blob: [UInt8], key: borrowing TopologyKey, canaries: DemoCanaries,
    model: [UInt8]
  ) throws(ClientFailure) {
    guard canaries.answer.count >= 8 else {
      throw ClientFailure(.failed, "the enclave's answer has no logits")
    }
    let received = servers.receivedByHost
    result.hostBytes = received.reduce(0) { $0 + $1.count }
    let noise = blob.dropFirst(WeightBlobLayout.headerBytes)
    result.hostEntropy = ByteEntropy.bitsPerByte(noise)
    result.foundAtHost = canaries.scanner.found(in: received)
    let plain = try plainMessages(key: key, canaries: canaries, model: model)
    result.foundUnsealed = canaries.scanner.found(in: try UnsealedRun.record(plain))

    printer.heading("What the host saw: \(result.hostBytes) bytes")
    printer.dump("the blob, after its header:", noise.prefix(48))
    let bits = (result.hostEntropy * 10_000).rounded() / 10_000
    printer.note("\(bits) bits of entropy a byte; 8 is noise")
    if let record = servers.clientSide.recording.compactMap({ Self.sealedRecord(in: $0) }).first {
      printer.dump("a sealed record of the client:", record.prefix(48))
    }
    let planted = DemoCanaries.names.joined(separator: ", ")
    let found = result.foundAtHost.isEmpty ? "none" : result.foundAtHost.joined(separator: ", ")
    let control = result.foundUnsealed.joined(separator: ", ")
    printer.note("canaries planted in \(planted)")
    printer.note("found in all that the host received: \(found)")
    printer.note("found by the same scan in the same messages, unsealed: \(control)")
  }

  /// The plaintext of what was sent sealed: topology, weights, request, response.
  private func plainMessages(
    key: borrowing TopologyKey, canaries: DemoCanaries, model: [UInt8]
  ) throws(ClientFailure) -> [[UInt8]] {
    do {
      let topology = try key.encoded()
      let request = try InferenceCoding.request(
        sequence: 0, inputs: [NamedTensor(name: "image", value: canaries.picture)])
      return [
        topology.withSpan { span in span.indices.map { span[$0] } }, model,
        request.withSpan { span in span.indices.map { span[$0] } }, canaries.answer,
      ]
    } catch {
      throw ClientFailure(.failed, "no memory for the control of the scan")
    }
  }

  private static func sealedRecord(in stream: RecordingRelay.Stream) -> [UInt8]? {
    guard stream.direction == .forward,
      let frame = stream.frames.first(where: { $0.type == FrameType.sealed.rawValue })
    else { return nil }
    return Array(stream.bytes[frame.range].dropFirst(Frame.headBytes))
  }

  /// The most probable digit of a result with `probabilities` [1, 10].
  static func answer(_ outputs: [NamedTensor]) -> (answer: Int, probability: Float) {
    let values = outputs.first { $0.name == "probabilities" }?.value.floats ?? []
    let best = values.indices.max { values[$0] < values[$1] }
    return best.map { ($0, values[$0]) } ?? (-1, 0)
  }
}
