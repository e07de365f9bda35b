extension SendKey where Crypto: ForkableProvider {
  /// An independent key at the same sequence number.
  borrowing func fork() -> SendKey<Crypto> {
    var copy = SendKey(key.fork(), sessionID: sessionID, direction: direction)
    copy.resume(at: sequence)
    return copy
  }
}

extension Gathering where Crypto: ForkableProvider {
  /// An independent message with the same pieces.
  borrowing func fork() -> Gathering<Crypto> {
    Gathering(content: content.fork(), counts: counts)
  }
}

extension EnclaveKeys where Crypto: ForkableProvider {
  /// Independent keys with the same content.
  borrowing func fork() -> EnclaveKeys<Crypto> {
    EnclaveKeys(
      facts: facts, receiptKey: receiptKey.fork(), receiveKey: receiveKey.fork(),
      send: send.fork(), inferences: inferences)
  }
}

extension EnclaveService where Crypto: ForkableProvider {
  /// An independent service in the same condition.
  borrowing func fork() -> EnclaveService<Crypto> {
    EnclaveService(session: session.fork(), admission: admission, modelHash: modelHash)
  }
}

extension ClientKeys where Crypto: ForkableProvider {
  /// Independent keys with the same content.
  borrowing func fork() -> ClientKeys<Crypto> {
    ClientKeys(
      facts: facts, receiveKey: receiveKey.fork(), send: send.fork(), inferences: inferences)
  }
}
