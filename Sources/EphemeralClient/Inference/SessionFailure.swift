internal import EphemeralAttestation

/// Why a session did not reach its end, by a name from a closed list.
struct SessionFailure: Error {
  /// An abort code's name, or the first attestation check that failed.
  let name: String
  /// The same in one line, and how the program ends.
  let failure: ClientFailure
  /// What was found out about the enclave, if it came to that.
  let report: AttestationReport?
}
