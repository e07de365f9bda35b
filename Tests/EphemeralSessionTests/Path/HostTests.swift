import EphemeralCrypto
import EphemeralLockstep
@testable import EphemeralSession
import EphemeralWire
import Testing

@Suite("The host's own duties")
struct HostTests {
  @Test("a push goes on where it stopped; gaps, overlaps and excess end it")
  func store() {
    for (offset, count) in [(39, 10), (41, 10), (0, 40), (40, 61)] {
      var cell = HostCell()
      cell.reach(.storing)
      _ = cell.feed(HostCell.data(UInt64(offset), count))
      let row = cell.machine.last?.row
      #expect(row == .storingPutDataMisplaced)
    }
    var cell = HostCell()
    let begun = cell.feed(HostCell.put(size: 100))
    #expect(begun == [.beginStore(blobID: Samples.blobID, size: 100)])
    let ready = PutStatus(state: .ready, offset: 40).encoded()
    #expect(
      cell.feed(.storeReady(offset: 40)) == [.send(OutgoingFrame(.putStatus, ready), to: .client)])
    _ = cell.feed(HostCell.data(40, 30))
    let bytes = [UInt8](repeating: 1, count: 30)
    #expect(
      cell.feed(HostCell.data(70, 30)) == [.storeData(offset: 70, bytes: bytes), .finishStore])
    let stored = PutStatus(state: .stored, offset: 100).encoded()
    #expect(
      cell.feed(.stored) == [
        .audit(.blobStored), .send(OutgoingFrame(.putStatus, stored), to: .client),
      ])
    // The same connection may go on with a session.
    #expect(cell.feed(HostCell.client(.clientHello)).map(\.effect).last == "forward:enclave")
  }

  @Test("session frames pass unchanged and nothing of them stays")
  func forwards() {
    var cell = HostCell()
    cell.reach(.relaying)
    let before = cell.machine.stage
    for side in HostSide.allCases {
      let frame = IncomingFrame<[UInt8]>(type: .sealed, payload: [9, 8, 7])
      let actions = cell.feed(.frame(frame, from: side))
      #expect(actions == [.forward(frame, to: side == .client ? .enclave : .client)])
      let after = cell.machine.stage
      #expect(after == before)
    }
  }

  @Test("chunks go out in the order of the requests and no other")
  func weights() {
    var cell = HostCell()
    cell.reach(.relaying)
    _ = cell.feed(HostCell.weights)
    let later = WeightRequest(blobID: BlobID(Samples.blobID), first: 2, count: 1).encoded()
    _ = cell.feed(HostCell.enclave(.weightRequest, later))
    for index: UInt64 in 0..<3 {
      let chunk = Samples.chunk(index)
      #expect(
        cell.feed(.weightsRead(chunk)) == [
          .send(OutgoingFrame(.weightChunk, cell.codec.encode(chunk)), to: .enclave)
        ])
    }
    _ = cell.feed(.weightsRead(Samples.chunk(3)))
    let row = cell.machine.last?.row
    #expect(row == .relayingWeightsReadUnasked)
  }

  @Test("more chunks than one request may name are refused")
  func excess() {
    var cell = HostCell()
    cell.reach(.relaying)
    let request = WeightRequest(
      blobID: BlobID(Samples.blobID), first: 0, count: SessionBounds.chunksPerRequest + 1)
    _ = cell.feed(HostCell.enclave(.weightRequest, request.encoded()))
    let row = cell.machine.last?.row
    #expect(row == .relayingWeightRequestExcess)
  }
}

@Suite("Key exchange")
struct KeyExchangeTests {
  private let crypto = LibcryptoCryptography()

  @Test("a Finished that is not T1 is refused, though it opens")
  func wrongFinished() throws {
    let pair = try crypto.makeKeyPair(seed: Samples.seed(1))
    let transcript = [UInt8](repeating: 7, count: 48)
    var context = try HPKE.setupSender(
      recipientPublicKey: pair.publicKey.span, info: transcript.span,
      ephemeralInputKey: SecretBytes(copying: [UInt8](repeating: 3, count: 32).span))
    let other = [UInt8](repeating: 8, count: 48)
    let sealed = try context.seal(other.span, authenticating: Span())
    let exchange = KeyExchangeFields(encapsulation: context.encapsulation, ciphertext: sealed)
    #expect(throws: ProviderFailure.refused) {
      try crypto.acceptKeys(exchange, key: pair.key, transcript: transcript)
    }
  }

  @Test("points of small order are refused on both sides")
  func smallOrder() throws {
    let zero = [UInt8](repeating: 0, count: 32)
    let transcript = [UInt8](repeating: 7, count: 48)
    #expect(throws: ProviderFailure.refused) {
      try crypto.offerKeys(to: zero, seed: Samples.seed(1), transcript: transcript)
    }
    let pair = try crypto.makeKeyPair(seed: Samples.seed(1))
    let exchange = KeyExchangeFields(
      encapsulation: zero, ciphertext: [UInt8](repeating: 0, count: 64))
    #expect(throws: ProviderFailure.refused) {
      try crypto.acceptKeys(exchange, key: pair.key, transcript: transcript)
    }
  }

  @Test("each direction has its own key and IV")
  func directions() throws {
    let pair = try crypto.makeKeyPair(seed: Samples.seed(1))
    let transcript = [UInt8](repeating: 7, count: 48)
    let (exchange, exporter) = try crypto.offerKeys(
      to: pair.publicKey, seed: Samples.seed(2), transcript: transcript)
    let accepted = try crypto.acceptKeys(exchange, key: pair.key, transcript: transcript)
    var seen: Set<[UInt8]> = []
    for direction in RecordDirection.allCases {
      let sender = try parts(
        crypto.exportRecordKey(exporter, direction: direction, transcript: transcript))
      let receiver = try parts(
        crypto.exportRecordKey(accepted, direction: direction, transcript: transcript))
      #expect(sender == receiver)
      for value in sender { #expect(seen.insert(value).inserted) }
    }
  }

  private func parts(_ material: SecretMaterial) -> [[UInt8]] {
    switch material.storage {
    case .record(let record):
      [
        record.key.withSpan { span in span.indices.map { span[$0] } },
        record.iv.withSpan { span in span.indices.map { span[$0] } },
      ]
    default: []
    }
  }
}
