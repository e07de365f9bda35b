import EphemeralAttestation

/// The attestation device's requests: a few at once, the others in line.
///
/// A document costs the device tens of milliseconds and a client nothing, so requests are bounded
/// (`Spec/Protocol.md`, bounds); a session that gives up leaves the line.
final class EvidenceQueue {
  private struct Request {
    let owner: Int
    let userData: [UInt8]
    let nonce: [UInt8]
    let publicKey: [UInt8]
    let completion: ([UInt8]?) -> Void
  }

  private let reactor: any Reactor
  private let device: any AttestationDevice
  private var line: [Request] = []
  private(set) var outstanding = 0

  init(reactor: any Reactor, device: any AttestationDevice) {
    self.reactor = reactor
    self.device = device
  }

  /// How many wait in line.
  var waiting: Int { line.count }

  /// Asks for a document; `completion` gets nil if the device gives none.
  func request(
    owner: Int, userData: [UInt8], nonce: [UInt8], publicKey: [UInt8],
    completion: @escaping ([UInt8]?) -> Void
  ) {
    line.append(
      Request(
        owner: owner, userData: userData, nonce: nonce, publicKey: publicKey,
        completion: completion))
    startNext()
  }

  /// Takes the owner's requests out of the line; one under way completes.
  func leave(owner: Int) { line.removeAll { $0.owner == owner } }

  private func startNext() {
    while outstanding < DriverLimits.outstandingEvidence, !line.isEmpty {
      let request = line.removeFirst()
      outstanding += 1
      let client = NSMClient(device)
      let (userData, nonce, publicKey) = (request.userData, request.nonce, request.publicKey)
      reactor.perform(on: .blocking) {
        try? client.attest(userData: userData, nonce: nonce, publicKey: publicKey)
      } then: { [self] document in
        outstanding -= 1
        request.completion(document)
        startNext()
      }
    }
  }
}
