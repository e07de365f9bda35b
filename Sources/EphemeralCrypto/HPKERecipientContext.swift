extension HPKE {
  /// The opening side of one encapsulation; its keys end with it.
  public struct RecipientContext: ~Copyable, Sendable {
    let schedule: KeySchedule
    private(set) var sequence: UInt64 = 0

    init(schedule: consuming KeySchedule) {
      self.schedule = schedule
    }

    /// Open (RFC 9180 §5.2): the plaintext under the next sequence number, which a failure keeps.
    ///
    /// Errors: wrongLength, tooLarge, authenticationFailed, sequenceExhausted.
    public mutating func open(
      _ sealed: Span<UInt8>, authenticating associated: Span<UInt8>
    ) throws(CryptoError) -> SecretBytes {
      guard sequence < UInt64.max else { throw .sequenceExhausted }
      var opener = try AES256GCM.Opener(key: schedule.key)
      let plaintext = try opener.open(
        sealed, nonce: try schedule.nonce(sequence), authenticating: associated)
      sequence += 1
      return plaintext
    }

    /// Export (RFC 9180 §5.3): `count` bytes bound to this context and the caller's context.
    ///
    /// Errors: wrongLength, tooLarge.
    public borrowing func export(
      context: Span<UInt8>, count: Int
    ) throws(CryptoError) -> SecretBytes {
      try schedule.export(context: context, count: count)
    }
  }
}
