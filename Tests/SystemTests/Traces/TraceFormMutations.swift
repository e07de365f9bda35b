import Testing

/// Logs bent in their form: lines that the writer would never write.
extension TraceMutation {
  static let form: [TraceMutation] = [
    line("not-json", "not JSON") { String($0.dropLast(2)) },
    line("not-an-object", "not an object with exactly") { "[\($0)]" },
    line("nested-deeply", "not JSON") { _ in String(repeating: "[", count: 60_000) },
    line("line-too-long", "too long") { $0 + String(repeating: " ", count: 70_000) },
    line("not-ascii", "not ASCII") { $0.replacing("ready", with: "réady") },
    line("empty-line", "not JSON") { _ in "" },
    line("duplicate-name", "a name stands twice") {
      $0.replacing("\"role\":", with: "\"role\":\"client\",\"role\":")
    },
    line("duplicate-digest", "a name stands twice") {
      $0.replacing("\"hello\":", with: "\"out\":[],\"hello\":")
    },
    line("further-member", "not an object with exactly") {
      $0.replacing("{\"session\"", with: "{\"time\":1,\"session\"")
    },
    line("member-missing", "not an object with exactly") {
      $0.replacing(#/,"wiped":.*}/#, with: "}")
    },
    line("sequence-of-wrong-type", "`sequence` is no number") {
      $0.replacing(#/"sequence":(\d+)/#) { "\"sequence\":\"\($0.1)\"" }
    },
    line("sequence-true", "`sequence` is no number") {
      $0.replacing(#/"sequence":\d+/#, with: "\"sequence\":true")
    },
    line("sequence-negative", "`sequence` is no number") {
      $0.replacing("\"sequence\":", with: "\"sequence\":-")
    },
    line("sequence-fraction", "a number is not whole") {
      $0.replacing(#/"sequence":(\d+)/#) { "\"sequence\":\($0.1).0" }
    },
    line("sequence-not-finite", "a number is not whole") {
      $0.replacing(#/"sequence":\d+/#, with: "\"sequence\":NaN")
    },
    line("sequence-huge", "a number is too large") {
      $0.replacing("\"sequence\":", with: "\"sequence\":99999999999")
    },
    line("sequence-beyond-its-bound", "beyond its bound") {
      $0.replacing(#/"sequence":\d+/#, with: "\"sequence\":2147483648")
    },
    line("session-too-short", "`session` is not 16 hexadecimal digits") {
      $0.replacing(TraceLogs.session(of: $0), with: "0123")
    },
    line("session-of-other-letters", "`session` is not 16 hexadecimal digits") {
      $0.replacing(TraceLogs.session(of: $0), with: "0123456789ABCDEF")
    },
    line("row-breaks-out", "`row` is no row's identifier") {
      // As TLA+ text this would define something.
      $0.replacing("ready-infer-valid", with: "x\\\", 0>>>> ==== ")
    },
    line("digest-too-short", "`hello` is not 32 digits") {
      $0.replacing("\"hello\":\"", with: "\"hello\":\"00000000\",\"hullo\":\"")
        .replacing(#/,"hullo":"[^"]*"/#, with: "")
    },
    line("digest-unknown", "other members than") {
      $0.replacing("\"hello\":", with: "\"key\":\"00\",\"hello\":")
    },
    line("side-at-a-client", "a frame's side does not fit") {
      $0.replacing("\"out\":[\"", with: "\"out\":[\"enclave/")
    },
    line("role-unknown", "`role` is not client") {
      $0.replacing("\"role\":\"client\"", with: "\"role\":\"judge\"")
    },
    line("role-swapped", "a log holds the lines of one role") {
      $0.replacing("\"role\":\"client\"", with: "\"role\":\"enclave\"")
    },
    TraceMutation("claim-digest-missing", "does not have exactly its digests") { logs in
      try logs.change(.enclave, "inferring-inferred-answers") {
        $0.replacing(#/,"response":"[0-9a-f]*"/#, with: "")
      }
    },
    TraceMutation("claim-unknown", "an unknown claim") { logs in
      try logs.replace(.enclave, "finishing-assembled-session", "\"assembled\":{", "\"trusted\":{")
    },
    TraceMutation("wiped-twice", "`wiped` is no list of secrets' names") { logs in
      try logs.replace(
        .client, "awaitingZeroized-zeroized-valid", "\"receiveKey\"", "\"sendKey\"")
    },
    TraceMutation("run-in-two-logs", "a log holds the lines of one role") { logs in
      logs[.host].append(try #require(logs[.enclave].first))
    },
    TraceMutation("nothing-at-all", "no line in any log") { logs in
      for role in TraceLogs.Role.allCases { logs[role] = [] }
    },
  ]

  /// Bends the client's line that sends the first request.
  private static func line(
    _ name: String, _ reason: String, _ edit: @escaping @Sendable (String) -> String
  ) -> TraceMutation {
    TraceMutation(name, reason) { try $0.change(.client, "ready-infer-valid", 0, edit) }
  }
}
