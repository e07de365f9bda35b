public import EphemeralCrypto

/// The mark of mock certificates (`Spec/Attestation.md §8.3`).
public enum MockMark {
  /// The content of 2.25.318262176003410085387665652547979226135.
  private static let content: [UInt8] = [
    0x69, 0x83, 0xde, 0xef, 0x88, 0xb1, 0x84, 0xf9, 0x82, 0x89, 0xf9, 0x86, 0xe1, 0xf3, 0x86,
    0xab, 0xdb, 0xba, 0xd8, 0x17,
  ]

  /// The extension's type, or nil if the constant above were not an identifier.
  public static let type = OID(content: content)

  /// The critical extension, its value NULL.
  public static var markings: [X509Extension] {
    type.map { [X509Extension(type: $0, isCritical: true, value: [0x05, 0x00])] } ?? []
  }
}

/// The certificates of a document, the root first and the leaf last.
struct EvidenceChain {
  /// A rule over the chain, under the name that reports give it.
  struct Rule {
    let check: AttestationCheck
    let meaning: String
  }

  /// How the chain stands at one moment.
  enum Validity: Equatable {
    case valid
    case expired(Int)
    case notYetValid(Int)
  }

  /// The rules that do not depend on the time, in the checks' order.
  static let rules = [
    Rule(check: .chain, meaning: "each certificate is issued and signed by the one before"),
    Rule(check: .pathLength, meaning: "no path is longer than an authority allows"),
    Rule(check: .basicConstraints, meaning: "authorities are marked as such and the leaf is not"),
    Rule(check: .keyUsage, meaning: "authorities sign certificates and the leaf signs data"),
    Rule(check: .curve, meaning: "P-384 keys and ecdsa-with-SHA384"),
    Rule(check: .criticalExtensions, meaning: "no unknown critical extension"),
  ]

  let certificates: [X509Certificate]
  private let findings: [ChainFinding]

  init(certificates: [X509Certificate]) {
    self.certificates = certificates
    let known = MockMark.type.map { Set([$0]) } ?? []
    // The walk judges validity too; that part is asked for below, with a reason of its own.
    findings = ChainVerifier(allowingCritical: known).findings(certificates, at: 0)
  }

  /// How many certificates carry the mock extension, critical or not.
  var markedAsMock: Int {
    certificates.count { $0.isMarkedAsMock }
  }

  /// The position of the first certificate that breaks a rule, 0 being the root.
  func firstViolation(of check: AttestationCheck) -> Int? {
    let rules: [ChainRule]
    switch check {
    case .chain: rules = [.length, .issuer, .signature]
    case .pathLength: rules = [.pathLength]
    case .basicConstraints: rules = [.authority]
    case .keyUsage: rules = [.keyUsage]
    case .curve: rules = [.algorithm]
    case .criticalExtensions: rules = [.criticalExtension]
    default: rules = []
    }
    let walked = findings.first { rules.contains($0.rule) }?.position
    return walked ?? stricter(check)
  }

  /// What the documents' profile asks beyond the walk.
  private func stricter(_ check: AttestationCheck) -> Int? {
    switch check {
    case .basicConstraints:
      certificates.dropLast().firstIndex {
        !$0.criticalExtensionTypes.contains(.basicConstraints)
      }
    case .keyUsage:
      (certificates.last?.keyUsage?.contains(.certificateSign) ?? false)
        ? certificates.count - 1 : nil
    default: nil
    }
  }

  /// Whether every certificate is valid at this moment, in seconds since 1970.
  func validity(at seconds: UInt64) -> Validity {
    let moment = Int64(clamping: seconds)
    for (position, certificate) in certificates.enumerated() {
      if moment > certificate.notAfter { return .expired(position) }
      if moment < certificate.notBefore { return .notYetValid(position) }
    }
    return .valid
  }
}

extension X509Certificate {
  /// Whether the mock extension is there, critical or not.
  var isMarkedAsMock: Bool { extensions.contains { $0.type == MockMark.type } }
}

extension AttestationDocument {
  /// The security mode that a document's own certificates lay claim to: what an enclave states in
  /// its receipts about itself.
  ///
  /// Not judged: a client takes the mode of ``VerifiedEvidence`` and compares.
  public var statedSecurityMode: SecurityMode {
    let anchor = authorities.first ?? certificate
    return SHA256.hash(anchor) == MeasurementPolicy.awsRoot ? .production : .evaluation
  }
}
