import EphemeralSession
import PropertyTesting

/// What the roles of one world claimed, and whether they agree.
struct ClaimLedger {
  typealias Claim = SessionClaim<LibcryptoCryptography>

  private struct Inference: Equatable {
    var sequence: UInt64
    var request: [UInt8]
    var response: [UInt8]
  }

  private var acceptedKeys: [[UInt8]] = []
  private var inferences: [Inference] = []
  private var assembledModels: [[UInt8]] = []
  private var clientKeys: [[UInt8]] = []

  /// Takes in an enclave's claims: each request is inferred once, in order, after an assembly.
  mutating func addEnclave(_ claims: [Claim]) throws(Violation) {
    var next: UInt64 = 0
    var isAssembled = false
    var wipes = 0
    for claim in claims {
      try require(wipes == 0, "an enclave claims \(claim.name) after its wipe")
      switch claim {
      case .keysAccepted(_, let transcript):
        try require(!acceptedKeys.contains(transcript), "keys are accepted twice")
        acceptedKeys.append(transcript)
      case .topologyReceived: try require(!isAssembled, "a topology after the assembly")
      case .assembled(let model):
        isAssembled = true
        assembledModels.append(model)
      case .inferred(let sequence, let request, let response):
        try require(isAssembled, "an inference without a model")
        try require(sequence == next, "inference \(sequence) where \(next) was due")
        next += 1
        inferences.append(Inference(sequence: sequence, request: request, response: response))
      case .wiped: wipes += 1
      case .evidenceVerified, .keysAgreed, .topologySent, .modelAgreed, .resultAccepted, .completed:
        throw Violation(message: "an enclave claims \(claim.name)")
      }
    }
    try require(wipes == 1, "an enclave claims \(wipes) wipes")
  }

  /// Takes in a client's claims, when all enclaves' are in: all that it holds an enclave meant so.
  mutating func addClient(_ client: Int, _ claims: [Claim]) throws(Violation) {
    var keyPublic: [UInt8]?
    var transcript: [UInt8]?
    for claim in claims {
      switch claim {
      case .evidenceVerified(_, let key):
        keyPublic = key
        try require(
          SessionFixture.publicKEMKeys.contains(key), "evidence of a key that no enclave has")
      case .keysAgreed(let agreed):
        transcript = agreed
        try require(keyPublic != nil, "keys without evidence")
        try require(acceptedKeys.contains(agreed), "keys that no enclave accepted")
        try require(!clientKeys.contains(agreed), "two clients hold the same keys")
        clientKeys.append(agreed)
      case .topologySent(let sent):
        try require(sent == transcript, "a topology leaves under other keys")
      case .modelAgreed(let model):
        try require(
          model == SessionFixture.modelHash(client: client) && assembledModels.contains(model),
          "a model that no enclave assembled")
      case .resultAccepted(let sequence, let request, let response):
        let inference = Inference(sequence: sequence, request: request, response: response)
        guard let index = inferences.firstIndex(of: inference) else {
          throw Violation(message: "a result that no enclave gave")
        }
        inferences.remove(at: index)
      case .completed: try require(transcript != nil, "completed without keys")
      case .keysAccepted, .topologyReceived, .assembled, .inferred, .wiped:
        throw Violation(message: "a client claims \(claim.name)")
      }
    }
  }
}

extension SessionFixture {
  /// The KEM keys of all enclaves.
  static let publicKEMKeys: [[UInt8]] = (0..<pairs).compactMap { enclave in
    accepted { try publicKeys(enclave: enclave).kem }
  }
}
