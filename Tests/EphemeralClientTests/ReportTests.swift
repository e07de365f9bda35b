import EphemeralAttestation
import EphemeralRuntime
import EphemeralWire
import Foundation
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

  @Test("Nothing that JSON quotes can steer a terminal")
  func quotedControls() throws {
    let text = JSONValue.string("a\u{1b}\u{9b}2J\u{7f}\u{85}b").text
    #expect(text == "\"a\\u001b\\u009b2J\\u007f\\u0085b\"")
    #expect(try JSONParser.parse(Array(text.utf8)) == .string("a\u{1b}\u{9b}2J\u{7f}\u{85}b"))
  }

  @Test("A name from a topology cannot steer a terminal through an error")
  func hostileInputName() {
    let failure = ClientFailure.file("x.npy", "input 'a\u{1b}[2J' takes float32\nforged line")
    let line = ClientMain.line(for: failure)
    #expect(line == "ephml-client: x.npy: input 'a\u{fffd}[2J' takes float32\u{fffd}forged line\n")
  }

  @Test("A pipe is no file, and nobody waits for its other end", .timeLimit(.minutes(1)))
  func pipes() throws {
    let path = FileManager.default.temporaryDirectory.path + "/ephml-pipe-\(UUID().uuidString)"
    #expect(unsafe mkfifo(path, 0o600) == 0)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: ClientFailure.file(path, "not a regular file")) {
      try FileAccess.read(path, maximum: 1)
    }
  }

  @Test("Decomposition needs a name to write to", arguments: ["", "folder/", ".", "a/.."])
  func outputName(name: String) throws {
    let parser = CommandLineParser(ClientProgram.specification)
    guard case .run(let command) = try parser.parse(["decompose", "no.onnx", "--out=" + name])
    else {
      Issue.record("not a command")
      return
    }
    do {
      _ = try DecomposeCommand.run(command)
      Issue.record("written to \(name)")
    } catch {
      #expect(error.exitCode == .usage)
    }
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
