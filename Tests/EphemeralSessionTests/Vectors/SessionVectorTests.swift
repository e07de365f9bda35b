import EphemeralAttestation
import EphemeralCrypto
@testable import EphemeralSession
import EphemeralWire
import Foundation
import TestSupport
import Testing

extension SessionTranscript {
  private enum Work {
    case client(ClientEvent<Crypto>)
    case enclave(EnclaveEvent<Crypto>)
  }

  /// Runs the session and gives the file that describes it.
  mutating func run() throws -> File {
    var queue: [Work] = [.client(.start)]
    while !queue.isEmpty {
      switch queue.removeFirst() {
      case .client(let event):
        for action in client.handle(event, at: time) { queue += try follow(action) }
      case .enclave(let event):
        for action in enclave.handle(event, at: time) { queue += try follow(action) }
      }
    }
    outcome = client.outcome
    return try describe()
  }

  private mutating func follow(_ action: ClientAction<[UInt8]>) throws -> [Work] {
    switch action {
    case .send(let frame):
      return [.enclave(.frame(note("client", frame)))]
    case .assembled:
      return [.client(.infer(request: try Samples.secret(hex(inputs.request))))]
    case .deliverResult:
      receipt = client.receipt ?? []
      return [.client(.resultTaken), .client(.close)]
    case .wipe: return [.client(.wiped)]
    case .audit, .close: return []
    }
  }

  private mutating func follow(_ action: EnclaveAction<Crypto>) throws -> [Work] {
    switch action {
    case .send(let frame):
      let incoming = note("enclave", frame)
      guard frame.type == .weightRequest else { return [.client(.frame(incoming))] }
      let range = try WeightRequest(decoding: frame.payload)
      return (range.first..<(range.first + range.count)).map { index in
        let payload = Crypto().encode(Samples.chunk(index))
        return .enclave(.frame(IncomingFrame(type: .weightChunk, payload: payload)))
      }
    case .requestEvidence:
      return [.enclave(.evidenceReady(document: hex(inputs.document)))]
    case .admitTopology:
      var admission = Samples.admission(chunks: inputs.chunkCount)
      admission.blobID = hex(inputs.blobID)
      return [.enclave(.topologyAdmitted(admission))]
    case .openChunk(let index): return [.enclave(.chunkOpened(index: index))]
    case .finishAssembly:
      return [
        .enclave(
          .assembled(
            AssembledFields(
              modelHash: hex(inputs.modelHash), weightBytes: 65_536, nanoseconds: 1_000)))
      ]
    case .infer:
      return [
        .enclave(
          .inferred(
            response: try Samples.secret(hex(inputs.response)), statistics: Samples.statistics))
      ]
    case .wipe:
      return [
        .enclave(.wiped(WipeTally(regions: 3, bytes: 4096, auditHead: hex(inputs.auditHead))))
      ]
    case .dropPlaintext, .audit, .close: return []
    }
  }

  private mutating func note(
    _ from: String, _ frame: OutgoingFrame<[UInt8]>
  ) -> IncomingFrame<[UInt8]> {
    frames.append(
      Entry(
        from: from, message: "\(frame.message)", type: frame.type.rawValue,
        payload: Hex.encode(frame.payload)))
    return IncomingFrame(type: frame.type, payload: frame.payload)
  }

  /// Derives every value once more from the inputs and opens every record.
  private func describe() throws -> File {
    let crypto = Crypto()
    let (_, kem) = try crypto.makeKeyPair(seed: Samples.secret(hex(inputs.keySeed)))
    let (_, receiptPublic) = try crypto.makeReceiptKey(
      seed: Samples.secret(hex(inputs.receiptSeed)))
    let body = crypto.encode(
      EvidenceFields(
        sessionID: hex(inputs.sessionID), keyPublic: kem, receiptPublic: receiptPublic,
        limits: .standard))
    let first = crypto.transcriptEvidence(
      hello: crypto.encodeHello(nonce: hex(inputs.clientNonce)), body: body)
    let second = crypto.transcriptOffer(first, document: hex(inputs.document))
    let (exchange, exporter) = try crypto.offerKeys(
      to: kem, seed: Samples.secret(hex(inputs.clientSeed)), transcript: second)
    let third = crypto.transcriptKeys(second, exchange: exchange)
    let forth = try crypto.exportRecordKey(
      exporter, direction: .clientToEnclave, transcript: third)
    let back = try crypto.exportRecordKey(
      exporter, direction: .enclaveToClient, transcript: third)
    var counts: [String: UInt64] = [:]
    let opened = try frames.map { entry in
      var entry = entry
      guard entry.type == FrameType.sealed.rawValue else { return entry }
      let sequence = counts[entry.from, default: 0]
      counts[entry.from] = sequence + 1
      let isClient = entry.from == "client"
      let plaintext = try (isClient ? forth : back).open(
        hex(entry.payload),
        RecordContext(
          sessionID: hex(inputs.sessionID),
          direction: isClient ? .clientToEnclave : .enclaveToClient, sequence: sequence))
      entry.sequence = sequence
      entry.plaintext = plaintext.withSpan { span in Hex.encode(span.indices.map { span[$0] }) }
      return entry
    }
    let (forthKey, forthIV) = Self.parts(forth)
    let (backKey, backIV) = Self.parts(back)
    return File(
      inputs: inputs,
      values: Values(
        evidenceBody: Hex.encode(body), kemPublicKey: Hex.encode(kem),
        receiptPublicKey: Hex.encode(receiptPublic), transcript0: Hex.encode(first),
        transcript1: Hex.encode(second), transcript2: Hex.encode(third),
        clientToEnclaveKey: forthKey, clientToEnclaveIV: forthIV, enclaveToClientKey: backKey,
        enclaveToClientIV: backIV, receipt: Hex.encode(receipt),
        wipeReport: Hex.encode(client.wipeReport ?? [])),
      frames: opened)
  }

  private static func parts(_ material: SecretMaterial) -> (String, String) {
    func text(_ bytes: borrowing SecretBytes) -> String {
      bytes.withSpan { span in Hex.encode(span.indices.map { span[$0] }) }
    }
    switch material.storage {
    case .record(let record): return (text(record.key), text(record.iv))
    default: return ("", "")
    }
  }
}

@Suite("Known answers in Spec/Vectors")
struct SessionVectorTests {
  /// Set to write the files anew instead of comparing them: `EPHML_WRITE_SESSION_VECTORS=1`.
  private static let writes =
    ProcessInfo.processInfo.environment["EPHML_WRITE_SESSION_VECTORS"] == "1"

  private static func encoded(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value) + Data("\n".utf8)
  }

  @Test("a whole session under fixed entropy")
  func session() throws {
    if Self.writes {
      var fresh = try SessionTranscript(SessionTranscript.freshInputs())
      try Self.encoded(fresh.run()).write(to: SessionTranscript.file)
    }
    let expected = try JSONDecoder().decode(
      SessionTranscript.File.self, from: Data(contentsOf: SessionTranscript.file))
    var session = try SessionTranscript(expected.inputs)
    let actual = try session.run()
    let outcome = session.outcome
    #expect(outcome == .completed)
    #expect(actual.values == expected.values)
    #expect(actual.frames.map(\.message) == expected.frames.map(\.message))
    #expect(actual == expected)
  }

  @Test("padded sizes")
  func padding() throws {
    struct Size: Codable, Equatable {
      var content: Int
      var padme: Int
      var powerOfTwo: Int
    }
    let sizes = [
      0, 1, 63, 64, 65, 72, 73, 100, 127, 128, 129, 1000, 4095, 4096, 4097, 10_000, 65_537,
      262_144, 262_145, 1_000_000, 16_777_217,
    ].map {
      Size(
        content: $0, padme: Padding.padme($0, minimum: 64), powerOfTwo: Padding.powerOfTwo($0))
    }
    let file = TableFile.root.appending(path: "Spec/Vectors/padding.json")
    if Self.writes { try Self.encoded(sizes).write(to: file) }
    #expect(try JSONDecoder().decode([Size].self, from: Data(contentsOf: file)) == sizes)
  }
}
