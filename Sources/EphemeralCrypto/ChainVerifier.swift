/// The rules that a certificate chain is held to, each reported by its own name.
public enum ChainRule: String, Equatable, Sendable, CaseIterable {
  /// Between two and `ChainVerifier.maximumLength` certificates.
  case length
  /// Every key is a P-384 key and every signature ECDSA with SHA-384.
  case algorithm
  /// Each certificate is signed by the key of the one before; the anchor, if self-issued, by its
  /// own.
  case signature
  /// Each certificate's issuer is the subject of the one before.
  case issuer
  /// Each certificate is valid at the moment of judgement.
  case validity
  /// All but the last are authorities, and the last is none.
  case authority
  /// No authority is followed by more authorities than its path length allows.
  case pathLength
  /// Authorities may sign certificates; the last may make signatures.
  case keyUsage
  /// No critical extension is unknown.
  case criticalExtension
}

/// One broken rule and the certificate that breaks it.
public struct ChainFinding: Equatable, Sendable {
  /// The rule.
  public let rule: ChainRule
  /// The certificate's place in the chain, 0 being the anchor.
  public let position: Int

  /// A finding, as the verifier makes it.
  public init(rule: ChainRule, position: Int) {
    self.rule = rule
    self.position = position
  }
}

/// A walk over a chain from its trust anchor to the leaf (RFC 5280 §6, a strict part of it).
///
/// The caller has pinned the anchor by its fingerprint; this says nothing about whom to trust.
/// Stricter than the RFC: names are compared byte by byte, self-issued authorities count towards
/// path lengths, basicConstraints and keyUsage must be present in authorities and keyUsage in the
/// leaf, the anchor obeys all rules too, and there are no revocation lists.
public struct ChainVerifier: Sendable {
  /// Most certificates of one chain, anchor and leaf included.
  public static let maximumLength = 8

  private let knownCriticalExtensions: Set<OID>

  /// A verifier that knows basicConstraints and keyUsage, and passes over the listed critical
  /// extensions because its caller deals with them.
  public init(allowingCritical allowed: Set<OID>) {
    knownCriticalExtensions = allowed.union([.basicConstraints, .keyUsage])
  }

  /// All rules that the chain breaks at this moment, in seconds since 1970; none when it is sound.
  ///
  /// The anchor comes first and the leaf last.
  public func findings(_ chain: [X509Certificate], at seconds: Int64) -> [ChainFinding] {
    guard (2...Self.maximumLength).contains(chain.count) else {
      return [ChainFinding(rule: .length, position: 0)]
    }
    var findings: [ChainFinding] = []
    for (position, certificate) in chain.enumerated() {
      let parent = position > 0 ? chain[position - 1] : nil
      let isLeaf = position == chain.count - 1
      for rule in ChainRule.allCases {
        let holds =
          switch rule {
          case .length: true
          case .algorithm: usesP384(certificate)
          case .signature: isSigned(certificate, by: parent)
          case .issuer: parent.map { $0.subject == certificate.issuer } ?? true
          case .validity: certificate.isValid(at: seconds)
          case .authority: (certificate.basicConstraints?.isAuthority ?? false) != isLeaf
          case .pathLength: allowsPath(certificate, below: chain.count - 2 - position)
          case .keyUsage: allowsUse(certificate, isLeaf: isLeaf)
          case .criticalExtension:
            certificate.criticalExtensionTypes.allSatisfy(knownCriticalExtensions.contains)
          }
        if !holds { findings.append(ChainFinding(rule: rule, position: position)) }
      }
    }
    return findings
  }

  private func usesP384(_ certificate: X509Certificate) -> Bool {
    guard case .p384 = certificate.publicKey else { return false }
    return certificate.signatureAlgorithm == .ecdsaWithSHA384
  }

  private func isSigned(_ certificate: X509Certificate, by parent: X509Certificate?) -> Bool {
    // An anchor that another authority issued is trusted by its fingerprint alone.
    if parent == nil, certificate.issuer != certificate.subject { return true }
    guard case .p384(let key) = (parent ?? certificate).publicKey else { return false }
    return certificate.isSigned(by: key)
  }

  private func allowsPath(_ certificate: X509Certificate, below count: Int) -> Bool {
    guard let pathLength = certificate.basicConstraints?.pathLength else { return true }
    return count <= pathLength
  }

  private func allowsUse(_ certificate: X509Certificate, isLeaf: Bool) -> Bool {
    certificate.keyUsage?.contains(isLeaf ? .digitalSignature : .certificateSign) ?? false
  }
}
