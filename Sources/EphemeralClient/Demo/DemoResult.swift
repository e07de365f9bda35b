/// What the demo found: the object that `demo --json` prints.
struct DemoResult {
  /// One attack and how it ended.
  struct Refusal: Equatable {
    let attack: String
    let error: String
  }

  var phases: [PhaseTime] = []
  var predictions: [Int] = []
  var labels: [Int] = []
  var hostBytes = 0
  var hostEntropy = 0.0
  var foundAtHost: [String] = []
  var foundUnsealed: [String] = []
  var refusals: [Refusal] = []
  var wipedBytes: UInt64 = 0

  /// What should be otherwise; nil when the demo shows what it promises.
  var problem: String? {
    if predictions != BundledDigits.referenceClasses {
      return "the enclave's answers are not ONNX Runtime's"
    }
    if !foundAtHost.isEmpty { return "the host saw: " + foundAtHost.joined(separator: ", ") }
    if foundUnsealed != DemoCanaries.names { return "the canary scan is blind" }
    if hostEntropy < 7.99 { return "the blob is not noise" }
    if refusals.count != 3 { return "an attack was not refused" }
    if wipedBytes == 0 { return "nothing was wiped" }
    return nil
  }

  var json: JSONValue {
    .members([
      "phases": .array(phases.map(\.json)),
      "predictions": .array(predictions.map { .integer($0) }),
      "labels": .array(labels.map { .integer($0) }),
      "hostBytes": .integer(hostBytes),
      "hostEntropyBitsPerByte": .real((hostEntropy * 100_000).rounded() / 100_000),
      "plaintextFoundAtHost": .bool(!foundAtHost.isEmpty),
      "canaries": .members([
        "planted": .array(DemoCanaries.names.map { .string($0) }),
        "foundAtHost": .array(foundAtHost.map { .string($0) }),
        "foundUnsealed": .array(foundUnsealed.map { .string($0) }),
      ]),
      "refusals": .array(
        refusals.map { .members(["name": .string($0.attack), "error": .string($0.error)]) }),
      "wipedBytes": .integer(wipedBytes),
    ])
  }
}
