import EphemeralAttestation
import Foundation
import TestSupport
import Testing

@testable import EphemeralClient

/// `ephml-client attest` over real documents and over a live mock enclave.
@Suite("Attest")
struct AttestTests {
  private func names(_ value: JSONValue?) -> [String] {
    guard case .array(let values)? = value else { return [] }
    return values.compactMap {
      if case .string(let name) = $0 { return name }
      return nil
    }
  }

  private func document(_ name: String) -> String {
    Vectors.folder.appendingPathComponent("nitro/" + name).path
  }

  @Test(
    "Real documents at their own time", .enabled(if: Vectors.shouldRun),
    arguments: [
      ("dstack-production-indefinite-map.bin", "genuine-unpinned", nil as String?, 0 as Int32),
      ("oyster-aws.bin", "genuine-unpinned", nil, 0),
      ("evervault-debug-mode.bin", "refused", "debugMode", 3),
      ("oyster-wrong-root.bin", "refused", "untrustedRoot", 3),
    ])
  func real(name: String, verdict: String, failing: String?, code: Int32) throws {
    let folder = try TemporaryFolder()
    let run = try Run.client("attest", "--document", document(name), "--json", in: folder)
    #expect(run.exitCode == code, "\(run.errors)")
    let report = try run.json()
    #expect(report["verdict"] == .string(verdict))
    #expect(report["pinned"] == .bool(false))
    if let failing { #expect(names(report["failed"]).contains(failing)) }
    if verdict != "refused" { #expect(names(report["failed"]) == []) }
    guard case .object(let members) = report, case .array(let checks)? = report["checks"] else {
      Issue.record("not the object of attest --json")
      return
    }
    #expect(
      members.map(\.name) == [
        "verdict", "failed", "checks", "measurements", "moduleID", "timestamp", "pinned", "root",
        "securityMode",
      ])
    #expect(checks.count == AttestationCheck.allCases.count)
    for (check, known) in zip(checks, AttestationCheck.allCases) {
      guard case .object(let members) = check else { continue }
      #expect(members.map(\.name) == ["name", "passed", "detail"])
      #expect(check["name"] == .string(known.rawValue))
    }
    let words = try Run.client("attest", "--document", document(name), in: folder)
    #expect(words.exitCode == code)
    #expect(
      words.output.contains(verdict == "refused" ? "REFUSED: " : "GENUINE, UNPINNED"))
  }

  @Test(
    "A real document long after its time fails by the certificates", .enabled(if: Vectors.shouldRun)
  )
  func late() throws {
    let folder = try TemporaryFolder()
    for time in ["now", "2037-01-31T12:00:00Z"] {
      let run = try Run.client(
        "attest", "--document", document("oyster-aws.bin"), "--at", time, "--json", in: folder)
      #expect(run.exitCode == 3)
      #expect(names(try run.json()["failed"]) == ["certificateValidity"])
    }
  }

  @Test("A real document under a policy that pins it is accepted", .enabled(if: Vectors.shouldRun))
  func pinned() throws {
    let folder = try TemporaryFolder()
    let path = document("oyster-aws.bin")
    let unpinned = try Run.client("attest", "--document", path, "--json", in: folder).json()
    guard let registers = unpinned["measurements"] else {
      Issue.record("no measurements")
      return
    }
    let tuple = JSONValue.object(
      ["pcr0", "pcr1", "pcr2"].compactMap { name in
        registers[name].map { JSONValue.Member(name, $0) }
      })
    let policy = folder.file("policy.json")
    let text = JSONValue.members(["version": .integer(1), "measurements": .array([tuple])]).text
    try FileAccess.write(Array(text.utf8), to: policy)
    let run = try Run.client(
      "attest", "--document", path, "--policy", policy, "--json", in: folder)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try run.json()["verdict"] == .string("accepted"))
    #expect(try run.json()["pinned"] == .bool(true))
    let words = try Run.client(
      "attest", "--document", path, "--policy", policy, "--explain", in: folder)
    #expect(words.output.contains("ACCEPTED"))
    for check in AttestationCheck.allCases { #expect(words.output.contains(check.rawValue)) }
  }

  @Test("Any flipped bit of a real document is refused", .enabled(if: Vectors.shouldRun))
  func flipped() throws {
    let folder = try TemporaryFolder()
    let bytes = try FileAccess.read(document("oyster-aws.bin"), maximum: 1 << 16)
    for at in stride(from: 3, to: bytes.count, by: bytes.count / 12) {
      var changed = bytes
      changed[at] ^= 4
      let path = folder.file("changed.bin")
      try FileAccess.write(changed, to: path)
      let run = try Run.client("attest", "--document", path, in: folder)
      #expect(run.exitCode == 3, "byte \(at): \(run.output)")
    }
  }

  @Test("A live mock enclave: accepted with its policy, refused by strangers")
  func live() throws {
    let processes = try ThreeProcesses(pushes: false)
    let folder = processes.folder
    let accepted = try Run.client(
      "attest", "--host", processes.address, "--policy", processes.policy, "--json", in: folder)
    #expect(accepted.exitCode == 0, "\(accepted.errors)")
    #expect(try accepted.json()["verdict"] == .string("accepted"))
    let stranger = try Run.client(
      "attest", "--host", processes.address, "--no-pins", "--json", in: folder)
    #expect(stranger.exitCode == 3)
    #expect(names(try stranger.json()["failed"]).contains("untrustedRoot"))
    let undecided = try Run.client("attest", "--host", processes.address, in: folder)
    #expect(undecided.exitCode == 2)
    #expect(try undecided.onlyError().contains("--no-pins"))
    let other = folder.file("other.json")
    var text = try FileAccess.read(processes.policy, maximum: 1 << 16)
    if let at = text.indices.first(where: { text[$0...].starts(with: "pcr0\": \"".utf8) }) {
      text[at + 8] = text[at + 8] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
    }
    try FileAccess.write(text, to: other)
    let changed = try Run.client(
      "attest", "--host", processes.address, "--policy", other, "--json", in: folder)
    #expect(changed.exitCode == 3)
    #expect(names(try changed.json()["failed"]) == ["measurements"])
  }
}
