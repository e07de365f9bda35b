/// The checks of a receipt by itself, in AIR's order (`Spec/Attestation.md §9.2`).
public enum ReceiptCheck: String, CaseIterable, Sendable {
  /// Layer 1: a COSE_Sign1 with tag 18 and exactly the header of a receipt.
  case envelope
  /// Layer 2: signed by the key.
  case signature
  /// Layer 3: the claims of AIR v1, no other, each within its rules.
  case claims
  /// Layer 4: issued neither in the future nor too long ago.
  case age
  /// Layer 4: about the expected model.
  case modelHash
  /// Layer 4: measurements of the expected platform.
  case platform
  /// Layer 4: the expected challenge.
  case nonce
}

/// What became of one check of a receipt.
public struct ReceiptFinding: Equatable, Sendable {
  /// The rule.
  public let check: ReceiptCheck
  /// What became of it; never `warned`.
  public let outcome: AttestationOutcome
  /// Why it failed.
  public let error: ReceiptError?
}

/// Everything that was found out about a receipt by itself.
///
/// Nothing here says who holds the key: that takes a document, as in a ``ReceiptBundle``.
public struct ReceiptReport: Equatable, Sendable {
  /// One finding for each check, in the checks' order.
  public let findings: [ReceiptFinding]
  /// The claims, when the first three layers passed.
  public let claims: AIRClaims?

  /// The first reason against the receipt; nil where there is none.
  public var error: ReceiptError? { findings.lazy.compactMap(\.error).first }
}

extension AIRReceipt {
  /// Applies every check to a receipt and reports each.
  ///
  /// - Parameters:
  ///   - bytes: any bytes whatever.
  ///   - publicKey: the raw Ed25519 key, 32 bytes.
  ///   - expectation: what to compare the claims with.
  public static func judge(
    _ bytes: [UInt8], publicKey: [UInt8], expecting expectation: Expectation
  ) -> ReceiptReport {
    let layers: [ReceiptCheck] = [.envelope, .signature, .claims]
    do throws(ReceiptError) {
      let claims = try verifiedClaims(of: bytes, publicKey: publicKey)
      let compared = expectation.comparisons(with: claims).map { comparison in
        ReceiptFinding(
          check: comparison.check,
          outcome: comparison.isWanted ? (comparison.error == nil ? .passed : .failed) : .skipped,
          error: comparison.error)
      }
      return ReceiptReport(
        findings: layers.map { ReceiptFinding(check: $0, outcome: .passed, error: nil) } + compared,
        claims: claims)
    } catch {
      let failing = layers[min(error.layer, layers.count) - 1]
      var isBroken = false
      let findings = ReceiptCheck.allCases.map { check in
        defer { isBroken = isBroken || check == failing }
        return ReceiptFinding(
          check: check, outcome: check == failing ? .failed : isBroken ? .skipped : .passed,
          error: check == failing ? error : nil)
      }
      return ReceiptReport(findings: findings, claims: nil)
    }
  }
}
