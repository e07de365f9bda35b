import EphemeralWire
import FaultPoints

/// What the infer phase works with: keys, the admitted topology's terms, the model's identity.
struct EnclaveService<Crypto: SessionCryptography>: ~Copyable {
  var session: EnclaveKeys<Crypto>
  let admission: TopologyAdmission<Crypto.Bytes>
  let modelHash: Crypto.Bytes

  /// What a complete request turns out to be.
  enum Verdict {
    case malformed
    case outOfOrder
    case refetch(RequestHead<Crypto.Bytes>)
    case compute(RequestHead<Crypto.Bytes>)
  }

  /// Reads the request's head; each number is answered once and in order.
  borrowing func judge(_ request: borrowing Secret<Crypto>, by crypto: Crypto) -> Verdict {
    guard let head = crypto.readRequest(request.material) else { return .malformed }
    guard head.sequence == session.inferences || planted("enclave-request-replayed") else {
      return .outOfOrder
    }
    switch admission.lifetime {
    case .session, .perInference(keepsSealedCopy: true): return .compute(head)
    case .perInference(keepsSealedCopy: false): return .refetch(head)
    }
  }

  /// Starts the inference, or fetches the weights for it again.
  consuming func begin(
    _ head: RequestHead<Crypto.Bytes>, _ request: consuming Secret<Crypto>, refetches: Bool,
    row: EnclaveRow, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    if refetches, !planted("weights-asked-by-sequence") || head.sequence == 0 {
      var fetch = WeightFetch(admission, window: context.configuration.weightWindow)
      let requests: [EnclaveAction<Crypto>] = fetch.requests(by: context.crypto)
      let next = EnclaveRefetching<Crypto>(
        service: self, head: head, request: request, fetch: fetch)
      return EnclaveStep(.refetching(next), row, requests)
    }
    let next = EnclaveInferring<Crypto>(service: self, head: head, request: request)
    return EnclaveStep(.inferring(next), row, [.infer(sequence: head.sequence)])
  }

  /// What a response turns out to be.
  enum Answer {
    /// Longer than its bound, or than the size to which it is to be padded.
    case oversize
    /// Too few records are left.
    case spent
    case sealed([OutgoingFrame<Crypto.Bytes>])
  }

  /// The receipt and the sealed frames of an answer.
  mutating func answer(
    _ head: RequestHead<Crypto.Bytes>, _ response: borrowing Secret<Crypto>, hash: Crypto.Bytes,
    _ statistics: InferenceStatistics, _ context: borrowing EnclaveContext<Crypto>
  ) throws(ProviderFailure) -> Answer {
    let crypto = context.crypto
    let receipt = try crypto.signReceipt(
      ReceiptStatement(
        sessionID: session.facts.sessionID, issuedAt: context.time.unixSeconds,
        clientNonce: session.facts.nonce, document: session.facts.document,
        model: admission.model, modelHash: modelHash,
        requestHash: planted("receipt-for-another-request") ? hash : head.hash,
        responseHash: hash, sequence: head.sequence, statistics: statistics),
      key: session.receiptKey.material)
    let content = Secret<Crypto>(
      try crypto.resultContent(
        response: response.material, receipt: receipt,
        exposureNanoseconds: statistics.exposureNanoseconds))
    let records = crypto.recordCount(content.material, padding: admission.padding)
    guard
      crypto.count(content.material) <= context.configuration.limits.maxRequestBytes
        || planted("enclave-result-unbounded"),
      records > 0
    else { return .oversize }
    guard session.send.allows(records: records) else { return .spent }
    return .sealed(
      try session.send.seal(
        content, as: .inferResult, phase: .infer, padding: admission.padding, by: crypto))
  }
}

/// A state of the infer phase.
protocol EnclaveServing<Crypto>: EnclaveSecured, ~Copyable {
  /// The service, out of the state that is left.
  consuming func releaseService() -> EnclaveService<Crypto>
}

extension EnclaveServing where Self: ~Copyable {
  consuming func release() -> EnclaveKeys<Crypto> { releaseService().session }
}
