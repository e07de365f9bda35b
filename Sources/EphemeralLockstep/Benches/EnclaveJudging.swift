import EphemeralCrypto
import EphemeralSession
import EphemeralWire

extension EnclaveBench {
  /// What differs in the actions' own values.
  func judge(_ actions: [EnclaveAction<TestCryptography>], _ row: TableRow) -> [String] {
    var complaints: [String] = []
    var sealed: [OutgoingFrame<[UInt8]>] = []
    var requests: [[UInt8]] = []
    for action in actions {
      switch action {
      case .send(let frame):
        switch frame.message {
        case .weightRequest: requests.append(frame.payload)
        case .evidence, .abort: complaints += judge(clear: frame)
        default: sealed.append(frame)
        }
      case .requestEvidence(let userData, let nonce, let publicKey):
        let fits = userData == transcript && nonce == Samples.nonce && publicKey == keyPublic
        if !fits { complaints.append("the document is asked for with other values") }
      case .admitTopology:
        let delivered = machine.withTopology { $0.bytes }
        if delivered != topology { complaints.append("another topology was delivered") }
      case .openChunk(let index):
        if machine.takeChunk(index: index) != Samples.chunk(index) {
          complaints.append("chunk \(index) is another")
        }
      case .infer(let sequence):
        let asked = machine.withRequest { $0.bytes }
        if sequence != inferences || asked != request {
          complaints.append("another request is to be computed")
        }
      case .close(let outcome):
        if outcome != referee.decided { complaints.append("it closes with \(outcome)") }
      case .finishAssembly, .dropPlaintext, .audit, .wipe: break
      }
    }
    if ["assembling", "refetching"].contains(row.next), requests != weights.requests() {
      complaints.append("other weights are asked for")
    }
    if let first = sealed.first { complaints += judge(sealed: sealed, first.message, row) }
    return complaints
  }

  /// T0, computed here.
  var transcript: [UInt8] {
    crypto.base.transcriptEvidence(
      hello: crypto.base.encodeHello(nonce: Samples.nonce), body: evidenceBody)
  }

  private var evidenceBody: [UInt8] {
    crypto.base.encode(
      EvidenceFields(
        sessionID: Samples.sessionID, keyPublic: keyPublic, receiptPublic: receiptPublic,
        limits: limits))
  }

  private func judge(clear frame: OutgoingFrame<[UInt8]>) -> [String] {
    if frame.message == .abort {
      let code = referee.decided?.code ?? .internalError
      return frame.payload == Abort(code: code).encoded() ? [] : ["an Abort of another code"]
    }
    offer = crypto.base.transcriptOffer(transcript, document: document)
    let whole = crypto.base.encodeEvidence(body: evidenceBody, document: document)
    return frame.payload == whole ? [] : ["another Evidence"]
  }

  private func judge(
    sealed frames: [OutgoingFrame<[UInt8]>], _ message: SessionMessage, _ row: TableRow
  ) -> [String] {
    if message == .keyConfirm, let exporter,
      let key = try? crypto.base.exportRecordKey(
        exporter, direction: .enclaveToClient, transcript: keys)
    {
      peer = RecordPeer(key: key, sessionID: Samples.sessionID, direction: .enclaveToClient)
    }
    guard frames.allSatisfy({ $0.message == message }), peer != nil else {
      return ["records of several messages"]
    }
    switch message {
    case .keyConfirm: return peer?.judge(frames, .keyConfirm, .keyExchange, keys) ?? []
    case .assembled:
      let fields = Samples.assembled
      let content = Assembled(
        modelHash: fields.modelHash, weightBytes: fields.weightBytes,
        nanoseconds: fields.nanoseconds
      ).encoded()
      return peer?.judge(frames, .assembled, .assemble, content) ?? []
    case .inferResult:
      let padding = admission.padding
      var complaints =
        peer?.judge(frames, .inferResult, .infer, nil, padding: padding) ?? []
      if !isAnswer(peer?.content ?? []) { complaints.append("the result is no answer") }
      return complaints
    case .zeroized:
      let statement = WipeStatement(
        sessionID: Samples.sessionID, inferences: inferences, tally: Samples.tally)
      let report = (try? crypto.base.signWipeReport(statement, key: receiptKey)) ?? []
      let content = Zeroized(wipeReport: report).encoded()
      return peer?.judge(frames, .zeroized, .zeroize, content) ?? []
    case .sealedAbort:
      let content = referee.decided?.code.map { Abort(code: $0).encoded() }
      let phase = EnclaveState.allCases.first { "\($0)" == row.state }?.phase ?? .attest
      return peer?.judge(frames, .abort, phase, content) ?? []
    default: return ["\(message) was not asked for"]
    }
  }

  /// Whether an InferResult's content is the engine's response with a receipt for this request.
  private func isAnswer(_ content: [UInt8]) -> Bool {
    guard let material = try? Samples.secret(content),
      let parts = try? crypto.base.readResult(material)
    else { return false }
    let expectation = ReceiptExpectation<[UInt8]>(
      sessionID: Samples.sessionID, clientNonce: Samples.nonce, document: document,
      modelHash: Samples.modelHash, requestHash: SHA256.hash(request),
      responseHash: SHA256.hash(response), sequence: inferences &- 1, maximumSeconds: 3600)
    return parts.response.bytes == response
      && parts.exposureNanoseconds == Samples.statistics.exposureNanoseconds
      && crypto.verifyReceipt(
        parts.receipt, expectation: expectation, publicKey: receiptPublic,
        evidence: TestCryptography.Proof())
  }
}
