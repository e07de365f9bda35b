internal import EphemeralAttestation

/// The report on a bare receipt (`Spec/Attestation.md` §11.4).
enum BareReceiptPrinter {
  static func json(
    _ report: ReceiptReport, _ expectation: AIRReceipt.Expectation
  ) -> JSONValue {
    .members([
      "verdict": .string(report.error == nil ? "accepted" : "refused"),
      "error": report.error.map { .string($0.rawValue) } ?? .null,
      "checks": .array(
        report.findings.map { finding in
          .members([
            "name": .string(finding.check.rawValue),
            "passed": AttestationPrinter.passed(finding.outcome),
            "error": finding.error.map { .string($0.rawValue) } ?? .null,
          ])
        }),
      "receipt": report.claims.map { ReceiptText.json($0) } ?? .null,
      "proves": .string(proves(report, expectation)),
    ])
  }

  static func text(
    _ report: ReceiptReport, _ expectation: AIRReceipt.Expectation, explains: Bool
  ) -> String {
    let style = Style()
    var lines = report.findings.map { finding in
      AttestationPrinter.line(
        finding.check.rawValue, finding.outcome,
        finding.error.map { $0.rawValue + ": " + $0.words } ?? words(finding), explains: explains,
        style: style)
    }
    lines.append("")
    if let claims = report.claims {
      lines += ReceiptText.lines(claims)
      lines.append("")
      if claims.securityMode == SecurityMode.evaluation.rawValue {
        lines.append(
          style.yellow("EVALUATION: the receipt itself says that it is no production one"))
      }
    }
    lines.append(proves(report, expectation))
    if let error = report.error {
      lines.append(style.red("REFUSED: " + error.rawValue))
    } else {
      lines.append(style.green("SIGNED BY THE KEY"))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What the verdict means, in words.
  static func proves(_ report: ReceiptReport, _ expectation: AIRReceipt.Expectation) -> String {
    guard report.error == nil else { return "This receipt proves nothing." }
    let limits =
      "It proves only that the holder of the key signed these claims: a bundle shows who that is."
    return (expectation.isEmpty ? "Nothing was expected of the receipt. " : "") + limits
  }

  private static func words(_ finding: ReceiptFinding) -> String {
    switch finding.outcome {
    case .passed, .warned: "as it must be"
    case .failed: "not as it must be"
    case .skipped: "nothing was expected, or an earlier layer failed"
    }
  }
}
