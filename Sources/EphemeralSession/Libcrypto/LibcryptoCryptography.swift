public import EphemeralAttestation
import EphemeralCrypto
import EphemeralWire

/// The real provider: libcrypto's primitives and the project's own wire and attestation formats.
///
/// Not a `ForkableProvider`: forking a real session does not compile.
public struct LibcryptoCryptography: SessionCryptography {
  /// Bytes.
  public typealias Bytes = [UInt8]
  /// A SHA-384 value, 48 bytes.
  public typealias Digest = [UInt8]
  /// A reference to a secret.
  public typealias Material = SecretMaterial
  /// The verifier's proof.
  public typealias VerifiedEvidence = EphemeralAttestation.VerifiedEvidence
  /// The verifier's report.
  public typealias EvidenceReport = AttestationReport

  /// What the client pins; `nil` judges without pins, which never suffices for an inference.
  public var policy: MeasurementPolicy?

  /// A client's provider.
  public init(policy: MeasurementPolicy?) {
    self.policy = policy
  }

  /// An enclave's or a host's provider.
  public init() {
    policy = nil
  }

  /// Overwrites the secret now.
  public static func destroy(_ material: SecretMaterial) {
    material.destroy()
  }
}

/// Runs libcrypto work whose failure is this side's own.
func own<Value: ~Copyable>(
  _ body: () throws(CryptoError) -> Value
) throws(ProviderFailure) -> Value {
  do { return try body() } catch { throw .fault }
}

/// Runs libcrypto work on a peer's bytes: what the bytes can cause is a refusal.
func judged<Value: ~Copyable>(
  _ body: () throws(CryptoError) -> Value
) throws(ProviderFailure) -> Value {
  do {
    return try body()
  } catch {
    switch error {
    case .authenticationFailed, .invalidPublicKey, .sharedSecretRefused, .wrongLength, .tooLarge:
      throw .refused
    case .memoryUnavailable, .memoryNotLocked, .entropyUnavailable, .invalidPrivateKey,
      .sequenceExhausted, .libraryFailure:
      throw .fault
    }
  }
}
