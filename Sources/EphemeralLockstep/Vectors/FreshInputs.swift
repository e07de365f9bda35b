import EphemeralAttestation
import EphemeralCrypto
import EphemeralMock
import EphemeralSession
import EphemeralWire

extension SessionTranscript {
  /// Inputs with a document for them from a fresh mock device.
  package static func freshInputs() throws -> Inputs {
    let seconds: UInt64 = 1_800_000_000
    func run(_ start: UInt8, _ count: Int) -> [UInt8] { (0..<count).map { start &+ UInt8($0) } }
    var inputs = Inputs(
      clientNonce: VectorHex.encode(run(0x00, 32)), clientSeed: VectorHex.encode(run(0x20, 32)),
      sessionID: VectorHex.encode(run(0x40, 16)), keySeed: VectorHex.encode(run(0x50, 32)),
      receiptSeed: VectorHex.encode(run(0x70, 32)), topology: VectorHex.encode(run(0x01, 100)),
      request: VectorHex.encode(try Samples.tensors(sequence: 0, random: 0x90)),
      response: VectorHex.encode(
        try Samples.tensors(sequence: 0, random: 0x90, data: [0, 0, 0, 64, 0, 0, 64, 64])),
      modelHash: VectorHex.encode(run(0xa0, 32)), blobID: VectorHex.encode(run(0xc0, 32)),
      chunkCount: 20,
      auditHead: VectorHex.encode(run(0xe0, 32)), unixSeconds: seconds, document: "",
      rootDigest: "",
      pcr0: "", pcr1: "", pcr2: "")
    var options = MockOptions()
    options.clock = { seconds * 1000 }
    let device = try MockSecurityModule(
      root: MockRoot(generatedAt: seconds), image: MockImage(bytes: Array("ephml/1".utf8)),
      options: options)
    let crypto = Crypto()
    let (_, kem) = try crypto.makeKeyPair(seed: Samples.secret(VectorHex.decode(inputs.keySeed)))
    let (_, receipt) = try crypto.makeReceiptKey(
      seed: Samples.secret(VectorHex.decode(inputs.receiptSeed)))
    let body = crypto.encode(
      EvidenceFields(
        sessionID: VectorHex.decode(inputs.sessionID), keyPublic: kem, receiptPublic: receipt,
        limits: .standard))
    let transcript = crypto.transcriptEvidence(
      hello: crypto.encodeHello(nonce: VectorHex.decode(inputs.clientNonce)), body: body)
    inputs.document = VectorHex.encode(
      try NSMClient(device).attest(
        userData: transcript, nonce: VectorHex.decode(inputs.clientNonce), publicKey: kem))
    let pin = try NSMClient(device).pin()
    inputs.rootDigest = VectorHex.encode(device.root.digest)
    (inputs.pcr0, inputs.pcr1, inputs.pcr2) = (
      VectorHex.encode(pin.pcr0), VectorHex.encode(pin.pcr1), VectorHex.encode(pin.pcr2)
    )
    return inputs
  }
}
