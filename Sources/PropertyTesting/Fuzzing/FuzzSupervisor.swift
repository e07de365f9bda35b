import Glibc

/// Runs a process that fuzzes, and says how it ended and over which input.
public struct FuzzSupervisor {
  /// How a process ended.
  public enum End: Equatable, Sendable {
    /// By itself, with a status.
    case exited(status: Int32)
    /// By a signal; with the input that was running, if one was.
    case crashed(signal: Int32, input: [UInt8]?)
    /// One input ran for longer than it may; the process was killed.
    case hung(input: [UInt8])
    /// It could not be started.
    case notStarted
  }

  /// How long to sleep between two looks, in microseconds.
  private static let lookMicroseconds: UInt32 = 20_000

  /// The executable's path.
  public var executable: String
  /// Its arguments, without its name.
  public var arguments: [String]
  /// Variables to add to this process's own environment, `NAME=value`.
  public var environment: [String] = []
  /// How long one input may run, in seconds.
  public var secondsPerExecution: UInt64

  /// A supervisor of a process yet to be started.
  public init(executable: String, arguments: [String], secondsPerExecution: UInt64) {
    self.executable = executable
    self.arguments = arguments
    self.secondsPerExecution = secondsPerExecution
  }

  /// Starts the process and waits for its end; the box is the one that the process writes.
  public func run(_ box: FuzzBlackBox) -> End {
    guard let process = start() else { return .notStarted }
    var executions = box.executions
    var since = FuzzClock.nanoseconds()
    while true {
      var status: Int32 = 0
      if unsafe waitpid(process, &status, WNOHANG) == process { return end(status, box) }
      let now = FuzzClock.nanoseconds()
      if box.executions != executions || !box.isRunning {
        executions = box.executions
        since = now
      } else if now &- since > secondsPerExecution.multipliedOrMax(1_000_000_000) {
        kill(process, SIGKILL)
        _ = unsafe waitpid(process, &status, 0)
        return .hung(input: box.input)
      }
      usleep(Self.lookMicroseconds)
    }
  }

  private func end(_ status: Int32, _ box: FuzzBlackBox) -> End {
    let signal = status & 0x7f
    if signal == 0 { return .exited(status: status >> 8 & 0xff) }
    return .crashed(signal: signal, input: box.isRunning ? box.input : nil)
  }

  private func start() -> pid_t? {
    var process: pid_t = 0
    let names = environment.map { $0.prefix { $0 != "=" } + "=" }
    let inherited = Self.inheritedEnvironment().filter { line in
      !names.contains { line.hasPrefix($0) }
    }
    // The arrays are lent for the call, which copies what it needs.
    let result = unsafe Self.withStrings([executable] + arguments) { arguments in
      unsafe Self.withStrings(inherited + environment) { environment in
        unsafe posix_spawn(&process, executable, nil, nil, arguments, environment)
      }
    }
    return result == 0 ? process : nil
  }

  private static func inheritedEnvironment() -> [String] {
    var lines: [String] = []
    var next = unsafe environ
    while let line = unsafe next.pointee {
      unsafe lines.append(String(cString: line))
      unsafe next += 1
    }
    return lines
  }

  /// Lends strings as C's array of them, which ends with nil.
  private static func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers = unsafe strings.map { unsafe strdup($0) }
    defer { unsafe pointers.forEach { unsafe free($0) } }
    unsafe pointers.append(nil)
    return unsafe pointers.withUnsafeBufferPointer { buffer in
      // Never nil: the array has at least the closing element.
      guard let base = buffer.baseAddress else { preconditionFailure("the array is not empty") }
      return unsafe body(base)
    }
  }
}
