internal import EphemeralAttestation
internal import EphemeralRuntime
internal import Glibc

/// `attest`: judges an enclave's document, live or from a file.
enum AttestCommand {
  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    try checkOptions(command)
    var policy: MeasurementPolicy?
    if let file = command.value("--policy") { policy = try PolicyFile.read(file) }
    let report: AttestationReport
    if let file = command.value("--document") {
      let document = try FileAccess.read(file, maximum: AttestationDocumentBounds.documentBytes)
      report =
        AttestationVerifier.judge(
          document: document, expectation: nil, policy: policy, at: try time(command)
        ).report
    } else {
      report = try live(
        host: try HostAddress.parse(command), policy: policy,
        trace: try HostConnection.trace(command))
    }
    if command.has("--json") {
      StandardStream.output(AttestationPrinter.json(report).text + "\n")
    } else {
      StandardStream.output(AttestationPrinter.text(report, explains: command.has("--explain")))
    }
    return report.verdict == .refused ? .refused : .done
  }

  /// Asks the enclave behind a host for a fresh document and judges it now.
  private static func live(
    host: Address, policy: MeasurementPolicy?, trace: TransitionTrace?
  ) throws(ClientFailure) -> AttestationReport {
    let driver = try HostConnection.driver(to: host)
    driver.trace = trace
    do throws(ClientDriverError) {
      return try driver.attest(policy: policy ?? .unpinned).report
    } catch {
      if case .evidenceRefused = error, let report = driver.lastReport { return report }
      throw HostConnection.failure(error, at: host)
    }
  }

  /// The options that go together: exactly one source; live means now and a word about pins.
  private static func checkOptions(_ command: ParsedCommand) throws(ClientFailure) {
    let isLive = command.has("--host")
    let problem: String?
    if isLive == command.has("--document") {
      problem = "either --host ADDRESS or --document FILE is required"
    } else if command.has("--policy"), command.has("--no-pins") {
      problem = "--policy and --no-pins exclude each other"
    } else if isLive, !command.has("--policy"), !command.has("--no-pins") {
      problem = "--host needs --policy FILE, or --no-pins to judge without one"
    } else if isLive, let at = command.value("--at"), at != "now" {
      problem = "--host judges now; --at is for --document"
    } else if !isLive, command.has("--trace") {
      problem = "--trace is for --host: a document from a file opens no session"
    } else {
      problem = nil
    }
    if let problem { throw .usage(.conflict(problem, command: command.title)) }
  }

  private static func time(_ command: ParsedCommand) throws(ClientFailure) -> JudgementTime {
    switch command.value("--at") ?? "document" {
    case "document": return .document
    case "now": return .time(UInt64(max(0, Glibc.time(nil))))
    case let text:
      guard let seconds = RFC3339.parse(text) else {
        throw .usage(
          .invalidValue(
            option: "--at", value: text,
            problem: "now, document or a time such as 2026-01-31T12:00:00Z is needed",
            command: command.title))
      }
      return .time(seconds)
    }
  }
}
