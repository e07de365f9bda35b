internal import Glibc

/// Whole writes to the process's standard descriptors, without buffers that a signal could lose.
public enum StandardStream {
  /// Writes a text to standard output.
  public static func output(_ text: String) { write(text, to: STDOUT_FILENO) }

  /// Writes a text to standard error.
  public static func error(_ text: String) { write(text, to: STDERR_FILENO) }

  /// Whether a person watches standard error.
  public static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether a person watches standard output.
  public static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      // The pointer lives only for this call.
      let written = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }
}
