import EphemeralCrypto
import EphemeralSession
import EphemeralWire

extension SessionTranscript {
  private enum Work {
    case client(ClientEvent<Crypto>)
    case enclave(EnclaveEvent<Crypto>)
  }

  /// Runs the session and gives the file that describes it.
  package mutating func run() throws -> File {
    var queue: [Work] = [.client(.start)]
    while !queue.isEmpty {
      switch queue.removeFirst() {
      case .client(let event):
        for action in client.handle(event, at: time) { queue += try follow(action) }
      case .enclave(let event):
        for action in enclave.handle(event, at: time) { queue += try follow(action) }
      }
    }
    outcome = client.outcome
    return try describe()
  }

  private mutating func follow(_ action: ClientAction<[UInt8]>) throws -> [Work] {
    switch action {
    case .send(let frame):
      return [.enclave(.frame(note("client", frame)))]
    case .assembled:
      return [.client(.infer(request: try Samples.secret(VectorHex.decode(inputs.request))))]
    case .deliverResult:
      receipt = client.receipt ?? []
      return [.client(.resultTaken), .client(.close)]
    case .wipe: return [.client(.wiped)]
    case .audit, .close: return []
    }
  }

  private mutating func follow(_ action: EnclaveAction<Crypto>) throws -> [Work] {
    switch action {
    case .send(let frame):
      let incoming = note("enclave", frame)
      guard frame.type == .weightRequest else { return [.client(.frame(incoming))] }
      let range = try WeightRequest(decoding: frame.payload)
      return (range.first..<(range.first + range.count)).map { index in
        let payload = Crypto().encode(Samples.chunk(index))
        return .enclave(.frame(IncomingFrame(type: .weightChunk, payload: payload)))
      }
    case .requestEvidence:
      return [.enclave(.evidenceReady(document: VectorHex.decode(inputs.document)))]
    case .admitTopology:
      var admission = Samples.admission(chunks: inputs.chunkCount)
      admission.blobID = VectorHex.decode(inputs.blobID)
      return [.enclave(.topologyAdmitted(admission))]
    case .openChunk(let index): return [.enclave(.chunkOpened(index: index))]
    case .finishAssembly:
      return [
        .enclave(
          .assembled(
            AssembledFields(
              modelHash: VectorHex.decode(inputs.modelHash), weightBytes: 65_536, nanoseconds: 1_000
            )))
      ]
    case .infer:
      return [
        .enclave(
          .inferred(
            response: try Samples.secret(VectorHex.decode(inputs.response)),
            statistics: Samples.statistics))
      ]
    case .wipe:
      return [
        .enclave(
          .wiped(
            WipeTally(
              regions: 3, bytes: 4096, exposureNanoseconds: 6,
              auditHead: VectorHex.decode(inputs.auditHead))))
      ]
    case .dropPlaintext, .audit, .close: return []
    }
  }

  private mutating func note(
    _ from: String, _ frame: OutgoingFrame<[UInt8]>
  ) -> IncomingFrame<[UInt8]> {
    frames.append(
      Entry(
        from: from, message: "\(frame.message)", type: frame.type.rawValue,
        payload: VectorHex.encode(frame.payload)))
    return IncomingFrame(type: frame.type, payload: frame.payload)
  }

  /// Derives every value once more from the inputs and opens every record.
  private func describe() throws -> File {
    let crypto = Crypto()
    let (_, kem) = try crypto.makeKeyPair(seed: Samples.secret(VectorHex.decode(inputs.keySeed)))
    let (_, receiptPublic) = try crypto.makeReceiptKey(
      seed: Samples.secret(VectorHex.decode(inputs.receiptSeed)))
    let body = crypto.encode(
      EvidenceFields(
        sessionID: VectorHex.decode(inputs.sessionID), keyPublic: kem, receiptPublic: receiptPublic,
        limits: .standard))
    let first = crypto.transcriptEvidence(
      hello: crypto.encodeHello(nonce: VectorHex.decode(inputs.clientNonce)), body: body)
    let second = crypto.transcriptOffer(first, document: VectorHex.decode(inputs.document))
    let (exchange, exporter) = try crypto.offerKeys(
      to: kem, seed: Samples.secret(VectorHex.decode(inputs.clientSeed)), transcript: second)
    let third = crypto.transcriptKeys(second, exchange: exchange)
    let forth = try crypto.exportRecordKey(
      exporter, direction: .clientToEnclave, transcript: third)
    let back = try crypto.exportRecordKey(
      exporter, direction: .enclaveToClient, transcript: third)
    var counts: [String: UInt64] = [:]
    let opened = try frames.map { entry in
      var entry = entry
      guard entry.type == FrameType.sealed.rawValue else { return entry }
      let sequence = counts[entry.from, default: 0]
      counts[entry.from] = sequence + 1
      let isClient = entry.from == "client"
      let plaintext = try (isClient ? forth : back).open(
        VectorHex.decode(entry.payload),
        RecordContext(
          sessionID: VectorHex.decode(inputs.sessionID),
          direction: isClient ? .clientToEnclave : .enclaveToClient, sequence: sequence))
      entry.sequence = sequence
      entry.plaintext = plaintext.withSpan { span in VectorHex.encode(span.indices.map { span[$0] })
      }
      return entry
    }
    let (forthKey, forthIV) = Self.parts(forth)
    let (backKey, backIV) = Self.parts(back)
    return File(
      inputs: inputs,
      values: Values(
        evidenceBody: VectorHex.encode(body), kemPublicKey: VectorHex.encode(kem),
        receiptPublicKey: VectorHex.encode(receiptPublic), transcript0: VectorHex.encode(first),
        transcript1: VectorHex.encode(second), transcript2: VectorHex.encode(third),
        clientToEnclaveKey: forthKey, clientToEnclaveIV: forthIV, enclaveToClientKey: backKey,
        enclaveToClientIV: backIV, receipt: VectorHex.encode(receipt),
        wipeReport: VectorHex.encode(client.wipeReport ?? [])),
      frames: opened)
  }

  private static func parts(_ material: SecretMaterial) -> (String, String) {
    let parts = material.recordKeyBytes ?? ([], [])
    return (VectorHex.encode(parts.key), VectorHex.encode(parts.iv))
  }
}
