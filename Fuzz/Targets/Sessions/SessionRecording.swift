import EphemeralSession
import EphemeralWire
import PropertyTesting

/// The frames of an honest session of client 0, host and enclave 0: what seeds are made of.
struct SessionRecording: Sendable {
  let toClient: [Frame]
  let toEnclave: [Frame]
  /// What the host receives, in order, and from which side.
  let toHost: [(side: HostSide, frame: Frame)]
  let receipt: [UInt8]
  let wipeReport: [UInt8]
  let receiptPublicKey: [UInt8]

  private static let recorded = Result { try SessionRecording() }

  /// The recording.
  static func honest() throws -> SessionRecording { try recorded.get() }

  private init() throws {
    let time = SessionFixture.start
    let client = try ClientRole(0)
    let host = HostRole()
    let enclave = try EnclaveRole(0)
    var toClient: [Frame] = []
    var toEnclave: [Frame] = []
    var toHost: [(side: HostSide, frame: Frame)] = []
    func frame(_ incoming: IncomingFrame<[UInt8]>) -> Frame {
      Frame(type: incoming.type, payload: incoming.payload)
    }
    client.handle(.start, at: time)
    var isMoving = true
    while isMoving {
      isMoving = false
      for (side, frames) in [
        (HostSide.client, takeAll(&client.outbox)), (.enclave, takeAll(&enclave.outbox)),
      ] {
        for incoming in frames {
          isMoving = true
          toHost.append((side, frame(incoming)))
          host.handle(.frame(incoming, from: side), at: time)
        }
      }
      for incoming in takeAll(&host.toEnclave) {
        isMoving = true
        toEnclave.append(frame(incoming))
        enclave.handle(.frame(incoming), at: time)
      }
      for incoming in takeAll(&host.toClient) {
        isMoving = true
        toClient.append(frame(incoming))
        client.handle(.frame(incoming), at: time)
      }
    }
    guard client.outcome == .completed, let receipt = client.receipts.first,
      let wipeReport = client.wipeReport
    else { throw Violation(message: "the honest session does not complete") }
    self.toClient = toClient
    self.toEnclave = toEnclave
    self.toHost = toHost
    self.receipt = receipt
    self.wipeReport = wipeReport
    receiptPublicKey = try SessionFixture.publicKeys(enclave: 0).receipt
  }
}

/// Empties an outbox.
func takeAll<Element>(_ items: inout [Element]) -> [Element] {
  let taken = items
  items.removeAll()
  return taken
}
