import CLinux
import Glibc

/// A file descriptor that is closed when its owner goes away.
package struct Descriptor: ~Copyable, Sendable {
  /// The operating system's number.
  package let number: Int32

  /// Takes over an open descriptor; nil for the −1 that a failed call returns.
  init?(_ number: Int32) {
    guard number >= 0 else { return nil }
    self.number = number
  }

  /// Opens a file or device that is there, not to be inherited; nil with `errno`.
  package init?(path: String, flags: Int32) {
    // SAFETY: the string lives for the call.
    self.init(unsafe open(path, flags | O_CLOEXEC))
  }

  deinit { _ = close(number) }
}

/// A counter in the kernel that threads block on or an event loop watches.
struct EventCounter: ~Copyable, Sendable {
  private let descriptor: Descriptor

  /// With `semaphore` every read takes one; otherwise a read takes all and never blocks.
  init?(semaphore: Bool) {
    let flags = (semaphore ? EFD_SEMAPHORE : EFD_NONBLOCK) | EFD_CLOEXEC
    guard let descriptor = Descriptor(eventfd(0, Int32(flags))) else { return nil }
    self.descriptor = descriptor
  }

  var number: Int32 { descriptor.number }

  func add(_ count: UInt64) {
    var value = count
    // SAFETY: eight bytes of a local are read by the call; it fails only when the counter is full,
    // and then its readers are awake already.
    _ = unsafe write(descriptor.number, &value, 8)
  }

  func take() {
    var value: UInt64 = 0
    // SAFETY: eight bytes of a local are written by the call.
    while unsafe read(descriptor.number, &value, 8) < 0, errno == EINTR {}
  }
}
