extension AIRReceipt {
  /// What a verifier compares a receipt's claims with; what is nil is not compared.
  public struct Expectation: Equatable, Sendable {
    /// How old a receipt may be.
    public struct Age: Equatable, Sendable {
      /// The present, in seconds since 1970.
      public let now: UInt64
      /// The most seconds since the receipt was issued.
      public let maximumSeconds: UInt64

      /// At most so many seconds before `now`.
      public init(now: UInt64, maximumSeconds: UInt64) {
        self.now = now
        self.maximumSeconds = maximumSeconds
      }
    }

    /// The challenge that the receipt must carry.
    public var nonce: [UInt8]?
    /// The model that it must be about, 32 bytes.
    public var modelHash: [UInt8]?
    /// The platform whose measurements it must have.
    public var platform: AIRMeasurementType?
    /// How old it may be.
    public var age: Age?

    /// An expectation of these values.
    public init(
      nonce: [UInt8]?, modelHash: [UInt8]? = nil, platform: AIRMeasurementType? = nil,
      age: Age? = nil
    ) {
      self.nonce = nonce
      self.modelHash = modelHash
      self.platform = platform
      self.age = age
    }

    /// Whether nothing is compared.
    public var isEmpty: Bool {
      nonce == nil && modelHash == nil && platform == nil && age == nil
    }
  }
}

extension AIRReceipt.Expectation {
  /// One comparison of AIR's fourth layer: whether it was wanted, and what came of it.
  struct Comparison {
    let check: ReceiptCheck
    let isWanted: Bool
    let error: ReceiptError?
  }

  /// All comparisons with a receipt's claims, in AIR's order.
  func comparisons(with claims: AIRClaims) -> [Comparison] {
    [
      Comparison(check: .age, isWanted: age != nil, error: ageError(claims.issuedAt)),
      Comparison(
        check: .modelHash, isWanted: modelHash != nil,
        error: modelHash.map { $0 == claims.modelHash } ?? true ? nil : .modelHashMismatch),
      Comparison(
        check: .platform, isWanted: platform != nil,
        error: platform.map { $0 == claims.measurements.type } ?? true ? nil : .platformMismatch),
      Comparison(check: .nonce, isWanted: nonce != nil, error: nonceError(claims.nonce)),
    ]
  }

  private func nonceError(_ found: [UInt8]?) -> ReceiptError? {
    guard let nonce else { return nil }
    guard let found else { return .nonceMissing }
    return found == nonce ? nil : .nonceMismatch
  }

  private func ageError(_ issuedAt: UInt64) -> ReceiptError? {
    guard let age else { return nil }
    if issuedAt > age.now {
      return issuedAt - age.now > AIRReceipt.clockSkewSeconds ? .timestampFuture : nil
    }
    return age.now - issuedAt > age.maximumSeconds ? .timestampStale : nil
  }
}
