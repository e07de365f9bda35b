import EphemeralCrypto
import EphemeralSession
import Synchronization

/// Secret bytes on their way between the loop and a worker; taken out once, wiped if never.
final class SecretBox: Sendable {
  private let content: Mutex<SecretBytes?>

  init(_ secret: consuming SecretBytes) { content = Mutex(consume secret) }

  /// Hands the secret over; nil if somebody has taken it before.
  func take() -> SecretBytes? { content.withLock { $0.take() } }
}

extension SecretMaterial {
  /// A copy for a worker; nil for keys, destroyed secrets, or without memory.
  func copySecret() -> SecretBox? {
    let copy = withSpan { bytes in
      try? SecretBox(SecretBytes(copying: bytes))
    }
    return copy ?? nil
  }
}
