internal import Foundation
internal import Glibc
internal import Synchronization

/// The programs and folders that must not outlive this process, however it ends.
///
/// A watcher thread takes SIGINT, SIGTERM and SIGHUP, which are blocked everywhere else, so that
/// cleaning up is ordinary code and not a signal handler.
package final class ChildRegistry: Sendable {
  /// The one of this process.
  package static let shared = ChildRegistry()

  private struct State {
    var children: Set<pid_t> = []
    var folders: Set<String> = []
    var isWatching = false
  }

  /// How often a folder is removed that does not go at once.
  private static let removals = 200

  private let state = Mutex(State())

  /// Runs `spawn` and keeps the child that it starts; no signal is handled between the two.
  func start<Failure>(_ spawn: () -> Result<pid_t, Failure>) -> Result<pid_t, Failure> {
    state.withLock { state in
      let started = spawn()
      if case .success(let child) = started { state.children.insert(child) }
      return started
    }
  }

  func remove(_ child: pid_t) { state.withLock { _ = $0.children.remove(child) } }
  func add(folder: String) { state.withLock { _ = $0.folders.insert(folder) } }

  /// Removes a folder and everything in it.
  func remove(folder: String) {
    try? FileManager.default.removeItem(atPath: folder)
    // Known until it is gone, so that a signal in between finishes the removal.
    state.withLock { _ = $0.folders.remove(folder) }
  }

  /// From now on a signal ends the children and removes the folders first.
  ///
  /// Call it before any other thread starts: threads inherit the blocked signals.
  package func watchSignals() {
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
      ChildRegistry.shared.cleanUpAndExit(128 + signal)
    }
  }

  /// Ends every child, removes every folder, and ends this process; nothing is started meanwhile.
  private func cleanUpAndExit(_ code: Int32) -> Never {
    state.withLock { state in
      for child in state.children {
        Glibc.kill(child, SIGKILL)
        // Until it is reaped it may still write to a folder.
        waitpid(child, nil, 0)
      }
      for folder in state.folders { Self.removeForGood(folder) }
      _exit(code)
    }
  }

  /// Removes a folder in which another thread may just be making or removing a file.
  private static func removeForGood(_ folder: String) {
    for _ in 0..<removals {
      try? FileManager.default.removeItem(atPath: folder)
      guard FileManager.default.fileExists(atPath: folder) else { return }
      usleep(2_000)
    }
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
