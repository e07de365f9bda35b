import EphemeralAttestation
import Synchronization

/// A security module that answers as a script says, and keeps what it was asked.
final class ScriptedDevice: AttestationDevice {
  enum Answer {
    case response(NSMResponse)
    case bytes([UInt8])
    case failure(AttestationDeviceError)
  }

  private let answers: Mutex<[Answer]>
  private let asked = Mutex<[NSMRequest]>([])

  /// One answer for each request, in order; after the last one the device is gone.
  init(_ answers: [Answer]) { self.answers = Mutex(answers) }

  convenience init(_ answers: NSMResponse...) { self.init(answers.map { .response($0) }) }

  var requests: [NSMRequest] { asked.withLock { $0 } }

  func process(_ request: [UInt8]) throws(AttestationDeviceError) -> [UInt8] {
    guard let parsed = try? NSMRequest(decoding: request) else { throw .failed }
    asked.withLock { $0.append(parsed) }
    let next = answers.withLock { $0.isEmpty ? Answer.failure(.unavailable) : $0.removeFirst() }
    switch next {
    case .response(let response): return response.encoded()
    case .bytes(let bytes): return bytes
    case .failure(let error): throw error
    }
  }
}
