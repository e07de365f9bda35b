extension AIRMeasurements {
  /// The measurements of a receipt as an enclave's document has them.
  ///
  /// PCR3, PCR4 and PCR8 are stated where the document has them and they are not zero.
  ///
  /// - Parameter registers: by index, as in ``AttestationDocument/measurements``; nil without
  ///   PCR0, PCR1 or PCR2, which no document lacks.
  public init?(nitro registers: [UInt8: [UInt8]]) {
    guard let pcr0 = registers[0], let pcr1 = registers[1], let pcr2 = registers[2] else {
      return nil
    }
    func set(_ index: UInt8) -> [UInt8]? {
      registers[index].flatMap { value in value.contains { $0 != 0 } ? value : nil }
    }
    self.init(
      type: .nitro, pcr0: pcr0, pcr1: pcr1, pcr2: pcr2, pcr3: set(3), pcr4: set(4), pcr8: set(8))
  }
}

extension VerifiedReceipt {
  /// Whether the receipt is about the session that `evidence` proves: the same challenge,
  /// document, measurements and security mode (`Spec/Attestation.md §9.4`).
  public func agrees(with evidence: VerifiedEvidence) -> Bool {
    claims.nonce == evidence.nonce
      && claims.attestationDocumentHash == evidence.documentHash
      && claims.measurements == AIRMeasurements(nitro: evidence.measurements)
      && claims.securityMode == evidence.securityMode.rawValue
  }
}
