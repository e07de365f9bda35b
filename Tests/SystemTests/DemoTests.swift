import Foundation
import Glibc
import Testing

@testable import EphemeralClient

@Suite("Demo")
struct DemoTests {
  @Test("demo --json shows what it promises and leaves nothing behind")
  func json() throws {
    let folder = try TemporaryFolder()
    let run = try Run.client("demo", "--json", in: folder)
    try #require(run.exitCode == 0, "\(run.errors)")
    let value = try run.json()
    guard case .object(let members) = value, case .array(let phases)? = value["phases"],
      case .array(let refusals)? = value["refusals"],
      case .number(let entropy)? = value["hostEntropyBitsPerByte"],
      case .number(let bytes)? = value["hostBytes"], case .number(let wiped)? = value["wipedBytes"]
    else {
      Issue.record("not the object of demo --json")
      return
    }
    #expect(
      members.map(\.name) == [
        "phases", "predictions", "labels", "hostBytes", "hostEntropyBitsPerByte",
        "plaintextFoundAtHost", "canaries", "refusals", "wipedBytes",
      ])
    #expect(phases.map { $0["name"] } == PhaseTime.names.map { .string($0) })
    #expect(value["predictions"] == .array((0..<10).map { .integer($0) }))
    #expect(value["labels"] == value["predictions"])
    #expect(try #require(Double(entropy)) >= 7.99)
    #expect(try #require(Int(bytes)) > 65_536)
    #expect(try #require(Int(wiped)) > 54_000)
    #expect(value["plaintextFoundAtHost"] == .bool(false))
    #expect(value["canaries"]?["foundUnsealed"] == value["canaries"]?["planted"])
    #expect(
      refusals == [
        .members(["name": .string("flippedByte"), "error": .string("weightsInvalid")]),
        .members(["name": .string("changedEnclave"), "error": .string("measurements")]),
        .members(["name": .string("replayedFrame"), "error": .string("recordInvalid")]),
      ])
  }

  @Test("demo in words names phases, answers and refusals")
  func words() throws {
    let folder = try TemporaryFolder()
    let run = try Run.client("demo", in: folder)
    #expect(run.exitCode == 0, "\(run.errors)")
    for text in PhaseTime.names + ["→ 7", "█", "weightsInvalid", "measurements", "recordInvalid"] {
      #expect(run.output.contains(text))
    }
  }
}

/// What a demo leaves behind when it is ended in the middle.
@Suite("Demo, interrupted")
struct InterruptedDemoTests {
  @Test("A signal at any moment ends the children and removes the folder", arguments: 0..<8)
  func signals(step: Int) throws {
    let folder = try TemporaryFolder()
    let demo = try ChildProcess(
      executable: try Programs.path("ephml-client"), arguments: ["demo", "--json"],
      errorFile: folder.file("errors"))
    usleep(UInt32(step) * 40_000 + 5_000)
    let children = Self.children(of: demo.processID)
    let folders = children.compactMap(Self.rootFolder)
    kill(demo.processID, step.isMultiple(of: 2) ? SIGTERM : SIGINT)
    let code = demo.wait(timeoutMilliseconds: 10_000)
    // 0 where it had finished, 143 or 130 where the watcher ended it, nil before the watcher.
    #expect(code == 0 || code == 143 || code == 130 || code == nil)
    for child in children { #expect(!Self.isAlive(child), "\(child) lives") }
    for path in folders { #expect(!FileManager.default.fileExists(atPath: path), "\(path)") }
  }

  private static func children(of parent: Int32) -> [Int32] {
    let path = "/proc/\(parent)/task/\(parent)/children"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return text.split(separator: " ").compactMap { Int32($0) }
  }

  /// The folder that a server got as `--mock-root` or `--store`, without its last part.
  private static func rootFolder(of child: Int32) -> String? {
    let text = (try? String(contentsOfFile: "/proc/\(child)/cmdline", encoding: .utf8)) ?? ""
    let words = text.split(separator: "\0").map(String.init)
    guard let at = words.firstIndex(where: { $0 == "--mock-root" || $0 == "--store" }),
      at + 1 < words.count
    else { return nil }
    return (words[at + 1] as NSString).deletingLastPathComponent
  }

  /// Whether a process exists and is not just waiting to be reaped.
  private static func isAlive(_ process: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let close = text.lastIndex(of: ")")
    else { return false }
    return !text[close...].dropFirst(2).hasPrefix("Z")
  }
}
