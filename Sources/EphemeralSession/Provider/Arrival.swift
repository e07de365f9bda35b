/// The secret that came with an event, until a state takes it; what nobody takes is destroyed.
package struct Arrival<Crypto: SessionCryptography>: ~Copyable {
  private var secret: Secret<Crypto>?

  /// Nothing secret came.
  package init() { secret = nil }

  /// Takes over what came.
  package init(_ material: Crypto.Material) { secret = Secret(material) }

  /// Hands the secret over; a programmer's error unless the event brings one.
  mutating func take() -> Secret<Crypto> {
    guard let taken = secret.take() else {
      preconditionFailure("the event brings no secret")
    }
    return taken
  }
}
