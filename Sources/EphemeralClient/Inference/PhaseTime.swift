/// How long one phase of a session took.
struct PhaseTime: Equatable {
  /// The six phases in their order, by the names of `Spec/Protocol.md`.
  static let names = [
    "attest", "key-exchange", "topology-deliver", "assemble", "infer", "zeroize",
  ]

  let name: String
  let milliseconds: Double

  /// The member of `phases` in JSON outputs, to the microsecond.
  var json: JSONValue {
    .members([
      "name": .string(name), "milliseconds": .real((milliseconds * 1000).rounded() / 1000),
    ])
  }
}
