import EphemeralCrypto
import FaultPoints

/// The digest T0, by which a document speaks for one ClientHello and one Evidence
/// (`Spec/Protocol.md §5.1`).
public enum EvidenceTranscript {
  /// T0, 48 bytes.
  ///
  /// - Parameters:
  ///   - clientHello: ClientHello's payload as sent.
  ///   - body: EvidenceBody's bytes as received.
  public static func digest(clientHello: [UInt8], body: [UInt8]) -> [UInt8] {
    SHA384.hash(
      Array("ephml/1 evidence".utf8) + bigEndian(UInt64(clientHello.count))
        + (planted("transcript-without-hello") ? [] : clientHello)
        + bigEndian(UInt64(body.count))
        + (planted("transcript-without-body") ? [] : body))
  }
}

/// A number's eight bytes, the greatest first.
func bigEndian(_ number: UInt64) -> [UInt8] {
  stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
}
