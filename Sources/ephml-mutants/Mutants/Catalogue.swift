/// The faults that are written by hand.
///
/// Each stands as `planted("ID")` at one place of the product, and nowhere else.
enum Catalogue {
  /// Every fault.
  static let all: [Mutant] =
    attestation + keySchedule + records + client + enclave + statements + ends + host + audit

  private static func group(_ section: String, _ faults: [(String, String)]) -> [Mutant] {
    faults.map { Mutant(id: $0.0, statement: $0.1, section: section) }
  }

  static let attestation = group(
    "Attestation.md §4",
    [
      ("attestation-root-unchecked", "Evidence under a root that nobody pinned is trusted."),
      ("attestation-chain-unchecked", "A certificate that its issuer did not sign is accepted."),
      ("attestation-authority-unchecked", "A certificate that is no authority may issue others."),
      ("attestation-path-length-unchecked", "A path longer than its authority allows is accepted."),
      ("attestation-key-usage-unchecked", "A key that may not sign certificates may."),
      ("attestation-signature-unchecked", "A document that the leaf did not sign is accepted."),
      ("attestation-expiry-unchecked", "Expired certificates are accepted."),
      ("attestation-pin-unchecked", "An enclave of any image is accepted."),
      ("attestation-debug-accepted", "An enclave in debug mode is accepted."),
      ("attestation-instance-unchecked", "PCR4 may be another instance's."),
      ("attestation-names-unchecked", "The certificates may be another module's."),
      ("attestation-nonce-unchecked", "Evidence for another challenge is accepted."),
      ("attestation-user-data-unchecked", "Evidence for another transcript is accepted."),
      ("attestation-public-key-unchecked", "Evidence for another KEM key is accepted."),
      ("attestation-policy-expiry-unchecked", "A policy is followed after its end."),
    ])

  static let keySchedule = group(
    "Protocol.md §5",
    [
      ("transcript-without-hello", "T0 does not cover ClientHello."),
      ("transcript-without-body", "T0 does not cover the body of Evidence."),
      ("transcript-without-document", "T1 does not cover the attestation document."),
      ("transcript-without-encapsulation", "T2 does not cover enc."),
      ("transcript-without-ciphertext", "T2 does not cover the client's Finished."),
      ("exchange-without-info", "HPKE's info is empty and not T1."),
      ("client-finished-unchecked", "A Finished that is not T1 is accepted."),
      ("directions-share-keys", "Both directions have the same key and IV."),
      ("directions-swapped", "Each direction has the other's labels."),
      ("keys-without-transcript", "Record keys do not depend on T2."),
      ("iv-without-transcript", "IVs do not depend on T2."),
      ("confirmation-unchecked", "A KeyConfirm that is not T2 is accepted."),
    ])

  static let records = group(
    "Protocol.md §6",
    [
      ("record-session-unbound", "A record does not bind the session."),
      ("record-direction-unbound", "A record does not bind its direction."),
      ("record-sequence-unbound", "A record's additional data do not bind its number."),
      ("record-length-unbound", "A record's additional data do not bind its length."),
      ("record-nonce-reused", "Every record of a key has the same nonce."),
      ("send-sequence-kept", "The sender's number does not rise."),
      ("record-padding-unchecked", "Padding that is not zero is accepted."),
      ("record-flags-unchecked", "Unknown flags are accepted."),
      ("record-reserved-unchecked", "The fourth byte of a record is not looked at."),
      ("record-phase-unchecked", "A record may name another phase than its type's."),
      ("record-final-unchecked", "A message of one record needs no final flag."),
      ("piece-short-accepted", "A piece that is not the last may be short."),
      ("piece-after-padding-accepted", "Content may follow padding."),
      ("piece-final-ignored", "Every piece is taken for the last."),
      ("message-unbounded", "A message may be longer than its bound."),
      ("padding-unbounded", "Padding may be longer than its bound."),
      ("padding-omitted", "Messages are not padded: their length shows."),
      ("padding-too-fine", "Requests and results are padded to Padmé and not to powers of two."),
      ("padding-ignores-maximum", "A topology's declared size of messages is ignored."),
      ("reserved-records-used", "The last two records of a key are used for messages."),
    ])

  static let client = group(
    "Protocol.md §4, §7",
    [
      ("client-attest-goes-on", "A client that only wants to look goes on."),
      ("client-topology-unbounded", "A topology beyond the enclave's bound is sent."),
      ("client-topology-before-confirm", "The topology leaves before KeyConfirm came."),
      ("client-life-unbounded", "The enclave's stated end of a session is ignored."),
      ("client-model-unchecked", "A model of another hash is accepted."),
      ("client-request-out-of-order", "A request of another number is sent."),
      ("client-request-unbounded", "A request beyond the enclave's bound is sent."),
      ("client-echo-unchecked", "A result that does not repeat the request's values is accepted."),
      ("result-echo-unchecked", "A result that does not repeat the random bytes is accepted."),
      ("client-receipt-unchecked", "A result with any receipt is accepted."),
      ("client-wipe-report-unchecked", "Any wipe report is accepted."),
      ("client-believes-cleartext", "A cleartext Abort is reported as authenticated."),
      ("client-first-record-uncounted", "The enclave's first record can be played twice."),
      ("client-abort-in-clear", "An Abort under keys leaves in the clear."),
    ])

  static let enclave = group(
    "Protocol.md §4, §7, §8",
    [
      ("enclave-key-unattested", "The document vouches for another key than the session's."),
      ("enclave-hello-twice", "A second ClientHello is let pass."),
      ("enclave-exchange-twice", "A second KeyExchange is let pass."),
      ("enclave-life-unbounded", "The topology's end of a session is ignored."),
      ("enclave-believes-cleartext", "A cleartext Abort is reported as authenticated."),
      ("enclave-first-record-uncounted", "The client's first record can be played twice."),
      ("weights-window-ignored", "All chunks are asked for at once."),
      ("weights-order-unchecked", "Chunks are taken in any order."),
      ("weights-last-missing", "The model is assembled before its last chunk came."),
      ("weights-asked-by-sequence", "Whether weights are fetched depends on the request."),
      ("enclave-request-replayed", "A request of any number is answered."),
      ("enclave-inferences-unbounded", "The topology's number of inferences is ignored."),
      ("enclave-inference-uncounted", "An answered request does not count."),
      ("enclave-result-unbounded", "A result beyond the bound is sent."),
      ("enclave-abort-in-clear", "An Abort under keys leaves in the clear, and no report follows."),
      ("enclave-zeroized-unsent", "No wipe report is sent."),
    ])

  static let statements = group(
    "Attestation.md §9, §10",
    [
      ("receipt-for-another-request", "A receipt names another request."),
      ("receipt-sequence-unchecked", "A receipt of another number is accepted."),
      ("receipt-identifier-unchecked", "A receipt of another identifier is accepted."),
      ("receipt-model-unchecked", "A receipt of another model is accepted."),
      ("receipt-request-unchecked", "A receipt of another request is accepted."),
      ("receipt-response-unchecked", "A receipt of another response is accepted."),
      ("receipt-evidence-unchecked", "A receipt of another document is accepted."),
      ("receipt-time-unchecked", "A receipt of another time is accepted."),
      ("wipe-report-session-unchecked", "A wipe report of another session is accepted."),
      ("wipe-report-count-unchecked", "A wipe report of another last inference is accepted."),
    ])

  static let ends = group(
    "Protocol.md §11, §12",
    [
      ("secrets-not-destroyed", "A secret is not overwritten when its state is left."),
      ("client-ends-without-wipe", "The client ends without a wipe, but where its user ends it."),
      ("enclave-ends-without-wipe", "The enclave ends a session with keys without a wipe."),
      ("enclave-forgets-wipe-when-alone", "The enclave does not wipe when the host has gone."),
      ("client-deadline-renewed", "Each message to the client moves its phase's end back."),
      ("enclave-deadline-renewed", "Each message to the enclave moves its phase's end back."),
      ("abort-answered", "An Abort is answered with an Abort."),
      ("phase-deadline-ignored", "A phase has no end."),
      ("life-extended", "A session's end moves back."),
    ])

  static let host = group(
    "Protocol.md §2, §8, §9",
    [
      ("host-returns-evidence", "Evidence goes back to where it came from."),
      ("host-forwards-early", "Records pass before there are keys."),
      ("host-swallows-abort", "An Abort is not passed on."),
      ("host-store-out-of-order", "Bytes of a blob are taken at any offset."),
      ("host-store-unbounded", "A blob beyond the bound is stored."),
      ("host-requests-unbounded", "Any number of requests for weights may be unanswered."),
      ("host-chunks-out-of-order", "Chunks leave in another order than they were asked for."),
      ("store-hash-unchecked", "A blob is stored under a name that is not its hash."),
    ])

  static let audit = group(
    "Protocol.md §9.3",
    [
      ("audit-number-repeated", "Records of the log have the same number."),
      ("audit-chain-unhashed", "Records of the log do not name the one before."),
      ("audit-record-skipped", "Inferences are not in the log."),
    ])
}
