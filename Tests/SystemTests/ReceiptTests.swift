import EphemeralAttestation
import EphemeralModel
import EphemeralRuntime
import Foundation
import TestSupport
import Testing

@testable import EphemeralClient

/// `infer --receipt` and `verify`, through the programs.
@Suite("Receipts")
struct ReceiptTests {
  /// A bundle of a mock session, with everything to verify it.
  private struct Session {
    let processes: ThreeProcesses
    let bundle: String
    let request: String
    let response: String
    var folder: TemporaryFolder { processes.folder }

    init() throws {
      processes = try ThreeProcesses()
      bundle = processes.folder.file("digits.ephr")
      request = processes.folder.file("digits.request")
      response = processes.folder.file("digits.response")
      let run = try processes.infer(
        "image=" + Fixtures.path("digits-images.npy"), "--receipt", bundle, "--save-request",
        request, "--save-response", response)
      try #require(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("EVALUATION: mock root "))
    }

    func verify(_ more: String...) throws -> ProgramRun {
      try Run.toEnd(
        "ephml-client", ["verify", bundle, "--policy", processes.policy] + more, in: folder)
    }

    func bytes() throws -> [UInt8] {
      try FileAccess.read(bundle, maximum: ReceiptBundle.maximumBytes)
    }
  }

  private func names(_ value: JSONValue?) -> [String] {
    guard case .array(let values)? = value else { return [] }
    return values.compactMap {
      if case .string(let name) = $0 { return name }
      return nil
    }
  }

  @Test("A mock session's receipt verifies offline, every check, and is marked evaluation")
  func honest() throws {
    let session = try Session()
    session.processes.host.kill()
    session.processes.enclave.kill()
    let everything = [
      "--request", session.request, "--response", session.response, "--topology",
      session.processes.topology,
    ]
    let run = try Run.toEnd(
      "ephml-client",
      ["verify", session.bundle, "--policy", session.processes.policy, "--json"] + everything,
      in: session.folder)
    #expect(run.exitCode == 0, "\(run.errors)")
    let report = try run.json()
    guard case .object(let members) = report, case .array(let checks)? = report["checks"] else {
      Issue.record("not the object of verify --json")
      return
    }
    #expect(
      members.map(\.name) == [
        "verdict", "failed", "checks", "securityMode", "root", "pinned", "timestamp", "sessionID",
        "receipt", "wipe",
      ])
    #expect(report["verdict"] == .string("accepted"))
    #expect(report["securityMode"] == .string("evaluation"))
    #expect(checks.count == AttestationCheck.allCases.count + ReceiptBundleCheck.allCases.count)
    for check in checks { #expect(check["passed"] == .bool(true), "\(check)") }
    #expect(report["receipt"]?["securityMode"] == .string("evaluation"))
    let words = try session.verify("--explain")
    #expect(words.exitCode == 0)
    #expect(words.output.contains("\nEVALUATION: mock root "))
    #expect(words.output.hasSuffix("ACCEPTED\n"))
    // Neither request nor response is in the bundle; beside it they are the owner's alone.
    for secret in [session.request, session.response] {
      let content = Data(try FileAccess.read(secret, maximum: 1 << 24))
      #expect(Data(try session.bytes()).range(of: content.suffix(64)) == nil)
      let mode = try FileManager.default.attributesOfItem(atPath: secret)[.posixPermissions]
      #expect(mode as? Int == 0o600)
    }
  }

  @Test(
    "Years after its certificates expired the receipt verifies; its document, judged then, fails")
  func expired() throws {
    let session = try Session()
    let document = session.folder.file("document.bin")
    try FileAccess.write(try ReceiptBundle(decoding: session.bytes()).document, to: document)
    let late = try Run.client(
      "attest", "--document", document, "--policy", session.processes.policy, "--at",
      "2046-01-31T12:00:00Z", "--json", in: session.folder)
    #expect(late.exitCode == 3)
    #expect(names(try late.json()["failed"]).contains("certificateValidity"))
    let run = try session.verify("--json")
    #expect(run.exitCode == 0, "\(run.output)")
    #expect(try run.json()["verdict"] == .string("accepted"))
  }

  @Test("Any flipped byte of a real session's bundle is refused, at every position")
  func flipped() async throws {
    let session = try Session()
    let bundle = try session.bytes()
    let policy = try PolicyFile.read(session.processes.policy)
    #expect(ReceiptBundleVerifier.judge(bundle, policy: policy).verdict == .accepted)
    let accepted = await withTaskGroup(of: [Int].self) { group in
      for half in 0..<2 {
        group.addTask {
          bundle.indices.filter { $0 % 2 == half }.filter { position in
            var changed = bundle
            changed[position] ^= 0xff
            return ReceiptBundleVerifier.judge(changed, policy: policy).verdict != .refused
          }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(accepted == [])
    // The same through the program, at a few.
    let path = session.folder.file("changed.ephr")
    for position in stride(from: 0, to: bundle.count, by: bundle.count / 9) {
      var changed = bundle
      changed[position] ^= 1
      try FileAccess.write(changed, to: path)
      let run = try Run.client(
        "verify", path, "--policy", session.processes.policy, in: session.folder)
      #expect(run.exitCode == 3, "byte \(position)")
      #expect(run.output.contains("REFUSED: "))
    }
  }

  @Test("A session that was cut off leaves a receipt that says nothing about wiping")
  func cutOff() throws {
    let processes = try ThreeProcesses()
    let key = try TopologyFile.read(processes.topology, passphraseFile: nil)
    let policy = try PolicyFile.read(processes.policy)
    let picture = try #require(DigitPicture.bundled?[0].tensor)
    let remote = try RemoteModel.open(
      host: try Address(processes.address), key: key, policy: policy
    ) { _ in }
    let inference = try remote.infer([NamedTensor(name: "image", value: picture)])
    #expect(inference.preimages == nil)
    processes.host.kill()
    #expect(throws: SessionFailure.self) { try remote.close() }
    let bundle = try remote.bundle(of: inference.receipt)
    let report = ReceiptBundleVerifier.judge(
      bundle, policy: policy, expecting: .init(modelHash: key.modelHash))
    #expect(report.verdict == .accepted)
    #expect(report.outcome(of: "wipeReport") == .skipped && report.wipe == nil)
  }

  @Test("Other files, another policy, other preimages: refused by name or named as bad input")
  func mistakes() throws {
    let session = try Session()
    let folder = session.folder
    let swapped = try session.verify(
      "--request", session.response, "--response", session.request, "--json")
    #expect(swapped.exitCode == 3)
    #expect(names(try swapped.json()["failed"]) == ["requestHash", "responseHash"])
    let zero = String(repeating: "0", count: 64)
    let model = try session.verify("--model-hash", zero, "--json")
    #expect(names(try model.json()["failed"]) == ["modelHash"])
    let stranger = try Run.client("verify", session.bundle, "--no-pins", "--json", in: folder)
    #expect(stranger.exitCode == 3)
    #expect(names(try stranger.json()["failed"]) == ["untrustedRoot", "mockEvidence"])
    let noBundle = try Run.client(
      "verify", session.processes.topology, "--policy", session.processes.policy, "--json",
      in: folder)
    #expect(noBundle.exitCode == 3)
    #expect(names(try noBundle.json()["failed"]) == ["bundle"])
    let bad: [(arguments: [String], code: Int32, says: String)] = [
      ([], 2, "either BUNDLE.ephr or --receipt FILE"),
      ([session.bundle], 2, "--policy FILE, or --no-pins"),
      ([session.bundle, "--no-pins", "--nonce", "00"], 2, "--nonce is for --receipt"),
      ([session.bundle, "--receipt", session.bundle], 2, "either BUNDLE.ephr or --receipt"),
      (["--receipt", session.bundle], 2, "--receipt needs --public-key"),
      (["--receipt", session.bundle, "--public-key", "0g"], 2, "64 hexadecimal digits"),
      (["--receipt", session.bundle, "--public-key", zero, "--no-pins"], 2, "for a bundle"),
      ([folder.file("absent"), "--no-pins"], 1, "no such file"),
      ([folder.path, "--no-pins"], 1, "not a regular file"),
      ([session.processes.blob, "--no-pins"], 1, "larger than"),
    ]
    for (arguments, code, says) in bad {
      let run = try Run.toEnd("ephml-client", ["verify"] + arguments, in: folder)
      #expect(run.exitCode == code, "\(arguments)")
      #expect(try run.onlyError().contains(says), "\(run.errors)")
    }
  }
}

/// A vector of AIR v1, as far as `verify --receipt` needs it.
private struct BareVector: Decodable {
  struct Policy: Decodable { let expected_nonce_hex: HexBytes }
  struct Failure: Decodable { let code: String }
  struct Claims: Decodable {
    let eat_nonce_hex: HexBytes?
    let model_hash_hex: HexBytes
  }
  let public_key_hex: HexBytes
  let receipt_hex: HexBytes
  let claims: Claims?
  let verify_policy: Policy?
  let expected_failure: Failure?
}

@Suite("AIR receipts of others, by command", .enabled(if: Vectors.shouldRun))
struct BareReceiptTests {
  private func verify(
    _ vector: BareVector, _ more: [String], key: String? = nil, in folder: TemporaryFolder
  ) throws -> ProgramRun {
    let path = folder.file("receipt.air")
    try FileAccess.write(vector.receipt_hex.bytes, to: path)
    return try Run.toEnd(
      "ephml-client",
      [
        "verify", "--receipt", path, "--public-key",
        key ?? Hexadecimal.encode(vector.public_key_hex.bytes),
      ] + more, in: folder)
  }

  @Test(
    "Invalid receipts are refused with AIR's name",
    arguments: ["bad-measurement-length", "nonce-mismatch", "wrong-alg", "zero-model-hash"])
  func invalid(name: String) throws {
    let folder = try TemporaryFolder()
    let vector = try Vectors.json(BareVector.self, "air/invalid-v1-\(name).json")
    let code = try #require(vector.expected_failure).code
    let nonce = vector.verify_policy.map {
      ["--nonce", Hexadecimal.encode($0.expected_nonce_hex.bytes)]
    }
    let run = try verify(vector, (nonce ?? []) + ["--json"], in: folder)
    #expect(run.exitCode == 3)
    #expect(try run.json()["verdict"] == .string("refused"))
    #expect(try run.json()["error"] == .string(code))
    let words = try verify(vector, nonce ?? [], in: folder)
    #expect(words.output.hasSuffix("REFUSED: \(code)\n"))
  }

  @Test(
    "Valid receipts pass, with every expectation, and each false one has AIR's name",
    arguments: [("nitro-no-nonce", "nitro", "tdx"), ("tdx-with-nonce", "tdx", "nitro")])
  func valid(name: String, platform: String, other: String) throws {
    let folder = try TemporaryFolder()
    let vector = try Vectors.json(BareVector.self, "air/valid-v1-\(name).json")
    let claims = try #require(vector.claims)
    let bare = try verify(vector, [], in: folder)
    #expect(bare.exitCode == 0)
    #expect(bare.output.contains("Nothing was expected of the receipt."))
    #expect(bare.output.contains("It proves only that the holder of the key signed"))
    let model = Hexadecimal.encode(claims.model_hash_hex.bytes)
    var expected = ["--model-hash", model, "--platform", platform, "--max-age", "9999999999"]
    if let nonce = claims.eat_nonce_hex {
      expected += ["--nonce", Hexadecimal.encode(nonce.bytes)]
    }
    let pinned = try verify(vector, expected + ["--json"], in: folder)
    #expect(pinned.exitCode == 0, "\(pinned.output)")
    #expect(try pinned.json()["verdict"] == .string("accepted"))
    let zero = String(repeating: "0", count: 64)
    let hasNonce = claims.eat_nonce_hex != nil
    let cases: [([String], String)] = [
      (["--model-hash", zero], "MODEL_HASH_MISMATCH"),
      (["--platform", other], "PLATFORM_MISMATCH"),
      (["--max-age", "60"], "TIMESTAMP_STALE"),
      (["--nonce", zero], hasNonce ? "NONCE_MISMATCH" : "NONCE_MISSING"),
    ]
    for (options, code) in cases {
      let run = try verify(vector, options + ["--json"], in: folder)
      #expect(run.exitCode == 3)
      #expect(try run.json()["error"] == .string(code))
    }
    let stranger = try verify(
      vector, ["--json"], key: String(repeating: "5", count: 64), in: folder)
    #expect(stranger.exitCode == 3)
    #expect(try stranger.json()["error"] == .string("SIG_FAILED"))
  }
}
