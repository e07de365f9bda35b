import CLinux
import EphemeralRuntime
import Glibc

/// Process 1: it waits for the enclave and powers the machine off (`Spec/Boot.md §1`).
///
/// A process of its own, so that every way in which the enclave can end leads to the same place,
/// and none of them is the end of process 1, which would be a kernel panic.
enum FirstProcess {
  private static let program = "ephml-enclave"

  /// Whether this program is the machine's init.
  static var isThis: Bool { getpid() == 1 }

  /// Returns in the enclave's process; process 1 itself stays here to the machine's end.
  static func becomeEnclave() {
    let enclave = ephml_fork()
    guard enclave != 0 else { return }
    let end = enclave > 0 ? report(reapUntil(enclave)) : "cannot be started"
    StandardStream.error("\(program): the enclave \(end); powering off\n")
    PowerOff.now()
  }

  /// Reaps every child until `last`; returns how that one ended, or nil if there is no child.
  private static func reapUntil(_ last: pid_t) -> Int32? {
    while true {
      var status: Int32 = 0
      // SAFETY: the call fills the local.
      let child = unsafe waitpid(-1, &status, 0)
      if child == last { return status }
      if child < 0, errno != EINTR { return nil }
    }
  }

  /// What a wait status says, in words.
  static func report(_ status: Int32?) -> String {
    guard let status else { return "is lost" }
    let signal = status & 0x7f
    return signal == 0 ? "ended with code \(status >> 8 & 0xff)" : "was ended by signal \(signal)"
  }
}
