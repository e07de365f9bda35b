internal import EphemeralAttestation

/// A bundle's report for people and for scripts (`Spec/Attestation.md` §11.3).
enum VerifyPrinter {
  /// The object that `verify --json` prints.
  static func json(_ report: ReceiptBundleReport) -> JSONValue {
    let attestation = report.attestation
    return .members([
      "verdict": .string(report.verdict.rawValue),
      "failed": .array(report.failed.map { .string($0) }),
      "checks": .array(
        report.findings.map { finding in
          AttestationPrinter.check(finding.check.name, finding.outcome, finding.detail)
        }),
      "securityMode": report.securityMode.map { .string($0.rawValue) } ?? .null,
      "root": attestation?.root.map { .string($0) } ?? .null,
      "pinned": .bool(attestation?.pinned ?? false),
      "timestamp": attestation?.timestampMilliseconds.map {
        .string(RFC3339.text($0 / 1000))
      } ?? .null,
      "sessionID": report.sessionID.map { .string(Hexadecimal.encode($0)) } ?? .null,
      "receipt": report.claims.map { ReceiptText.json($0) } ?? .null,
      "wipe": report.wipe.map { json($0) } ?? .null,
    ])
  }

  /// The same for a person; `explains` adds what each check found.
  static func text(_ report: ReceiptBundleReport, explains: Bool) -> String {
    let style = Style()
    var lines = report.findings.map {
      AttestationPrinter.line(
        $0.check.name, $0.outcome, $0.detail, explains: explains, style: style)
    }
    lines.append("")
    if let attestation = report.attestation {
      lines += AttestationPrinter.documentLines(attestation)
    }
    if let claims = report.claims { lines += ReceiptText.lines(claims) }
    if let wipe = report.wipe {
      lines.append(
        "  wiped      \(wipe.regions) regions, \(wipe.bytes) bytes: a statement, not a proof")
      lines.append(
        "  exposure   \(Style.milliseconds(Double(wipe.exposureNanoseconds) / 1e6)) with plaintext weights in memory"
      )
    }
    lines.append("")
    if let attestation = report.attestation {
      lines += AttestationPrinter.evaluationLines(attestation, style)
    }
    lines.append(AttestationPrinter.verdict(report.verdict, failed: report.failed, style))
    return lines.joined(separator: "\n") + "\n"
  }

  private static func json(_ wipe: WipeClaims) -> JSONValue {
    .members([
      "lastSequence": wipe.lastSequence.map { .integer($0) } ?? .null,
      "regions": .integer(wipe.regions), "bytes": .integer(wipe.bytes),
      "exposureMilliseconds": .real(Double(wipe.exposureNanoseconds) / 1e6),
      "auditHead": .string(Hexadecimal.encode(wipe.auditHead)),
    ])
  }
}
