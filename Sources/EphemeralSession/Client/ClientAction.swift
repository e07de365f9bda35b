/// What a client's driver has to do (EphemeralSession.docc, "Driving a client").
public enum ClientAction<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// Send the frame to the host.
  case send(OutgoingFrame<Bytes>)
  /// Tell the user that the model is assembled; `infer` and `close` are now allowed.
  case assembled(AssembledFields<Bytes>)
  /// Copy the result out through `withResponse` and `receipt`, then feed `resultTaken`.
  case deliverResult(sequence: UInt64)
  /// Write the event to the audit log, if there is one.
  case audit(AuditEvent)
  /// Wipe every copy of topology, requests and results, then feed `wiped`.
  case wipe
  /// Close the connection once what was sent has left; the session is over.
  case close(SessionOutcome)
}
