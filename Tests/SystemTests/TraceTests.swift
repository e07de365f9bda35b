import EphemeralAttestation
import EphemeralModel
import EphemeralRuntime
import Foundation
import Testing

@testable import EphemeralClient

/// What `--trace` of the three programs writes, replayed against the tables and held against secrets.
@Suite("Traces of real processes")
struct TraceTests {
  @Test("Real sessions are accepted, bent logs refused", .enabled(if: TraceChecker.shouldRun))
  func judged() throws {
    // Both sessions have to fetch: their rows of it are bent too.
    let sessions = try TracedSessions(enclave: ["--sealed-cache", "0"])
    try sessions.open()
    try sessions.ask(0)
    try sessions.ask(1)
    _ = try #require(sessions.guest.run).close()
    #expect(try sessions.infer().exitCode == 0)
    let whole = try logs(of: sessions)
    #expect(try sessions.attest().exitCode == 0)
    #expect(try sessions.infer(policy: try sessions.otherPolicy()).exitCode == 3)
    sessions.stop()
    // Everything as it is,
    let verdict = try TraceChecker.check(
      sessions.clientTrace, sessions.guestTrace, sessions.lobby.servers.hostTrace,
      sessions.lobby.servers.trace, in: sessions.folder)
    #expect(verdict.exitCode == 0, "\(verdict.output)\(verdict.errors)")
    // the guest, the client's three, and the connection that stored the blob.
    #expect(verdict.output.split(separator: "\n").count == 5, "\(verdict.output)")
    #expect(verdict.output.split(separator: "\n").allSatisfy { $0.contains(": accepted (") })
    // and two sessions of it bent in every way.
    let hellos = whole.hellos(.client)
    try #require(hellos.count == 2)
    try judge(try logs(of: sessions).only(hellos: hellos), in: sessions.folder)
    #expect(sessions.warnings == [])
  }

  @Test("A session that fetches nothing is accepted too", .enabled(if: TraceChecker.shouldRun))
  func cached() throws {
    let sessions = try TracedSessions()
    try sessions.open()
    try sessions.ask(0)
    _ = try #require(sessions.guest.run).close()
    #expect(try sessions.infer().exitCode == 0)
    let rows = String(
      decoding: try FileAccess.read(sessions.lobby.servers.trace, maximum: 1 << 24), as: UTF8.self)
    #expect(rows.contains("admitting-topologyAdmitted-cached"))
    sessions.stop()
    let verdict = try TraceChecker.check(
      sessions.clientTrace, sessions.guestTrace, sessions.lobby.servers.hostTrace,
      sessions.lobby.servers.trace, in: sessions.folder)
    #expect(verdict.exitCode == 0, "\(verdict.output)\(verdict.errors)")
  }

  /// One start of the checker for all mutations, and for the logs as they are.
  private func judge(_ whole: TraceLogs, in folder: TemporaryFolder) throws {
    let mutations = TraceMutation.content + TraceMutation.form
    try #require(mutations.count >= 60 && Set(mutations.map(\.name)).count == mutations.count)
    let cases = folder.file("cases")
    try FileAccess.makeFolder(cases)
    try whole.write(to: cases + "/unbent")
    for mutation in mutations {
      var logs = whole
      try mutation.edit(&logs)
      try logs.write(to: cases + "/" + mutation.name)
    }
    // What only bytes can say.
    try whole.write(to: cases + "/cut-short")
    let cut = cases + "/cut-short/enclave.trace"
    try FileAccess.write(Array(try FileAccess.read(cut, maximum: 1 << 24).dropLast(7)), to: cut)
    let run = try TraceChecker.check("--batch", cases, in: folder)
    #expect(run.exitCode == 1, "\(run.errors)")
    #expect(run.errors == "")
    let lines = run.output.split(separator: "\n")
    let unbent = lines.filter { $0.hasPrefix("unbent: ") }
    #expect(unbent.count == 2 && unbent.allSatisfy { $0.contains(": accepted (") }, "\(unbent)")
    for (name, reason) in mutations.map({ ($0.name, $0.reason) }) + [("cut-short", "cut short")] {
      let said = lines.filter { $0.hasPrefix(name + ": ") }
      #expect(
        said.contains { line in
          (line.contains(": refused: ") || line.contains(": truncated: ")) && line.contains(reason)
        }, "\(name): \(said.joined(separator: "\n"))")
    }
  }

  private func logs(of sessions: TracedSessions) throws -> TraceLogs {
    var logs = TraceLogs()
    try logs.read(.client, from: sessions.guestTrace)
    try logs.read(.client, from: sessions.clientTrace)
    try logs.read(.host, from: sessions.lobby.servers.hostTrace)
    try logs.read(.enclave, from: sessions.lobby.servers.trace)
    return logs
  }

  @Test(
    "A killed enclave's trace is whole to its last line, and accepted only as incomplete",
    .enabled(if: TraceChecker.shouldRun))
  func killed() throws {
    let sessions = try TracedSessions()
    try sessions.open()
    try sessions.ask(0)
    sessions.lobby.servers.enclave.kill()
    let run = try #require(sessions.guest.run)
    sessions.lobby.wait { run.outcome == nil }
    #expect(sessions.lobby.servers.host.terminate() == 0)
    let traces = [
      sessions.guestTrace, sessions.lobby.servers.hostTrace, sessions.lobby.servers.trace,
    ]
    let strict = try TraceChecker.check(traces[0], traces[1], traces[2], in: sessions.folder)
    #expect(strict.exitCode == 1, "\(strict.output)\(strict.errors)")
    #expect(strict.output.contains("truncated: trace-0:"), "\(strict.output)")
    #expect(!strict.output.contains("refused"), "\(strict.output)")
    let lenient = try TraceChecker.check(
      "--incomplete", traces[0], traces[1], traces[2], in: sessions.folder)
    #expect(lenient.exitCode == 0, "\(lenient.output)\(lenient.errors)")
  }

  @Test("What cannot be judged is no verdict", .enabled(if: TraceChecker.shouldRun))
  func unreadable() throws {
    let folder = try TemporaryFolder()
    let run = try TraceChecker.check(folder.file("nowhere"), in: folder)
    #expect(run.exitCode == 3)
    #expect(run.output.hasPrefix("not judged: "), "\(run.output)")
    #expect(run.errors == "")
    #expect(try TraceChecker.check(in: folder).exitCode == 2)
  }

  @Test("No secret occurs in any trace: raw, hexadecimal or base64")
  func secrets() throws {
    let sessions = try TracedSessions()
    try sessions.open()
    try sessions.ask(0)
    try sessions.ask(1)
    _ = try #require(sessions.guest.run).close()
    #expect(try sessions.infer("--output", sessions.folder.file("out")).exitCode == 0)
    sessions.stop()
    let topology = try FileAccess.read(sessions.guest.topology, maximum: 1 << 20)
    let weights = try FileAccess.read(
      sessions.folder.file("guest-3.onnx"), maximum: 1 << 20)
    let inputs = (0..<2).map { sessions.guest.model.input(seed: 6 + $0).bytes }
    let output = try NumPyFormat.decode(
      try FileAccess.read(sessions.folder.file("out/y.npy"), maximum: 1 << 20)
    ).bytes
    let scanner = CanaryScanner(
      [
        CanaryScanner.Canary(name: "topology", bytes: topology),
        CanaryScanner.Canary(name: "weights", bytes: weights),
        CanaryScanner.Canary(name: "output", bytes: output),
      ] + inputs.map { CanaryScanner.Canary(name: "input", bytes: $0) })
    for path in sessions.traces {
      let trace = try FileAccess.read(path, maximum: 1 << 24)
      #expect(trace.count > 1000)
      #expect(scanner.found(in: Disguises.all(trace)) == [], "\(path)")
      // The scanner finds what is there.
      let hexadecimal = trace + Array(Hexadecimal.encode(Array(topology.suffix(64))).utf8)
      #expect(scanner.found(in: Disguises.all(hexadecimal)) == ["topology"])
      let base64 = trace + Array(Data(inputs[1].prefix(30)).base64EncodedString().utf8)
      #expect(scanner.found(in: Disguises.all(base64)) == ["input"])
      var facts = stat()
      #expect(unsafe stat(path, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
    }
  }

  @Test("A full disk ends the trace with one loud line, and not the session")
  func fullDisk() throws {
    let sessions = try TracedSessions()
    let child = try Run.start(
      "ephml-client",
      sessions.lobby.servers.inferArguments(
        topology: sessions.guest.topology, input: "x=" + sessions.folder.file("x.npy"),
        ["--trace", sessions.clientTrace]), in: sessions.folder, limitedBy: "ulimit -f 2")
    let run = Run.finish(child)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try run.onlyError().contains("the trace cannot be written"))
    let trace = try FileAccess.read(sessions.clientTrace, maximum: 1 << 16)
    #expect(trace.last == 0x0a && trace.count > 200)
  }

  @Test("A file that is no trace is refused and not touched")
  func otherFile() throws {
    let sessions = try TracedSessions()
    let before = try FileAccess.read(sessions.guest.topology, maximum: 1 << 20)
    let run = try Run.toEnd(
      "ephml-client",
      sessions.lobby.servers.inferArguments(
        topology: sessions.guest.topology, input: "x=" + sessions.folder.file("x.npy"),
        ["--trace", sessions.guest.topology]), in: sessions.folder)
    #expect(run.exitCode == 1)
    #expect(try run.onlyError().contains("is not a trace"))
    #expect(try FileAccess.read(sessions.guest.topology, maximum: 1 << 20) == before)
  }
}

/// The ways in which bytes may stand in a text.
enum Disguises {
  /// The text itself, and what its hexadecimal and base64 runs say, at every alignment.
  static func all(_ text: [UInt8]) -> [[UInt8]] {
    [text] + runs(of: text, { hexadecimal($0) != nil }).flatMap(fromHexadecimal)
      + runs(of: text, { base64($0) != nil }).flatMap(fromBase64)
  }

  private static func runs(of text: [UInt8], _ belongs: (UInt8) -> Bool) -> [ArraySlice<UInt8>] {
    text.split { !belongs($0) }.filter { $0.count >= 11 }
  }

  private static func hexadecimal(_ letter: UInt8) -> UInt8? {
    Character(UnicodeScalar(letter)).hexDigitValue.map { UInt8($0) }
  }

  private static func base64(_ letter: UInt8) -> UInt8? {
    switch letter {
    case 0x41...0x5a: letter - 0x41
    case 0x61...0x7a: letter - 0x61 + 26
    case 0x30...0x39: letter - 0x30 + 52
    case 0x2b, 0x2d: 62
    case 0x2f, 0x5f: 63
    default: nil
    }
  }

  private static func fromHexadecimal(_ run: ArraySlice<UInt8>) -> [[UInt8]] {
    let digits = run.compactMap(hexadecimal)
    return (0..<2).map { start in
      stride(from: start, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
  }

  private static func fromBase64(_ run: ArraySlice<UInt8>) -> [[UInt8]] {
    let values = run.compactMap(base64)
    return (0..<4).map { start in
      var bytes: [UInt8] = []
      var bits: UInt32 = 0
      var count = 0
      for value in values[start...] {
        bits = bits << 6 | UInt32(value)
        count += 6
        if count >= 8 {
          count -= 8
          bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
      }
      return bytes
    }
  }
}
