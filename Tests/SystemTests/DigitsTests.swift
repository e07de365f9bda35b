import EphemeralAttestation
import EphemeralModel
import EphemeralRuntime
import Testing

@testable import EphemeralClient

@Suite("Digits through three processes")
struct DigitsTests {
  private func tensor(_ path: String) throws -> TensorValue {
    try NumPyFormat.decode(try FileAccess.read(path, maximum: 1 << 24))
  }

  @Test("All held-out digits: ONNX Runtime's classes, outputs within 1e-4, the labels at 97 %")
  func heldOut() throws {
    let processes = try ThreeProcesses()
    let results = processes.folder.file("results")
    let receipt = processes.folder.file("receipt.ephr")
    let run = try processes.infer(
      "image=" + Fixtures.path("digits-images.npy"), "--output", results, "--receipt", receipt,
      "--json")
    try #require(run.exitCode == 0, "\(run.errors)")
    for name in ["probabilities", "logits"] {
      let got = try tensor(results + "/\(name).npy")
      let expected = try tensor(Fixtures.path("digits-\(name).npy"))
      try #require(got.shape == expected.shape && got.shape == [360, 10])
      let (mine, theirs) = (try #require(got.floats), try #require(expected.floats))
      let difference = zip(mine, theirs).map { abs($0 - $1) }.max() ?? .infinity
      #expect(difference <= 1e-4, "\(name) differ by \(difference)")
      for row in 0..<360 {
        #expect(best(mine[row * 10..<row * 10 + 10]) == best(theirs[row * 10..<row * 10 + 10]))
      }
      if name == "probabilities" {
        let labels = try tensor(Fixtures.path("digits-labels.npy"))
        let right = (0..<360).count { row in
          best(mine[row * 10..<row * 10 + 10]) == Int(labels.bits(at: row))
        }
        #expect(right >= 350, "\(right) of 360")
      }
    }
    let bundle = try ReceiptBundle(decoding: try FileAccess.read(receipt, maximum: 1 << 16))
    #expect(bundle.receipt.first == 0xd2 && bundle.wipeReport != nil)
    try checkShape(try run.json(), results: results)
  }

  /// `{"outputs": {name: {"shape", "dtype", "file"}}, "exposureMilliseconds", "phases": […], …}`.
  private func checkShape(_ value: JSONValue, results: String) throws {
    guard case .object(let members) = value, case .array(let phases)? = value["phases"],
      case .string(let session)? = value["sessionID"]
    else {
      Issue.record("not the object of infer --json")
      return
    }
    #expect(
      members.map(\.name) == [
        "outputs", "exposureMilliseconds", "phases", "sessionID", "securityMode", "root",
      ])
    guard case .number(let exposure)? = value["exposureMilliseconds"] else {
      Issue.record("no exposure")
      return
    }
    #expect(try #require(Double(exposure)) > 0)
    #expect(value["securityMode"] == .string("evaluation"))
    #expect(
      value["outputs"]?["logits"]
        == .members([
          "shape": .array([.integer(360), .integer(10)]), "dtype": .string("float32"),
          "file": .string(results + "/logits.npy"),
        ]))
    #expect(phases.map { $0["name"] } == PhaseTime.names.map { .string($0) })
    for phase in phases {
      guard case .number(let digits)? = phase["milliseconds"] else {
        Issue.record("a phase without its time")
        continue
      }
      #expect(try #require(Double(digits)) >= 0)
    }
    #expect(session.utf8.count == 32)
  }

  @Test("JSON in, values out, for each lifetime", arguments: ["session", "perInference"])
  func values(lifetime: String) throws {
    let processes = try ThreeProcesses(pushes: false)
    let name = processes.folder.file("model")
    let made = try Run.client(
      "decompose", Fixtures.path("digits.onnx"), "--out", name, "--lifetime", lifetime,
      "--name", "figures", in: processes.folder)
    try #require(made.exitCode == 0, "\(made.errors)")
    let pushed = try Run.client(
      "push", "--host", processes.address, name + ".ephw", "--json", in: processes.folder)
    #expect(pushed.exitCode == 0, "\(pushed.errors)")
    let again = try Run.client(
      "push", "--host", processes.address, name + ".ephw", "--json", in: processes.folder)
    #expect(try again.json()["sentBytes"] == .integer(0))
    let pictures = try #require(DigitPicture.bundled)
    let input = processes.folder.file("digit.json")
    let tensor = try #require(pictures[3].tensor)
    try FileAccess.write(Array(JSONTensor.object(tensor).text.utf8), to: input)
    let run = try Run.client(
      "infer", "--host", processes.address, "--topology", name + ".ephk", "--policy",
      processes.policy, "--input", "image=" + input, "--json", in: processes.folder)
    try #require(run.exitCode == 0, "\(run.errors)")
    guard case .array(let values)? = try run.json()["outputs"]?["probabilities"]?["values"] else {
      Issue.record("no values")
      return
    }
    let probabilities = values.map { value -> Float in
      guard case .number(let digits) = value else { return .nan }
      return Float(digits) ?? .nan
    }
    #expect(probabilities.count == 10 && best(probabilities[...]) == 3)
  }

  @Test("A topology key under a passphrase opens with it and not without")
  func passphrase() throws {
    let processes = try ThreeProcesses(pushes: false)
    let folder = processes.folder
    let right = folder.file("right")
    let wrong = folder.file("wrong")
    try FileAccess.write(Array("correct horse\n".utf8), to: right)
    try FileAccess.write(Array("battery staple\n".utf8), to: wrong)
    let name = folder.file("sealed")
    let made = try Run.client(
      "decompose", Fixtures.path("digits.onnx"), "--out", name, "--passphrase-file", right,
      in: folder)
    try #require(made.exitCode == 0, "\(made.errors)")
    let without = try Run.client("inspect", name + ".ephk", in: folder)
    #expect(without.exitCode == 1)
    #expect(try without.onlyError().contains("--passphrase-file"))
    let mistaken = try Run.client(
      "inspect", name + ".ephk", "--passphrase-file", wrong, in: folder)
    #expect(mistaken.exitCode == 1)
    #expect(try mistaken.onlyError().contains("the passphrase is wrong"))
    let opened = try Run.client(
      "inspect", name + ".ephk", "--passphrase-file", right, "--json", in: folder)
    #expect(opened.exitCode == 0)
    #expect(try opened.json()["inputs"] != nil)
  }

  private func best(_ values: ArraySlice<Float>) -> Int? {
    values.indices.max { values[$0] < values[$1] }.map { $0 - values.startIndex }
  }
}
