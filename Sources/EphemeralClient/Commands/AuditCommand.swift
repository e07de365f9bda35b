internal import EphemeralAttestation
internal import EphemeralRuntime

/// `audit FILE`: checks the chain of an audit log and sums it up.
enum AuditCommand {
  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    let path = command.positionals[0]
    try FileAccess.requireReadable(path, followsLinks: false)
    let summary = AuditVerifier.verify(path: path)
    if summary.fault == .unreadable { throw .file(path, "cannot be read") }
    if command.has("--json") {
      StandardStream.output(json(summary).text + "\n")
    } else {
      StandardStream.output(text(summary, path: path))
    }
    return summary.fault == nil ? .done : .failed
  }

  static func json(_ summary: AuditSummary) -> JSONValue {
    .members([
      "intact": .bool(summary.fault == nil),
      "records": .integer(summary.recordCount),
      "sessions": .integer(summary.sessionCount),
      "events": events(summary.counts),
      "enclaveEvents": events(summary.enclaveCounts),
      "missingEnclaveRecords": .integer(summary.missingEnclaveRecords),
      "first": summary.firstSeconds.map { .string(RFC3339.text($0)) } ?? .null,
      "last": summary.lastSeconds.map { .string(RFC3339.text($0)) } ?? .null,
      "head": .string(Hexadecimal.encode(summary.head)),
      "tornTail": .bool(summary.hasTornTail),
      "fault": summary.fault.map { .string($0.rawValue) } ?? .null,
      "faultLine": summary.faultLine.map { .integer($0) } ?? .null,
    ])
  }

  static func text(_ summary: AuditSummary, path: String) -> String {
    let style = Style()
    var lines: [String] = []
    if let first = summary.firstSeconds, let last = summary.lastSeconds {
      lines.append("from      \(RFC3339.text(first))")
      lines.append("to        \(RFC3339.text(last))")
    }
    lines.append("records   \(summary.recordCount)")
    lines.append("sessions  \(summary.sessionCount)")
    lines += table("events", summary.counts)
    lines += table("enclave's events", summary.enclaveCounts)
    if summary.missingEnclaveRecords > 0 {
      lines.append(
        "withheld  \(summary.missingEnclaveRecords) of the enclave's records are missing")
    }
    lines.append("head      \(Hexadecimal.encode(summary.head))")
    if summary.hasTornTail { lines.append("the last line is cut short: a crash while writing it") }
    if let fault = summary.fault {
      let place = summary.faultLine.map { "line \($0): " } ?? ""
      lines.append(style.red("BROKEN: \(path): \(place)\(words(fault))"))
    } else {
      lines.append(style.green("INTACT"))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func words(_ fault: AuditFault) -> String {
    switch fault {
    case .unreadable: "cannot be read"
    case .notARecord: "not a record"
    case .brokenChain: "does not follow the record before: changed, removed, inserted or swapped"
    case .brokenEnclaveChain: "contradicts the enclave's other records"
    }
  }

  private static func table(_ title: String, _ counts: [LoggedEvent: Int]) -> [String] {
    let rows = LoggedEvent.allCases.compactMap { event in
      counts[event].map { "  \(Style.pad(event.rawValue, to: 18)) \($0)" }
    }
    return rows.isEmpty ? [] : ["\(title):"] + rows
  }

  private static func events(_ counts: [LoggedEvent: Int]) -> JSONValue {
    .object(
      LoggedEvent.allCases.compactMap { event in
        counts[event].map { JSONValue.Member(event.rawValue, .integer($0)) }
      })
  }
}
