/// Judges attestation documents: the same rules for the real device and the mock
/// (`Spec/Attestation.md §4`).
///
/// Pure: the time of judgement is an argument. Any bytes whatever give a report.
public enum AttestationVerifier {
  /// Applies every check to a document.
  ///
  /// - Parameters:
  ///   - document: the bytes as received.
  ///   - expectation: what a session expects inside, or nil for an archive: then `nonce`,
  ///     `userDataMismatch` and `publicKey` are skipped and no proof is given.
  ///   - policy: what is pinned; nil pins nothing and trusts AWS's root alone.
  ///   - time: when to judge: now for live sessions, the document's own time for archives.
  public static func judge(
    document: [UInt8], expectation: AttestationExpectation?, policy: MeasurementPolicy?,
    at time: JudgementTime
  ) -> AttestationJudgement {
    var judge = DocumentJudge(
      bytes: document, expectation: expectation, policy: policy ?? .unpinned, time: time)
    return judge.run()
  }
}
