import Testing

/// Logs bent in their content: each line still has its form.
///
/// The logs hold two complete sessions one after the other, the first with two inferences.
extension TraceMutation {
  static let content: [TraceMutation] = order + rows + frames + claims + splices

  private static let order: [TraceMutation] = [
    TraceMutation("line-dropped", "its sequence is not the next number") { logs in
      logs[.enclave].remove(at: try logs.place(.enclave, "keyed-topologyDeliver-complete"))
    },
    TraceMutation("last-line-dropped", "the run ends here") { logs in
      logs[.client].removeLast()
    },
    TraceMutation("lines-swapped", "its sequence is not the next number") { logs in
      let place = try logs.place(.client, "ready-infer-valid")
      logs[.client].swapAt(place, place + 1)
    },
    TraceMutation("lines-swapped-renumbered", "the row does not begin in the state") { logs in
      let place = try logs.place(.client, "ready-infer-valid")
      logs[.client].swapAt(place, place + 1)
      logs.renumber(.client)
    },
    TraceMutation("line-repeated", "its sequence is not the next number") { logs in
      let place = try logs.place(.host, "relaying-clientSealed-always")
      logs[.host].insert(logs[.host][place], at: place)
    },
    TraceMutation("line-repeated-renumbered", "the frame that arrived was not sent") { logs in
      let place = try logs.place(.host, "relaying-clientSealed-always")
      logs[.host].insert(logs[.host][place], at: place)
      logs.renumber(.host)
    },
    TraceMutation("sequence-changed", "its sequence is not the next number") { logs in
      try logs.replace(.enclave, "ready-close-always", "\"sequence\":", "\"sequence\":1")
    },
    TraceMutation("session-changed", "its sequence is not the next number") { logs in
      try logs.change(.host, "relaying-weightRequest-valid") { line in
        line.replacing(TraceLogs.session(of: line), with: "0123456789abcdef")
      }
    },
    TraceMutation("line-after-the-end", "S9: a transition after the end") { logs in
      let place = try logs.place(.client, "wiping-wiped-always")
      logs[.client].insert(logs[.client][place], at: place)
      logs.renumber(.client)
    },
    TraceMutation("relay-dropped", "the frame that arrived was not sent") { logs in
      logs[.host].remove(at: try logs.place(.host, "relaying-clientSealed-always"))
      logs.renumber(.host)
    },
    TraceMutation("relays-swapped", "overtook") { logs in
      let place = try logs.place(.host, "relaying-weightsRead-next")
      let other = try logs.place(.host, "relaying-clientSealed-always")
      let line = logs[.host].remove(at: place)
      logs[.host].insert(line, at: other)
      logs.renumber(.host)
    },
    TraceMutation("received-before-sent", "is a cycle") { logs in
      let places = try (0..<2).map {
        try logs.place(.client, "awaitingResult-inferResult-answers", $0)
      }
      let frames = places.compactMap {
        TraceLogs.digest(in: logs[.client][$0], after: "\"in\":\"sealed:")
      }
      for (place, (old, new)) in zip(places, zip(frames, frames.reversed())) {
        logs[.client][place].replace(old, with: new)
      }
    },
  ]

  private static let rows: [TraceMutation] = [
    TraceMutation("row-retargeted", "the row does not begin in the state") { logs in
      try logs.replace(.client, "ready-infer-valid", "ready-infer-valid", "ready-close-always")
    },
    TraceMutation("row-unknown", "the role's table has no such row") { logs in
      try logs.replace(.client, "ready-infer-valid", "ready-infer-valid", "ready-infer-perhaps")
    },
    TraceMutation("row-of-another-role", "the role's table has no such row") { logs in
      try logs.replace(.host, "idle-clientHello-always", "idle-", "listening-")
    },
    TraceMutation("role-swapped-everywhere", "the role's table has no such row") { logs in
      logs[.enclave] = logs[.enclave].map { $0.replacing("\"enclave\"", with: "\"client\"") }
    },
    TraceMutation("wipe-missing", "S8: what was wiped is not what the row wipes") { logs in
      try logs.change(.enclave, "reporting-wiped-always") {
        $0.replacing(#/"wiped":\[.*\]/#, with: "\"wiped\":[]")
      }
    },
    TraceMutation("wipe-in-part", "S8: what was wiped is not what the row wipes") { logs in
      try logs.replace(.client, "awaitingZeroized-zeroized-valid", "\"receiveKey\",", "")
    },
    TraceMutation("wipe-invented", "S8: what was wiped is not what the row wipes") { logs in
      try logs.replace(.host, "idle-clientHello-always", "\"wiped\":[", "\"wiped\":[\"topology\"")
    },
  ]

  private static let frames: [TraceMutation] = [
    TraceMutation("hello-changed", "its ClientHello is not that of its run") { logs in
      try logs.bend(.enclave, "attesting-evidenceReady-valid", after: "\"hello\":\"")
    },
    TraceMutation("arrived-changed", "the frame that arrived was not sent") { logs in
      try logs.bend(.client, "awaitingConfirm-keyConfirm-matches", after: "\"in\":\"")
    },
    TraceMutation("sent-changed", "the frame that arrived was not sent") { logs in
      try logs.bend(.enclave, "attesting-evidenceReady-valid", after: "\"out\":[\"")
    },
    TraceMutation("relay-alters", "what left is not what the row sends or passes on") { logs in
      try logs.bend(.host, "offered-keyExchange-always", after: "\"out\":[\"")
    },
    TraceMutation("host-tampers", "the frame that arrived was not sent") { logs in
      // As a host that alters a frame and logs that it came so.
      try logs.bend(.host, "offered-keyExchange-always", after: "\"out\":[\"")
      try logs.bend(.host, "offered-keyExchange-always", after: "\"in\":\"")
    },
    TraceMutation("chunk-forged", "the frame that arrived was not sent") { logs in
      try logs.bend(.enclave, "assembling-weightChunk-next", after: "\"in\":\"")
    },
    TraceMutation("relay-to-the-sender", "what left is not what the row sends") { logs in
      try logs.replace(
        .host, "relaying-enclaveSealed-always", "\"out\":[\"client/", "\"out\":[\"enclave/")
    },
    TraceMutation("type-changed", "what arrived is not of the row's message class") { logs in
      try logs.replace(
        .client, "awaitingEvidence-evidence-accepted", "\"in\":\"evidence", "\"in\":\"sealed")
    },
    TraceMutation("sends-nothing", "what left is not what the row sends") { logs in
      try logs.change(.enclave, "inferring-inferred-answers") {
        $0.replacing(#/"out":\[[^\]]*\],/#, with: "")
      }
    },
    TraceMutation("arrives-from-nowhere", "what arrived is not of the row's message class") {
      logs in
      try logs.change(.enclave, "ready-close-always") {
        $0.replacing(#/,"in":"[^"]*"/#, with: "")
      }
    },
  ]

  private static let claims: [TraceMutation] = [
    TraceMutation("claims-missing", "its claims are not those of the row") { logs in
      try logs.change(.enclave, "inferring-inferred-answers") {
        $0.replacing(#/,"claims":\{"inferred":\{[^}]*\}\}/#, with: "")
      }
    },
    TraceMutation("claim-of-another-kind", "its claims are not those of the row") { logs in
      try logs.replace(
        .client, "awaitingAssembly-assembled-matches", "\"modelAgreed\"", "\"assembled\"")
    },
    TraceMutation("evidence-of-another-session", "S1: no client verified evidence") { logs in
      try logs.bend(.client, "awaitingEvidence-evidence-accepted", after: "\"sessionID\":\"")
    },
    TraceMutation("transcript-changed", "S4: client and enclave disagree on the transcript") {
      logs in
      try logs.bend(.enclave, "offered-keyExchange-opens", after: "\"transcript\":\"")
    },
    TraceMutation("topology-under-other-keys", "S1: the topology left under another transcript") {
      logs in
      try logs.bend(.client, "awaitingConfirm-keyConfirm-matches", after: "\"topologySent\":")
    },
    TraceMutation("topology-elsewhere", "S4: the topology arrived in another session") { logs in
      try logs.bend(.enclave, "keyed-topologyDeliver-complete", after: "\"topologyReceived\":")
    },
    TraceMutation("model-changed", "S4: client and enclave disagree on the model") { logs in
      try logs.bend(.client, "awaitingAssembly-assembled-matches", after: "\"modelAgreed\":")
    },
    TraceMutation("request-changed", "S4: client and enclave disagree on the request") { logs in
      try logs.bend(.enclave, "inferring-inferred-answers", after: "\"request\":\"")
    },
    TraceMutation("response-changed", "S4: client and enclave disagree on the request") { logs in
      try logs.bend(.client, "awaitingResult-inferResult-answers", after: "\"response\":\"")
    },
    TraceMutation("report-of-another-session", "S4: the wipe report is another session's") {
      logs in
      try logs.bend(.client, "awaitingZeroized-zeroized-valid", after: "\"completed\":")
    },
    TraceMutation("inferred-twice", "S3: this number was inferred already") { logs in
      try logs.change(.enclave, "inferring-inferred-answers", 1) {
        $0.replacing("\"number\":1", with: "\"number\":0")
      }
    },
    TraceMutation("accepted-twice", "S3: this number was accepted already") { logs in
      try logs.change(.client, "awaitingResult-inferResult-answers", 1) {
        $0.replacing("\"number\":1", with: "\"number\":0")
      }
    },
    TraceMutation("number-left-out", "S3: this number was inferred already, or one was left") {
      logs in
      try logs.replace(.enclave, "inferring-inferred-answers", "\"number\":0", "\"number\":1")
    },
  ]

  private static let splices: [TraceMutation] = [
    TraceMutation("inference-replayed", "the frame that arrived was not sent") { logs in
      let first = try logs.place(.enclave, "ready-inferRequest-complete")
      let last = try logs.place(.enclave, "inferring-inferred-answers")
      logs[.enclave].insert(contentsOf: logs[.enclave][first...last], at: last + 1)
      logs.renumber(.enclave)
    },
    TraceMutation("lines-of-another-session", "its ClientHello is not that of its run") { logs in
      let place = try logs.place(.host, "relaying-weightRequest-valid")
      let other = logs[.host][try logs.place(.host, "relaying-weightRequest-valid", 1)]
      let run = TraceLogs.session(of: logs[.host][place])
      logs[.host][place] = other.replacing(TraceLogs.session(of: other), with: run)
      logs.renumber(.host)
    },
    TraceMutation("hello-to-two-enclaves", "two runs of one role have the same ClientHello") {
      logs in
      let run = TraceLogs.session(of: try #require(logs[.enclave].first))
      logs[.enclave] += logs[.enclave].filter { TraceLogs.session(of: $0) == run }
        .map { $0.replacing(run, with: "0123456789abcdef") }
    },
    TraceMutation("session-twice", "S4: two sessions share a transcript") { logs in
      let hello = logs.hellos(.client)[0]
      for role in TraceLogs.Role.allCases {
        let lines = logs.only(hellos: [hello])[role]
        let run = TraceLogs.session(of: try #require(lines.first))
        logs[role] += lines.map {
          $0.replacing(run, with: String(run.reversed()))
            .replacing(hello, with: String(hello.reversed()))
        }
      }
    },
    TraceMutation("client-erased", "the frame that arrived was not sent") { logs in
      let run = TraceLogs.session(of: try #require(logs[.client].first))
      logs[.client].removeAll { TraceLogs.session(of: $0) == run }
    },
  ]
}
