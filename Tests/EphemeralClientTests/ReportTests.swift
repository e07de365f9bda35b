import EphemeralAttestation
import EphemeralRuntime
import EphemeralWire
import Testing

@testable import EphemeralClient

@Suite("Reports")
struct ReportTests {
  @Test("A document that is none gives a whole report: refused, every check named, the rest null")
  func garbage() {
    let report =
      AttestationVerifier.judge(
        document: [1, 2, 3], expectation: nil, policy: nil, at: .time(0)
      ).report
    let json = AttestationPrinter.json(report)
    #expect(json["verdict"] == .string("refused"))
    #expect(json["failed"] == .array([.string("envelope")]))
    #expect(json["moduleID"] == .null && json["timestamp"] == .null && json["root"] == .null)
    #expect(json["measurements"] == .object([]) && json["pinned"] == .bool(false))
    guard case .array(let checks)? = json["checks"] else {
      Issue.record("no checks")
      return
    }
    #expect(checks.count == AttestationCheck.allCases.count)
    #expect(checks[0]["passed"] == .bool(false) && checks[2]["passed"] == .null)
    let text = AttestationPrinter.text(report, explains: true)
    for check in AttestationCheck.allCases { #expect(text.contains(check.rawValue)) }
    #expect(text.contains("REFUSED: envelope"))
  }

  @Test("An audit summary says intact or where the chain breaks")
  func audit() {
    var lines: [UInt8] = []
    let log = AuditLog(role: .host) { lines += $0 + [0x0a] }
    log.append(.started, unixSeconds: 1_795_407_552)
    let intact = AuditVerifier.verify(lines)
    #expect(AuditCommand.json(intact)["intact"] == .bool(true))
    #expect(AuditCommand.json(intact)["events"] == .members(["started": .integer(1)]))
    #expect(AuditCommand.json(intact)["first"] == .string("2026-11-23T04:19:12Z"))
    #expect(AuditCommand.text(intact, path: "a").hasSuffix("INTACT\n"))
    // The same line again does not follow itself.
    let broken = AuditVerifier.verify(lines + lines)
    #expect(AuditCommand.json(broken)["intact"] == .bool(false))
    #expect(AuditCommand.json(broken)["faultLine"] == .integer(2))
    #expect(AuditCommand.text(broken, path: "a").contains("BROKEN: a: line 2: "))
  }

  @Test("Every abort code has words, and its name in the message", arguments: AbortCode.allCases)
  func aborts(code: AbortCode) {
    let failure = AbortWords.failure(code, from: "tcp://h:1")
    #expect(failure.message == "tcp://h:1: \(code): \(AbortWords.words(code))")
    #expect(failure.exitCode != .done && failure.exitCode != .usage)
  }

  @Test("Names that could steer a terminal or leave a folder do not")
  func hostileNames() {
    #expect(InspectCommand.printable("a\u{1b}[2Jb\u{202e}c\n") == "a\u{fffd}[2Jb\u{fffd}c\u{fffd}")
  }

  @Test("Sizes, times and dumps for people")
  func words() {
    #expect(ByteCount.text(982) == "982 B")
    #expect(ByteCount.text(55_720) == "54.4 KiB")
    #expect(Style.milliseconds(12.345) == "12.3 ms")
    #expect(Style.milliseconds(1_234) == "1.23 s")
    #expect(
      HexDump.rows(Array("EPHW".utf8) + [0, 255]) == [
        "0000  45 50 48 57 00 ff" + String(repeating: " ", count: 32) + "EPHW.."
      ])
  }
}
