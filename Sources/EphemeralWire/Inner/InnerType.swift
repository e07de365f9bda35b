/// The real type of a message inside sealed records (Spec/Protocol.md, "Records").
public enum InnerType: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  /// Enclave to client: T2, 48 bytes; the enclave's first record.
  case keyConfirm = 1
  /// Client to enclave: the topology key.
  case topologyDeliver = 2
  /// Enclave to client: the model is whole.
  case assembled = 3
  /// Client to enclave: inputs.
  case inferRequest = 4
  /// Enclave to client: outputs and receipt.
  case inferResult = 5
  /// Client to enclave: the session is over.
  case close = 6
  /// Enclave to client: all is wiped.
  case zeroized = 7
  /// Either way: an abort code.
  case abort = 8

  /// Bytes of a KeyConfirm's content: a SHA-384 value.
  public static let keyConfirmBytes = 48
}
