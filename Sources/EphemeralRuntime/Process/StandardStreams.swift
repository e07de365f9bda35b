import Glibc

/// The process's own output and log, unbuffered.
public enum StandardStreams {
  /// Writes one line on standard output: what scripts read.
  public static func output(_ line: String) { write(line, to: 1) }

  /// Writes one line on standard error: what people read. Static facts, never a peer's bytes.
  public static func log(_ line: String) { write(line, to: 2) }

  private static func write(_ line: String, to descriptor: Int32) {
    let bytes = Array((line + "\n").utf8)
    var written = 0
    while written < bytes.count {
      // SAFETY: the call reads the rest of the buffer.
      let put = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(
          descriptor, buffer.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if put <= 0 {
        if put < 0, errno == EINTR { continue }
        return
      }
      written += put
    }
  }
}
