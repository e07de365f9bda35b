import EphemeralWire
import FaultPoints

/// The model stands in the enclave; the user may infer or close.
struct ClientReady<Crypto: SessionCryptography>: ~Copyable, ClientSecured {
  static var name: ClientState { .ready }
  var session: ClientKeys<Crypto>

  consuming func staying() -> ClientStage<Crypto> { .ready(self) }
  consuming func release() -> ClientKeys<Crypto> { session }

  consuming func handle(
    _ input: ClientInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    switch input {
    case .infer:
      return request(arrival.take(), context)
    case .close:
      return close(context)
    case .evidence, .abort, .otherFrame, .broken, .unreadable, .keyConfirm, .assembled,
      .inferResult, .zeroized, .sealedAbort, .otherRecord, .start, .resultTaken, .fault, .wiped,
      .deadline, .peerClosed, .cancel:
      return dispose(input, context)
    }
  }

  /// Seals a request; its content is destroyed as soon as it is sealed.
  private consuming func request(
    _ content: consuming Secret<Crypto>, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    let crypto = context.crypto
    let padding = context.configuration.padding
    guard let head = crypto.readRequest(content.material) else {
      return conclude(.readyInferMalformed, .failing(.inputInvalid), context)
    }
    guard head.sequence == session.inferences || planted("client-request-out-of-order") else {
      return conclude(.readyInferOutOfOrder, .failing(.inputInvalid), context)
    }
    var limit = session.facts.fields.limits.maxRequestBytes
    if case .fixed(let declared) = padding { limit = min(limit, declared) }
    guard crypto.count(content.material) <= limit || planted("client-request-unbounded") else {
      return conclude(.readyInferOversize, .failing(.tooLarge), context)
    }
    let records = crypto.recordCount(content.material, padding: padding)
    guard session.send.allows(records: records) else {
      return conclude(.readyInferSpent, .failing(.sequenceExhausted), context)
    }
    do {
      let frames = try session.send.seal(
        content, as: .inferRequest, phase: .infer, padding: padding, by: crypto)
      return ClientStep(
        .awaitingResult(ClientAwaitingResult(session: session, head: head)), .readyInferValid,
        frames.map { .send($0) })
    } catch {
      return conclude(.readyFaultAlways, .fault, context)
    }
  }

  private consuming func close(
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    do {
      let content = Secret<Crypto>(try context.crypto.closeContent())
      let frames = try session.send.seal(
        content, as: .close, phase: .zeroize, by: context.crypto)
      return ClientStep(
        .awaitingZeroized(ClientAwaitingZeroized(session: session)), .readyCloseAlways,
        frames.map { .send($0) })
    } catch {
      return conclude(.readyFaultAlways, .fault, context)
    }
  }
}

/// A request is sent; no piece of its result has come.
struct ClientAwaitingResult<Crypto: SessionCryptography>: ~Copyable, ClientSecured {
  static var name: ClientState { .awaitingResult }
  var session: ClientKeys<Crypto>
  let head: RequestHead<Crypto.Bytes>

  consuming func staying() -> ClientStage<Crypto> { .awaitingResult(self) }
  consuming func release() -> ClientKeys<Crypto> { session }

  consuming func handle(
    _ input: ClientInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    switch input {
    case .inferResult(let piece):
      return receive(piece, arrival.take(), context)
    case .evidence, .abort, .otherFrame, .broken, .unreadable, .keyConfirm, .assembled,
      .zeroized, .sealedAbort, .otherRecord, .start, .infer, .resultTaken, .close, .fault,
      .wiped, .deadline, .peerClosed, .cancel:
      return dispose(input, context)
    }
  }

  private consuming func receive(
    _ piece: Piece, _ content: consuming Secret<Crypto>,
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    let maximum = context.configuration.maximumResultBytes
    switch GatheringCounts().accepting(piece, maximum: maximum) {
    case .oversize:
      return conclude(.awaitingResultInferResultOversize, .failing(.tooLarge), context)
    case .inconsistent:
      return conclude(.awaitingResultInferResultInconsistent, .failing(.recordInvalid), context)
    case .more(let counts):
      let message = Gathering<Crypto>(content: content, counts: counts)
      let next = ClientGathering(session: session, head: head, result: message)
      return ClientStep(.gathering(next), .awaitingResultInferResultMore)
    case .complete:
      break
    }
    switch session.judge(content, head, context) {
    case .malformed:
      return conclude(.awaitingResultInferResultMalformed, .failing(.malformed), context)
    case .mismatch:
      return conclude(.awaitingResultInferResultMismatch, .failing(.receiptInvalid), context)
    case .fault:
      return conclude(.awaitingResultFaultAlways, .fault, context)
    case .answers(let result):
      return session.deliver(result, head, .awaitingResultInferResultAnswers)
    }
  }
}

/// Some pieces of a result have come.
struct ClientGathering<Crypto: SessionCryptography>: ~Copyable, ClientSecured {
  static var name: ClientState { .gathering }
  var session: ClientKeys<Crypto>
  let head: RequestHead<Crypto.Bytes>
  var result: Gathering<Crypto>

  consuming func staying() -> ClientStage<Crypto> { .gathering(self) }
  consuming func release() -> ClientKeys<Crypto> { session }

  consuming func handle(
    _ input: ClientInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    switch input {
    case .inferResult(let piece):
      return gather(piece, arrival.take(), context)
    case .evidence, .abort, .otherFrame, .broken, .unreadable, .keyConfirm, .assembled,
      .zeroized, .sealedAbort, .otherRecord, .start, .infer, .resultTaken, .close, .fault,
      .wiped, .deadline, .peerClosed, .cancel:
      return dispose(input, context)
    }
  }

  private consuming func gather(
    _ piece: Piece, _ content: consuming Secret<Crypto>,
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    let maximum = context.configuration.maximumResultBytes
    let verdict = result.counts.accepting(piece, maximum: maximum)
    switch verdict {
    case .oversize:
      return conclude(.gatheringInferResultOversize, .failing(.tooLarge), context)
    case .inconsistent:
      return conclude(.gatheringInferResultInconsistent, .failing(.recordInvalid), context)
    case .more, .complete:
      do {
        try result.content.append(content, by: context.crypto)
      } catch {
        return conclude(.gatheringFaultAlways, .fault, context)
      }
    }
    if case .more(let counts) = verdict {
      result.counts = counts
      return ClientStep(.gathering(self), .gatheringInferResultMore)
    }
    switch session.judge(result.content, head, context) {
    case .malformed:
      return conclude(.gatheringInferResultMalformed, .failing(.malformed), context)
    case .mismatch:
      return conclude(.gatheringInferResultMismatch, .failing(.receiptInvalid), context)
    case .fault:
      return conclude(.gatheringFaultAlways, .fault, context)
    case .answers(let result):
      return session.deliver(result, head, .gatheringInferResultAnswers)
    }
  }
}

/// A result that answers the request, with its verified receipt.
struct ClientResult<Crypto: SessionCryptography>: ~Copyable {
  let response: Secret<Crypto>
  let receipt: Crypto.Bytes
  let exposureNanoseconds: UInt64
  let responseHash: Crypto.Bytes
}

extension ClientKeys {
  /// What a complete InferResult turns out to be.
  enum ResultVerdict: ~Copyable {
    case malformed
    case mismatch
    case fault
    case answers(ClientResult<Crypto>)
  }

  /// Takes a result apart: it must echo the request and carry a receipt that names both hashes.
  borrowing func judge(
    _ content: borrowing Secret<Crypto>, _ head: RequestHead<Crypto.Bytes>,
    _ context: borrowing ClientContext<Crypto>
  ) -> ResultVerdict {
    let crypto = context.crypto
    let response: Secret<Crypto>
    let receipt: Crypto.Bytes
    let exposure: UInt64
    do throws(ProviderFailure) {
      let parts = try crypto.readResult(content.material)
      response = Secret(parts.response)
      receipt = parts.receipt
      exposure = parts.exposureNanoseconds
    } catch {
      return error == .refused ? .malformed : .fault
    }
    let hash = crypto.responseHash(response.material)
    let expectation = ReceiptExpectation(
      sessionID: facts.fields.sessionID, clientNonce: facts.nonce, document: facts.document,
      modelHash: context.configuration.modelHash, requestHash: head.hash, responseHash: hash,
      sequence: head.sequence,
      maximumSeconds: facts.fields.limits.maxSessionSeconds)
    guard
      crypto.response(response.material, answers: head) || planted("client-echo-unchecked"),
      crypto.verifyReceipt(
        receipt, expectation: expectation, publicKey: facts.fields.receiptPublic,
        evidence: facts.evidence) || planted("client-receipt-unchecked")
    else { return .mismatch }
    return .answers(
      ClientResult(
        response: response, receipt: receipt, exposureNanoseconds: exposure, responseHash: hash))
  }

  /// Hands a result to the driver.
  consuming func deliver(
    _ result: consuming ClientResult<Crypto>, _ head: RequestHead<Crypto.Bytes>,
    _ row: ClientRow
  ) -> ClientStep<Crypto> {
    inferences += 1
    let claim = SessionClaim<Crypto>.resultAccepted(
      sequence: head.sequence, requestHash: head.hash, responseHash: result.responseHash)
    let next = ClientDelivering(session: self, result: result)
    return ClientStep(
      .delivering(next), row, [.audit(.inferred), .deliverResult(sequence: head.sequence)],
      claims: [claim])
  }
}

/// The driver copies a result out.
struct ClientDelivering<Crypto: SessionCryptography>: ~Copyable, ClientSecured {
  static var name: ClientState { .delivering }
  let session: ClientKeys<Crypto>
  let result: ClientResult<Crypto>

  consuming func staying() -> ClientStage<Crypto> { .delivering(self) }
  consuming func release() -> ClientKeys<Crypto> { session }

  consuming func handle(
    _ input: ClientInput<Crypto>, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    switch input {
    case .resultTaken:
      return ClientStep(.ready(ClientReady(session: session)), .deliveringResultTakenAlways)
    case .evidence, .abort, .otherFrame, .broken, .unreadable, .keyConfirm, .assembled,
      .inferResult, .zeroized, .sealedAbort, .otherRecord, .start, .infer, .close, .fault,
      .wiped, .deadline, .peerClosed, .cancel:
      return dispose(input, context)
    }
  }
}
