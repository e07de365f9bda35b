/// What an enclave's driver has to do (EphemeralSession.docc, "Driving an enclave").
public enum EnclaveAction<Crypto: SessionCryptography>: Equatable {
  /// Send the frame to the host.
  case send(OutgoingFrame<Crypto.Bytes>)
  /// Ask the attestation device; feed `evidenceReady` or `failed`.
  case requestEvidence(userData: Crypto.Digest, nonce: Crypto.Bytes, publicKey: Crypto.Bytes)
  /// Judge the topology (borrow it with `withTopology`); feed `topologyAdmitted` or `failed`.
  case admitTopology
  /// Take the chunk with `takeChunk`, open it into the arena; feed `chunkOpened` or `failed`.
  case openChunk(index: UInt64)
  /// Check the plaintext's digest and build the model; feed `assembled` or `failed`.
  case finishAssembly
  /// Wipe the plaintext weights (lifetime `perInference`); feeds nothing back.
  case dropPlaintext
  /// Compute (borrow the request with `withRequest`); feed `inferred` or `failed`.
  case infer(sequence: UInt64)
  /// Append the event to the audit chain and send it to the host where there is one.
  case audit(AuditEvent)
  /// Wipe model, topology, inputs and outputs, append the record of it; feed `wiped`.
  case wipe
  /// Close the connection once what was sent has left; the session is over.
  case close(SessionOutcome)
}
