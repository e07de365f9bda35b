public import EphemeralWire

/// What happens to a client session (EphemeralSession.docc, "Driving a client").
public enum ClientEvent<Crypto: SessionCryptography> {
  /// Begin: the connection to the host is open.
  case start
  /// A frame arrived from the host.
  case frame(IncomingFrame<Crypto.Bytes>)
  /// The stream broke the framing rules; the connection cannot be read further.
  case broken(AbortCode)
  /// The local user asks for an inference; the machine takes ownership of the request's CBOR.
  case infer(request: Crypto.Material)
  /// The driver has copied the result out.
  case resultTaken
  /// The local user is done.
  case close
  /// The driver has wiped its own copies.
  case wiped
  /// The time in `deadline` has come.
  case deadline
  /// The host's connection is closed.
  case peerClosed
  /// The local user gives up.
  case cancel
}
