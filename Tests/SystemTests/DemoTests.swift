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
