internal import EphemeralRuntime
internal import EphemeralWire

/// The closed list of abort codes in words and as exit codes.
enum AbortWords {
  /// A failure that names the code and who said it.
  static func failure(_ code: AbortCode, from source: String) -> ClientFailure {
    ClientFailure(exitCode(code), "\(source): \(code): \(words(code))")
  }

  /// How the program ends after this code.
  static func exitCode(_ code: AbortCode) -> ExitCode {
    switch code {
    case .evidenceRefused, .modelMismatch, .receiptInvalid, .keyExchangeFailed: .refused
    case .inputInvalid, .unsupportedOperator, .topologyInvalid, .inferenceFailed, .cancelled,
      .internalError:
      .failed
    case .unexpectedMessage, .malformed, .unsupportedVersion, .recordInvalid, .tooLarge, .busy,
      .weightsUnavailable, .weightsInvalid, .lifetimeEnded, .deadlineExceeded,
      .sequenceExhausted, .peerClosed, .attestationUnavailable, .enclaveUnreachable, .storeFull,
      .blobMismatch:
      .peer
    }
  }

  /// What the code means, for people.
  static func words(_ code: AbortCode) -> String {
    switch code {
    case .unexpectedMessage: "a message that the phase does not allow"
    case .malformed: "bytes that are not the message they claim to be"
    case .unsupportedVersion: "a protocol version that the other side does not speak"
    case .evidenceRefused: "the enclave's evidence was refused"
    case .keyExchangeFailed: "the key exchange did not open or did not confirm"
    case .recordInvalid: "a sealed record was changed, replayed, dropped or out of order"
    case .topologyInvalid: "the enclave cannot read the topology"
    case .unsupportedOperator: "the engine does not have an operator of the model"
    case .tooLarge: "something is larger than the enclave or the host allows"
    case .busy: "no room for another session now"
    case .weightsUnavailable: "the host does not have the weight blob; push it first"
    case .weightsInvalid: "the weight blob was changed: it did not open"
    case .modelMismatch: "the assembled model is not the one that was decomposed"
    case .inputInvalid: "the inputs do not fit the model"
    case .inferenceFailed: "the engine could not finish the inference"
    case .lifetimeEnded: "the session's or the model's lifetime is over"
    case .deadlineExceeded: "a phase took longer than its deadline"
    case .sequenceExhausted: "the session has sealed as many records as it may"
    case .cancelled: "stopped"
    case .peerClosed: "the connection was closed"
    case .internalError: "a fault of the side that says so"
    case .attestationUnavailable: "the enclave's attestation device did not answer"
    case .enclaveUnreachable: "the host cannot reach the enclave"
    case .storeFull: "the host's store has no room"
    case .blobMismatch: "the stored bytes do not have the digest that they are named by"
    case .receiptInvalid: "a receipt or wipe report did not verify"
    }
  }
}
