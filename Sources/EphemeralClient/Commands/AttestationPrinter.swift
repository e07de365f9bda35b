internal import EphemeralAttestation

/// An attestation report for people and for scripts (`Spec/Attestation.md` §6).
enum AttestationPrinter {
  /// The object that `attest --json` prints.
  static func json(_ report: AttestationReport) -> JSONValue {
    .members([
      "verdict": .string(report.verdict.rawValue),
      "failed": .array(report.failed.map { .string($0.rawValue) }),
      "checks": .array(
        report.findings.map { finding in
          .members([
            "name": .string(finding.check.rawValue), "passed": passed(finding.outcome),
            "detail": .string(finding.detail),
          ])
        }),
      "measurements": .object(
        report.measurements.sorted { $0.key < $1.key }.map {
          JSONValue.Member("pcr\($0.key)", .string(Hexadecimal.encode($0.value)))
        }),
      "moduleID": report.moduleID.map { .string($0) } ?? .null,
      "timestamp": report.timestampMilliseconds.map { .string(RFC3339.text($0 / 1000)) } ?? .null,
      "pinned": .bool(report.pinned),
      "root": report.root.map { .string($0) } ?? .null,
      "securityMode": report.securityMode.map { .string($0.rawValue) } ?? .null,
    ])
  }

  /// The same for a person; `explains` adds what each check found.
  static func text(_ report: AttestationReport, explains: Bool) -> String {
    let style = Style()
    var lines: [String] = []
    for finding in report.findings {
      lines.append(
        line(
          finding.check.rawValue, finding.outcome, finding.detail, explains: explains,
          style: style))
    }
    lines.append("")
    lines += documentLines(report)
    lines.append("")
    lines += evaluationLines(report, style)
    lines.append(verdict(report, style))
    return lines.joined(separator: "\n") + "\n"
  }

  /// One check's line.
  static func line(
    _ name: String, _ outcome: AttestationOutcome, _ detail: String, explains: Bool, style: Style
  ) -> String {
    let showsDetail = explains || outcome == .failed || outcome == .warned
    return "  \(mark(outcome, style)) "
      + (showsDetail ? Style.pad(name, to: 22) + detail : name)
  }

  /// Which document it was.
  static func documentLines(_ report: AttestationReport) -> [String] {
    var lines: [String] = []
    if let moduleID = report.moduleID { lines.append("  module     \(moduleID)") }
    if let time = report.timestampMilliseconds {
      lines.append("  timestamp  \(RFC3339.text(time / 1000))")
    }
    if let root = report.root { lines.append("  root       \(root)") }
    for index in [0, 1, 2, 8] as [UInt8] {
      guard let register = report.measurements[index] else { continue }
      lines.append("  PCR\(index)       \(Hexadecimal.encode(register))")
    }
    return lines
  }

  /// A loud line where the root is not AWS's.
  static func evaluationLines(_ report: AttestationReport, _ style: Style) -> [String] {
    guard report.securityMode == .evaluation, let root = report.root else { return [] }
    return [style.yellow("EVALUATION: \(root), not AWS's: for tests only")]
  }

  /// The verdict's own line.
  static func verdict(_ report: AttestationReport, _ style: Style) -> String {
    switch report.verdict {
    case .accepted: return style.green("ACCEPTED")
    case .genuineUnpinned: return style.yellow("GENUINE, UNPINNED")
    case .refused:
      return style.red("REFUSED: " + report.failed.map(\.rawValue).joined(separator: ", "))
    }
  }

  static func passed(_ outcome: AttestationOutcome) -> JSONValue {
    switch outcome {
    case .passed, .warned: .bool(true)
    case .failed: .bool(false)
    case .skipped: .null
    }
  }

  private static func mark(_ outcome: AttestationOutcome, _ style: Style) -> String {
    switch outcome {
    case .passed: style.green("passed ")
    case .failed: style.red("FAILED ")
    case .warned: style.yellow("warned ")
    case .skipped: style.faint("skipped")
    }
  }
}
