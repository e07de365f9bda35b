/// Why a session ends early: the closed list of Spec/Protocol.md, "Abort codes".
///
/// An Abort carries one of these and nothing else, so that failures are no oracle.
public enum AbortCode: UInt8, Equatable, Sendable, CaseIterable {
  /// A message that the phase does not allow.
  case unexpectedMessage = 1
  /// Bytes that are not the message they claim to be.
  case malformed = 2
  /// A version or suite that this side does not speak.
  case unsupportedVersion = 3
  /// The evidence did not verify, was not pinned or was not fresh.
  case evidenceRefused = 4
  /// The key exchange did not open or did not confirm.
  case keyExchangeFailed = 5
  /// A record did not open, or its plaintext breaks the record layout.
  case recordInvalid = 6
  /// The topology key is not one that can be read.
  case topologyInvalid = 7
  /// The topology uses an operator that the engine does not run.
  case unsupportedOperator = 8
  /// A message, topology, model or request is above its limit.
  case tooLarge = 9
  /// No room for another session now.
  case busy = 10
  /// The host does not have the weight blob.
  case weightsUnavailable = 11
  /// The weight blob did not open or has the wrong digest.
  case weightsInvalid = 12
  /// The assembled model is not the one the client decomposed.
  case modelMismatch = 13
  /// The inputs do not fit the model.
  case inputInvalid = 14
  /// The engine could not finish an inference.
  case inferenceFailed = 15
  /// The session's or the model's lifetime is over.
  case lifetimeEnded = 16
  /// A phase took longer than its deadline.
  case deadlineExceeded = 17
  /// A key has sealed as many records as it may.
  case sequenceExhausted = 18
  /// This side's operator or caller stopped the session.
  case cancelled = 19
  /// The peer closed the connection.
  case peerClosed = 20
  /// A fault of this side.
  case internalError = 21
  /// The attestation device did not answer.
  case attestationUnavailable = 22
  /// The host cannot reach the enclave.
  case enclaveUnreachable = 23
  /// The host's store has no room.
  case storeFull = 24
  /// Stored bytes do not have the digest they are named by.
  case blobMismatch = 25
  /// A receipt or wipe report did not verify.
  case receiptInvalid = 26
}
