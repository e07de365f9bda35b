import EphemeralAttestation
import EphemeralClient
import EphemeralModel
import EphemeralRuntime
import PropertyTesting

private let jsonWords = [
  "null", "true", "false", "\\u0000", "\\ud83d\\ude00", "1e9", "[[", "{\"\":",
]
.map(ascii)

/// What was read writes as text that reads the same.
let jsonTarget = FuzzTarget(
  "json", "the JSON parser", maximumBytes: 4096, dictionary: jsonWords,
  seeds: {
    [
      FuzzSeed("values", ascii(#"{"a": [1, -2.5e3, true, null, "x\n\u00e9"], "b": {}}"#)),
      FuzzSeed("text", ascii("\"grüße \\\" \\\\ \\ud83d\\ude00\"")),
    ]
  }
) { (bytes, notes) throws(Violation) in
  guard let value = accepted({ try JSONParser.parse(bytes) }) else { return }
  let text = ascii(value.text)
  // A control character of one byte is written as six.
  try require(text.count <= 6 * bytes.count, "a text grows beyond its bound")
  try require(accepted { try JSONParser.parse(text) } == value, "a text reads otherwise")
  notes.use(text.count)
}

/// A policy says the same however it is written.
let policyTarget = FuzzTarget(
  "policy", "measurement policies", maximumBytes: 4096,
  dictionary: jsonWords
    + [
      "version", "measurements", "pcr0", "pcr8", "roots", "commonNames", "enforce", "warn",
      "expires",
    ]
    .map { ascii("\"\($0)\"") } + [ascii("2027-01-31T00:00:00Z")],
  seeds: {
    let register = String(repeating: "ab", count: 48)
    let root = String(repeating: "cd", count: 32)
    let pin = #"{"pcr0":"\#(register)","pcr1":"\#(register)","pcr2":"\#(register)"}"#
    return [
      FuzzSeed("small", ascii(#"{"version": 1, "measurements": [\#(pin)]}"#)),
      FuzzSeed(
        "full",
        ascii(
          #"{"version":1,"measurements":[\#(pin)],"roots":["\#(root)"],"commonNames":"warn","#
            + #""expires":"2027-01-31T00:00:00Z"}"#)),
    ]
  }
) { (bytes, notes) throws(Violation) in
  guard let policy = accepted({ try PolicyFile.parse(bytes, file: "policy") }) else { return }
  try require(!policy.measurements.isEmpty, "a policy pins nothing")
  for pin in policy.measurements {
    try require(pin.pcr0.contains { $0 != 0 }, "a policy pins debug mode")
  }
  let again = accepted { try PolicyFile.parse(ascii(text(of: policy)), file: "policy") }
  try require(again == policy, "a policy reads otherwise once written")
  notes.use(policy.measurements.count)
}

private func text(of policy: MeasurementPolicy) -> String {
  func quoted(_ bytes: [UInt8]) -> String { "\"\(Hexadecimal.encode(bytes))\"" }
  let pins = policy.measurements.map { pin in
    "{\"pcr0\":\(quoted(pin.pcr0)),\"pcr1\":\(quoted(pin.pcr1)),\"pcr2\":\(quoted(pin.pcr2))"
      + (pin.pcr8.map { ",\"pcr8\":\(quoted($0))" } ?? "") + "}"
  }
  var text = "{\"version\":1,\"measurements\":[\(pins.joined(separator: ","))]"
  if let roots = policy.roots {
    text += ",\"roots\":[\(roots.map(quoted).joined(separator: ","))]"
  }
  text += ",\"commonNames\":\"\(policy.commonNames.rawValue)\""
  if let expires = policy.expires { text += ",\"expires\":\"\(RFC3339.text(expires))\"" }
  return text + "}"
}

/// A tensor in JSON reads as what it writes.
let jsonTensorTarget = FuzzTarget(
  "json-tensor", "tensors as JSON", maximumBytes: 2048,
  dictionary: jsonWords
    + ["shape", "dtype", "values", "float32", "int64", "bool", "bfloat16", "NaN", "-Infinity"]
    .map { ascii("\"\($0)\"") },
  seeds: {
    [
      FuzzSeed("object", ascii(#"{"shape": [2], "dtype": "float32", "values": [1.5, -2]}"#)),
      FuzzSeed("lists", ascii("[[1, 2], [3, 4]]")),
      FuzzSeed("words", ascii(#"{"shape":[2],"dtype":"float16","values":["NaN","-Infinity"]}"#)),
    ]
  }
) { (bytes, notes) throws(Violation) in
  guard let value = accepted({ try JSONParser.parse(bytes) }),
    let tensor = accepted({ try JSONTensor.parse(value, file: "input", expected: .float32) })
  else { return }
  let object = JSONTensor.object(tensor)
  let again = accepted { try JSONTensor.parse(object, file: "again", expected: .bool) }
  try require(again == tensor, "a tensor reads otherwise once written")
  notes.use(tensor.bytes.count)
}

/// An array reads as what it writes.
let npyTarget = FuzzTarget(
  "npy", "NumPy's arrays", maximumBytes: 1024,
  dictionary: ["'descr': ", "'fortran_order': ", "'shape': ", "True", "False", "<f4", "|b1", "<V2"]
    .map(ascii),
  seeds: {
    let floats = TensorValue(floats: [1, 2, 3, 4], shape: [2, 2])
    let scalar = TensorValue(elementType: .int64, shape: [], bytes: [1, 2, 3, 4, 5, 6, 7, 8])
    return [("floats", floats), ("scalar", scalar)].compactMap { name, tensor in
      tensor.map { FuzzSeed(name, NumPyFormat.encode($0)) }
    }
  }
) { (bytes, notes) throws(Violation) in
  guard let tensor = accepted({ try NumPyFormat.decode(bytes) }) else { return }
  try require(tensor.bytes.count <= bytes.count, "an array is longer than its file")
  let encoded = NumPyFormat.encode(tensor)
  try require(accepted { try NumPyFormat.decode(encoded) } == tensor, "an array reads otherwise")
  notes.use(tensor.bytes.count)
}

/// A line of a log reads only as what it is, and a log is judged line by line.
let auditTarget = FuzzTarget(
  "audit", "audit records and logs", maximumBytes: 4096,
  dictionary: LoggedEvent.allCases.map { ascii("\"\($0.rawValue)\"") }
    + ["sequence", "time", "role", "event", "session", "blob", "code", "record", "previous"]
    .map { ascii(",\"\($0)\":") },
  seeds: {
    let lines = sampleLines()
    return [
      FuzzSeed("line", lines[0]), FuzzSeed("log", Array(lines.map { $0 + [0x0a] }.joined())),
    ]
  }
) { (bytes, notes) throws(Violation) in
  if let record = AuditRecord(line: bytes) {
    try require(ascii(record.line()) == bytes, "a record has a second line")
  }
  let summary = AuditVerifier.verify(bytes)
  let lines = bytes.count { $0 == 0x0a }
  try require(summary.recordCount <= lines, "more records than lines")
  if summary.fault == nil {
    try require(summary.recordCount == lines, "a line went missing without a fault")
    // Where a log is sound, so is all that comes before its last line.
    if let end = bytes.dropLast().lastIndex(of: 0x0a) {
      let before = AuditVerifier.verify(Array(bytes[...end]))
      try require(before.fault == nil, "a sound log has an unsound beginning")
    }
  }
  notes.use(summary.recordCount)
}

private func sampleLines() -> [[UInt8]] {
  var lines: [[UInt8]] = []
  let log = AuditLog(role: .enclave) { lines.append($0) }
  log.append(.started, unixSeconds: 1_800_000_000)
  log.append(
    .aborted, session: [UInt8](repeating: 1, count: 16), code: "cancelled",
    unixSeconds: 1_800_000_001)
  return lines
}

/// An address reads as what it writes.
let addressTarget = FuzzTarget(
  "address", "addresses and times", maximumBytes: 256,
  dictionary: [
    "tcp://", "vsock://", "unix:", "localhost", "any", "::", "[::1]", "127.0.0.1", "4294967294",
    "Z",
  ].map(ascii),
  seeds: {
    [
      "tcp://127.0.0.1:7100", "tcp://[2001:db8::1]:0", "vsock://any:7100", "vsock://3:5000",
      "unix:/run/vm.vsock:7100", "unix:a:b:1",
    ]
    .enumerated().map { FuzzSeed("address-\($0.offset)", ascii($0.element)) }
      + [FuzzSeed("time", ascii("2027-01-31T00:00:00Z"))]
  }
) { (bytes, notes) throws(Violation) in
  let text = String(decoding: bytes, as: UTF8.self)
  if let address = accepted({ try Address(text) }) {
    let written = address.description
    try require(accepted { try Address(written) } == address, "an address reads otherwise")
    if case .unix(let path, _) = address {
      try require(
        path.utf8.count < Address.unixPathMaximum && !path.utf8.contains(0),
        "a path that a socket's address has no room for")
    }
    notes.use(written.utf8.count)
  }
  if let seconds = RFC3339.parse(text) {
    try require(
      RFC3339.parse(RFC3339.text(seconds)) == seconds, "a time reads otherwise once written")
  }
  if let seconds = UnixTime.seconds(text) {
    try require(UnixTime.text(seconds) == text, "a log's time has a second text")
  }
}

/// A hybrid-vsock peer's answer is the one line it may be, and nothing of what follows is taken.
let hybridHandshakeTarget = FuzzTarget(
  "hybrid-handshake", "the answer to CONNECT", maximumBytes: 64,
  dictionary: ["OK ", "0", "4294967295", "4294967296", "\n", "\r\n", "CONNECT "].map(ascii),
  seeds: {
    ["OK 1073741824\n", "OK 0\nhello", "OK 4294967296\n"].enumerated().map {
      FuzzSeed("answer-\($0.offset)", ascii($0.element))
    }
  }
) { (bytes, notes) throws(Violation) in
  var reply = HybridReply()
  var verdict = HybridReply.Verdict.unfinished
  var taken = 0
  while verdict == .unfinished, taken < bytes.count {
    verdict = reply.receive(bytes[taken])
    taken += 1
  }
  try require(
    verdict != .unfinished || taken < HybridReply.maximumByteCount, "an answer has no end")
  let line = Array(bytes.prefix(taken))
  let number = UInt32(String(decoding: line.dropFirst(3).dropLast(), as: UTF8.self))
  let isAnswer = number.map { ascii("OK \($0)\n") == line } ?? false
  try require(isAnswer == (verdict == .accepted), "another line than an answer's is taken")
  // What is decided stays so.
  if verdict != .unfinished {
    for byte in bytes[taken...] {
      try require(reply.receive(byte) == verdict, "a verdict changes")
    }
  }
  notes.use(taken)
}
