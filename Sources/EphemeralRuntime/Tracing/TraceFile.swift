import Glibc

/// A file of lines, each of which is handed to the operating system whole and at once.
///
/// A kill cannot tear a line nor lose one that was written. The first line that cannot be written
/// is the last that is tried: a trace with a hole would prove nothing.
final class TraceFile {
  /// How every trace begins.
  private static let beginning = Array("{\"session\":\"".utf8)

  private let file: File
  private let maximumBytes: Int
  private let warn: (String) -> Void
  private var size: Int
  private var isOn = true

  /// Opens or makes a file and goes on at its end; a line that was cut short is taken off.
  init(path: String, maximumBytes: Int, warn: @escaping (String) -> Void) throws(TraceError) {
    do throws(StoreError) {
      let file = try File(path: path, flags: O_RDWR | O_CREAT | O_NONBLOCK)
      guard try file.isRegular() else { throw StoreError.malformed }
      guard file.tryLock() else { throw StoreError.busy }
      size = try file.size()
      self.file = file
    } catch {
      throw error == .busy ? .busy : .unusable
    }
    self.maximumBytes = maximumBytes
    self.warn = warn
    do throws(StoreError) {
      guard size > 0 else { return }
      guard try file.read(at: 0, count: Self.beginning.count) == Self.beginning else {
        throw StoreError.malformed
      }
      try repair()
    } catch {
      throw error == .malformed ? .notATrace : .unusable
    }
  }

  /// Takes off what follows the last newline.
  private func repair() throws(StoreError) {
    let window = min(size, TraceBounds.lineBytes)
    let tail = try file.read(at: size - window, count: window)
    guard let end = tail.lastIndex(of: 0x0a) else {
      guard size < TraceBounds.lineBytes else { throw .malformed }
      try file.truncate(to: 0)
      size = 0
      return
    }
    let torn = tail.count - end - 1
    guard torn > 0 else { return }
    try file.truncate(to: size - torn)
    size -= torn
  }

  func append(_ line: String) {
    guard isOn else { return }
    let bytes = Array(line.utf8) + [0x0a]
    guard bytes.count <= TraceBounds.lineBytes, size + bytes.count <= maximumBytes else {
      return stop("the trace has reached its bound")
    }
    do throws(StoreError) {
      try file.write(bytes, at: size)
      size += bytes.count
    } catch {
      _ = try? file.truncate(to: size)
      stop("the trace cannot be written")
    }
  }

  private func stop(_ reason: String) {
    isOn = false
    warn("warning: \(reason); it ends here and is not complete")
  }
}
