internal import Foundation
internal import Glibc
internal import Synchronization

/// The programs and folders that must not outlive this process, however it ends.
///
/// A watcher thread takes SIGINT, SIGTERM and SIGHUP, which are blocked everywhere else, so that
/// cleaning up is ordinary code and not a signal handler.
final class ChildRegistry: Sendable {
  static let shared = ChildRegistry()

  private struct State {
    var children: Set<pid_t> = []
    var folders: Set<String> = []
    var isWatching = false
  }

  private let state = Mutex(State())

  func add(_ child: pid_t) { state.withLock { _ = $0.children.insert(child) } }
  func remove(_ child: pid_t) { state.withLock { _ = $0.children.remove(child) } }
  func add(folder: String) { state.withLock { _ = $0.folders.insert(folder) } }

  /// Removes a folder and everything in it.
  func remove(folder: String) {
    state.withLock { _ = $0.folders.remove(folder) }
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// From now on a signal ends the children and removes the folders first.
  ///
  /// Call it before any other thread starts: threads inherit the blocked signals.
  func watchSignals() {
    let isFirst = state.withLock { state in
      defer { state.isWatching = true }
      return !state.isWatching
    }
    guard isFirst else { return }
    var ending = SignalSet.ending
    unsafe pthread_sigmask(SIG_BLOCK, &ending, nil)
    Thread.detachNewThread {
      var set = SignalSet.ending
      var signal: Int32 = 0
      while unsafe sigwait(&set, &signal) != 0 {}
      ChildRegistry.shared.cleanUp()
      _exit(128 + signal)
    }
  }

  /// Ends every child and removes every folder.
  func cleanUp() {
    let (children, folders) = state.withLock { state in
      defer {
        state.children = []
        state.folders = []
      }
      return (state.children, state.folders)
    }
    for child in children { Glibc.kill(child, SIGKILL) }
    for folder in folders { try? FileManager.default.removeItem(atPath: folder) }
  }
}

/// Sets of signals.
private enum SignalSet {
  /// The signals by which a person or a system ends a program.
  static var ending: sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&set, signal) }
    return set
  }
}
