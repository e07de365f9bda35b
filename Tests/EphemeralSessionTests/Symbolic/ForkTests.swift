import EphemeralLockstep
import EphemeralSession
import EphemeralWire
import Testing

@Suite("The same machines over symbolic terms")
struct ForkTests {
  typealias Crypto = TermCryptography

  private static func client() -> ClientSession<Crypto> {
    ClientSession(
      configuration: ClientConfiguration(
        crypto: Crypto(), purpose: .infer, modelHash: .name("model")),
      secrets: ClientSecrets(
        nonce: .name("nonce"), seed: .name("client seed"), topology: .name("topology")),
      at: Samples.start)
  }

  private static func enclave() -> EnclaveSession<Crypto> {
    EnclaveSession(
      configuration: EnclaveConfiguration(crypto: Crypto(), weightWindow: 2),
      secrets: EnclaveSecrets(
        sessionID: .name("session"), keySeed: .name("key seed"),
        receiptSeed: .name("receipt seed")),
      at: Samples.start)
  }

  private enum Work {
    case client(ClientEvent<Crypto>)
    case enclave(EnclaveEvent<Crypto>)
  }

  private static func work(for action: ClientAction<Term>) -> [Work] {
    switch action {
    case .send(let frame):
      [.enclave(.frame(IncomingFrame(type: frame.type, payload: frame.payload)))]
    case .assembled:
      [.client(.infer(request: .make("request", [.number(0), .name("random"), .name("input")])))]
    case .deliverResult: [.client(.resultTaken), .client(.close)]
    case .wipe: [.client(.wiped)]
    case .audit, .close: []
    }
  }

  private static func work(for action: EnclaveAction<Crypto>) -> [Work] {
    switch action {
    case .send(let frame):
      if frame.type == .weightRequest {
        return frame.payload.arguments(of: "weights").map { parts in
          [
            .enclave(
              .frame(
                IncomingFrame(
                  type: .weightChunk, payload: .make("chunk", [parts[1], .name("sealed")]))))
          ]
        } ?? []
      }
      return [.client(.frame(IncomingFrame(type: frame.type, payload: frame.payload)))]
    case .requestEvidence(let userData, let nonce, let publicKey):
      return [
        .enclave(.evidenceReady(document: .make("document", [userData, nonce, publicKey])))
      ]
    case .admitTopology:
      return [
        .enclave(
          .topologyAdmitted(
            TopologyAdmission(
              blobID: .name("blob"), chunkCount: 2, source: .host, lifetime: .session,
              maximumInferences: 2, maximumSeconds: 60,
              model: ModelIdentity(name: .name("m"), version: .name("1")))))
      ]
    case .openChunk(let index): return [.enclave(.chunkOpened(index: index))]
    case .finishAssembly:
      return [
        .enclave(
          .assembled(
            AssembledFields(modelHash: .name("model"), weightBytes: 1, nanoseconds: 1)))
      ]
    case .infer:
      return [
        .enclave(
          .inferred(
            response: .make("response", [.number(0), .name("random"), .name("output")]),
            statistics: Samples.statistics))
      ]
    case .wipe:
      return [
        .enclave(
          .wiped(WipeTally(regions: 1, bytes: 1, exposureNanoseconds: 6, auditHead: .name("head"))))
      ]
    case .dropPlaintext, .audit, .close: return []
    }
  }

  @Test("a whole session; before each step a fork goes astray and the original does not notice")
  func fork() {
    var client = Self.client()
    var enclave = Self.enclave()
    var queue: [Work] = [.client(.start)]
    let rogue = IncomingFrame<Term>(type: .sealed, payload: .name("forged"))
    var forks = 0
    while !queue.isEmpty {
      var otherClient = client.fork()
      var otherEnclave = enclave.fork()
      let clientState = client.state
      let enclaveState = enclave.state
      #expect(otherClient.state == clientState)
      #expect(otherEnclave.state == enclaveState)
      _ = otherClient.handle(.frame(rogue), at: Samples.start)
      _ = otherClient.handle(.wiped, at: Samples.start)
      _ = otherEnclave.handle(.frame(rogue), at: Samples.start)
      _ = otherEnclave.handle(
        .wiped(WipeTally(regions: 1, bytes: 1, exposureNanoseconds: 6, auditHead: .name("head"))),
        at: Samples.start)
      let ends = (otherClient.state, otherEnclave.state)
      #expect(ends == (.ended, .ended))
      forks += 1
      switch queue.removeFirst() {
      case .client(let event):
        for action in client.handle(event, at: Samples.start) {
          queue += Self.work(for: action)
        }
      case .enclave(let event):
        for action in enclave.handle(event, at: Samples.start) {
          queue += Self.work(for: action)
        }
      }
    }
    let outcomes = (client.outcome, enclave.outcome)
    #expect(outcomes == (.completed, .completed))
    #expect(forks > 20)
  }
}
