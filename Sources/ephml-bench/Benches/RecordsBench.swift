import EphemeralAttestation
import EphemeralCrypto
import EphemeralModel
import EphemeralRuntime
import EphemeralSession
import EphemeralWire

/// `ephml-bench records`: the sealed records of the session protocol.
struct RecordsBench: BenchCommand {
  static let specification = CommandSpecification(
    "records", summary: "Time sealing and opening of records.",
    discussion: """
      Seals and opens messages with the session's own code: header, padding, AES-256-GCM, secret \
      memory. First messages of several sizes, then what one request of 128 tokens to an encoder \
      of width 384 costs, 3 KiB, with its result, 192 KiB of hidden states or one vector of \
      1.5 KiB, as they are really padded: client and enclave together, and the part of each. \
      Beside them the cipher alone on the same \
      bytes, in the same run: what is more is headers, padding and memory.
      """,
    options: [BenchOptions.rounds(200, "Timed messages of each size"), BenchOptions.json],
    examples: [CommandExample("ephml-bench records", "Prints GB/s, and µs for one request.")])

  /// What a result has beside its numbers, the receipt above all, in bytes.
  private static let resultOverhead = 1_024
  private static let (tokens, width) = (128, 384)
  private static let requestBytes = 3 * tokens * 8 + 128
  private static let limitMicroseconds = 50.0

  private let rounds: Int

  init(_ command: ParsedCommand) throws { rounds = try BenchOptions.roundCount(command, 200) }

  func run(_ report: Report) throws {
    for kibibytes in [4, 16, 64, 256, 1_024] {
      let bytes = kibibytes << 10
      let time = try times(bytes, .inferResult, from: .enclaveToClient)
      let gigabytes = Double(bytes) / 1e3
      report.add(
        Measurement(
          bench: "records", name: "\(kibibytes) KiB",
          quantities: [
            .init("bytes", "bytes", count: bytes),
            .init("seal_gbps", "sealed at", gigabytes / time.seal, "GB/s"),
            .init("open_gbps", "opened at", gigabytes / time.open, "GB/s"),
            .init("cipher_gbps", "the cipher alone", gigabytes / time.cipher, "GB/s"),
            .init("seal_us", "sealed in", time.seal, "µs"),
            .init("open_us", "opened in", time.open, "µs"),
          ]))
    }
    let there = try times(Self.requestBytes, .inferRequest, from: .clientToEnclave)
    for (name, numbers) in [
      ("one vector", Self.width), ("hidden states", Self.tokens * Self.width),
    ] {
      let back = try times(
        numbers * 4 + Self.resultOverhead, .inferResult, from: .enclaveToClient)
      report.add(Self.measurement(name, there, back))
    }
  }

  /// What one request and its result cost.
  private static func measurement(_ name: String, _ there: Times, _ back: Times) -> Measurement {
    let whole = there.seal + there.open + back.seal + back.open
    var measurement = Measurement(
      bench: "records", name: "\(tokens) tokens, \(name)",
      quantities: [
        .init("request_us", "request sealed and opened", there.seal + there.open, "µs"),
        .init("result_us", "result sealed and opened", back.seal + back.open, "µs"),
        .init("enclave_us", "in the enclave", there.open + back.seal, "µs"),
        .init("client_us", "in the client", there.seal + back.open, "µs"),
        .init("cipher_us", "the cipher alone, both sides", 2 * (there.cipher + back.cipher), "µs"),
      ])
    measurement.targets = [
      .atMost(limitMicroseconds, "sealing and opening of one request", whole, "µs")
    ]
    return measurement
  }

  /// Microseconds of one message.
  private struct Times {
    let seal: Double
    let open: Double
    /// The cipher alone on as many padded bytes.
    let cipher: Double
  }

  private func times(
    _ count: Int, _ type: InnerType, from direction: RecordDirection
  ) throws -> Times {
    let session = [UInt8](repeating: 3, count: 16)
    let pair = try RecordKeys(session: session, direction: direction)
    let content = Secret<LibcryptoCryptography>(
      SecretMaterial(try SecretBytes(randomCount: count)))
    let crypto = LibcryptoCryptography()
    var send = SendKey<LibcryptoCryptography>(
      Secret(pair.sealing), sessionID: session, direction: direction)
    var sequence: UInt64 = 0
    var (seals, opens, ciphers): ([Double], [Double], [Double]) = ([], [], [])
    var cipher = try BareCipher(bytes: Padding.powerOfTwo(count))
    for _ in 0..<(rounds + 3) {
      var frames: [OutgoingFrame<[UInt8]>] = []
      seals.append(
        try Stopwatch.milliseconds {
          frames = try send.seal(
            content, as: type, phase: .infer, padding: .powerOfTwo, by: crypto)
        } * 1e3)
      opens.append(
        try Stopwatch.milliseconds {
          for frame in frames {
            let opener = RecordOpener<LibcryptoCryptography>(
              key: pair.opening,
              context: RecordContext(
                sessionID: session, direction: direction, sequence: sequence))
            sequence += 1
            guard case .record(_, _, let piece) = opener.open(frame.payload, by: crypto) else {
              throw BenchFailure("a record did not open")
            }
            LibcryptoCryptography.destroy(piece)
          }
        } * 1e3)
      ciphers.append(try Stopwatch.milliseconds { try cipher.seal() } * 1e3)
    }
    return Times(
      seal: Statistics.median(Array(seals.dropFirst(3))),
      open: Statistics.median(Array(opens.dropFirst(3))),
      cipher: Statistics.median(Array(ciphers.dropFirst(3))))
  }
}

/// The record keys of one direction as both sides derive them.
private struct RecordKeys {
  let sealing: SecretMaterial
  let opening: SecretMaterial

  init(session: [UInt8], direction: RecordDirection) throws {
    let crypto = LibcryptoCryptography()
    func seed() throws -> SecretMaterial { SecretMaterial(try SecretBytes(randomCount: 32)) }
    let (key, publicKey) = try crypto.makeKeyPair(seed: seed())
    let transcript = SHA384.hash(session)
    let (exchange, sender) = try crypto.offerKeys(
      to: publicKey, seed: seed(), transcript: transcript)
    let recipient = try crypto.acceptKeys(exchange, key: key, transcript: transcript)
    sealing = try crypto.exportRecordKey(sender, direction: direction, transcript: transcript)
    opening = try crypto.exportRecordKey(recipient, direction: direction, transcript: transcript)
  }
}

/// AES-256-GCM in place, over and over, on the same bytes.
private struct BareCipher: ~Copyable {
  private var sealer: AES256GCM.Sealer
  private var buffer: SecretBytes
  private var number: UInt64 = 0

  init(bytes: Int) throws {
    let sealer = try AES256GCM.Sealer(key: SecretBytes(randomCount: AES256GCM.keyByteCount))
    let buffer = try SecretBytes(count: bytes + AES256GCM.tagByteCount)
    self.sealer = sealer
    self.buffer = buffer
  }

  mutating func seal() throws {
    let nonce = AES256GCM.Nonce(number: number)
    number += 1
    try buffer.withMutableSpan { span throws(CryptoError) in
      try sealer.sealInPlace(&span, nonce: nonce, authenticating: Span())
    }
  }
}
