import FaultPoints

/// A secret owned by exactly one state; leaving the state destroys it.
///
/// `Material` is copyable so that it can be an associated type; ownership is this wrapper's task.
public struct Secret<Crypto: SessionCryptography>: ~Copyable {
  /// The provider's handle on the secret.
  private(set) var material: Crypto.Material

  /// Takes over the material.
  package init(_ material: Crypto.Material) {
    self.material = material
  }

  /// Appends another secret's content.
  mutating func append(
    _ piece: borrowing Secret<Crypto>, by crypto: Crypto
  ) throws(ProviderFailure) {
    try crypto.append(piece.material, to: &material)
  }

  deinit {
    if !planted("secrets-not-destroyed") { Crypto.destroy(material) }
  }
}
