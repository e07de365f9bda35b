/// Judges receipt bundles offline, at their documents' own time (`Spec/Attestation.md §11.2`).
///
/// Pure: no clock, no file. Any bytes whatever give a report.
public enum ReceiptBundleVerifier {
  /// What a bundle is compared with beside the policy; what is nil is not compared.
  public struct Expectation: Equatable, Sendable {
    /// The model's hash, 32 bytes.
    public var modelHash: [UInt8]?
    /// The InferRequest.
    public var request: ReceiptPreimage?
    /// The response.
    public var response: ReceiptPreimage?

    /// An expectation of these values.
    public init(
      modelHash: [UInt8]? = nil, request: ReceiptPreimage? = nil, response: ReceiptPreimage? = nil
    ) {
      self.modelHash = modelHash
      self.request = request
      self.response = response
    }
  }

  /// Applies every check to a bundle.
  ///
  /// - Parameters:
  ///   - bytes: the file's bytes.
  ///   - policy: what is pinned; nil pins nothing and trusts AWS's root alone.
  ///   - expectation: what else to compare.
  public static func judge(
    _ bytes: [UInt8], policy: MeasurementPolicy?, expecting expectation: Expectation = .init()
  ) -> ReceiptBundleReport {
    var judge = ReceiptBundleJudge(policy: policy, expectation: expectation)
    return judge.run(bytes)
  }
}
