import CLinux
import Glibc

/// The kernel's list of watched descriptors, each under a number of ours.
///
/// Safe to use: the one unsafe thing in it, the union inside `epoll_event`, is only ever written
/// and read through its 64-bit member.
@safe struct Epoll: ~Copyable {
  /// How many events one system call hands over.
  private static let batch = 128

  private let descriptor: Descriptor
  private var events: [epoll_event]

  init?() {
    guard let descriptor = Descriptor(epoll_create1(Int32(EPOLL_CLOEXEC))) else {
      return nil
    }
    self.descriptor = descriptor
    unsafe events = [epoll_event](repeating: epoll_event(), count: Epoll.batch)
  }

  func add(_ watched: Int32, number: UInt64, events: UInt32) -> Bool {
    control(EPOLL_CTL_ADD, watched, number, events) == 0
  }

  func change(_ watched: Int32, number: UInt64, events: UInt32) {
    _ = control(EPOLL_CTL_MOD, watched, number, events)
  }

  func remove(_ watched: Int32) { _ = control(EPOLL_CTL_DEL, watched, 0, 0) }

  private func control(
    _ operation: Int32, _ watched: Int32, _ number: UInt64, _ events: UInt32
  ) -> Int32 {
    // SAFETY: the call copies the event.
    var event = unsafe epoll_event(events: events, data: epoll_data_t(u64: number))
    return unsafe epoll_ctl(descriptor.number, operation, watched, &event)
  }

  /// Waits for events and returns them as (number, bits) pairs.
  mutating func wait(timeoutMilliseconds: Int32) -> [(number: UInt64, bits: UInt32)] {
    // SAFETY: the call fills at most `batch` events and says how many.
    let count = unsafe events.withUnsafeMutableBufferPointer { buffer in
      unsafe epoll_wait(
        descriptor.number, buffer.baseAddress, Int32(buffer.count), timeoutMilliseconds)
    }
    guard count > 0 else { return [] }
    var found: [(number: UInt64, bits: UInt32)] = []
    found.reserveCapacity(Int(count))
    for index in 0..<Int(count) {
      unsafe found.append((events[index].data.u64, events[index].events))
    }
    return found
  }
}
