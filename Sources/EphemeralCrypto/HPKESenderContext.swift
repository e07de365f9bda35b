extension HPKE {
  /// The sealing side of one encapsulation; its keys end with it.
  public struct SenderContext: ~Copyable, Sendable {
    /// `enc`, 32 bytes: what the recipient needs to set up its side.
    public let encapsulation: [UInt8]

    let schedule: KeySchedule
    private(set) var sequence: UInt64 = 0

    init(encapsulation: [UInt8], schedule: consuming KeySchedule) {
      self.encapsulation = encapsulation
      self.schedule = schedule
    }

    /// Seal (RFC 9180 §5.2): ciphertext ‖ tag under the next sequence number.
    ///
    /// Errors: tooLarge, sequenceExhausted.
    public mutating func seal(
      _ plaintext: Span<UInt8>, authenticating associated: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
      guard sequence < UInt64.max else { throw .sequenceExhausted }
      var sealer = try AES256GCM.Sealer(key: schedule.key)
      let sealed = try sealer.seal(
        plaintext, nonce: try schedule.nonce(sequence), authenticating: associated)
      sequence += 1
      return sealed
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
