internal import CLinux
internal import EphemeralRuntime
internal import Glibc

/// Another program, started with its standard output on a pipe and its errors in a file.
package final class ChildProcess {
  /// The longest first line that is read, in bytes.
  private static let maximumLine = 512

  /// The system's number of the process.
  package let processID: Int32
  private let name: String
  private let output: Int32
  private let errorFile: String
  private var status: Int32?

  /// Starts `executable`; its signal mask is empty and its handlers are the default ones.
  package init(executable: String, arguments: [String], errorFile: String) throws(ClientFailure) {
    name = executable.split(separator: "/").last.map(String.init) ?? executable
    self.errorFile = errorFile
    var pipe: [Int32] = [-1, -1]
    guard unsafe ephml_pipe(&pipe) == 0 else {
      throw ClientFailure(.failed, "\(executable): \(FileAccess.reason())")
    }
    let started = ChildRegistry.shared.start {
      Self.spawn(executable, arguments, output: pipe[1], errorFile: errorFile)
    }
    close(pipe[1])
    guard case .success(let processID) = started else {
      close(pipe[0])
      guard case .failure(let failure) = started else { preconditionFailure("not a result") }
      throw failure
    }
    output = pipe[0]
    self.processID = processID
  }

  deinit {
    kill()
    close(output)
  }

  /// Waits for the line `listening ADDRESS` that a server prints when it is ready.
  package func listeningAddress(timeoutMilliseconds: Int32 = 10_000) throws(ClientFailure) -> String
  {
    let line = try firstLine(timeoutMilliseconds: timeoutMilliseconds)
    guard line.hasPrefix("listening ") else { throw failure("said something unexpected") }
    return String(line.dropFirst("listening ".count))
  }

  /// Everything that the program prints until it ends.
  package func wholeOutput() -> [UInt8] {
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while text.count < 1 << 20 {
      let count = unsafe read(output, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      text += piece[..<count]
    }
    return text
  }

  /// Asks the program to end, waits, and ends it by force if it does not.
  ///
  /// - Returns: its exit code, or nil where a signal ended it.
  @discardableResult
  package func terminate(timeoutMilliseconds: Int = 5_000) -> Int32? {
    if status == nil { Glibc.kill(processID, SIGTERM) }
    return wait(timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Waits for the program's own end, and ends it by force when the time is over.
  @discardableResult
  package func wait(timeoutMilliseconds: Int = 60_000) -> Int32? {
    for _ in 0..<max(1, timeoutMilliseconds / 2) {
      if reap(WNOHANG) { return exitCode }
      usleep(2_000)
    }
    kill()
    return exitCode
  }

  /// Ends the program at once.
  package func kill() {
    guard status == nil else { return }
    Glibc.kill(processID, SIGKILL)
    _ = reap(0)
  }

  /// Everything that the program wrote to its errors.
  package var allErrors: String {
    guard let bytes = try? FileAccess.read(errorFile, maximum: 1 << 20) else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The last line of its errors.
  var lastError: String? { allErrors.split(separator: "\n").last.map(String.init) }

  private var exitCode: Int32? {
    guard let status, status & 0x7f == 0 else { return nil }
    return status >> 8 & 0xff
  }

  private func reap(_ options: Int32) -> Bool {
    if status != nil { return true }
    var value: Int32 = 0
    var result: pid_t
    repeat {
      result = unsafe waitpid(processID, &value, options)
    } while result < 0
      && errno == EINTR
    guard result != 0 else { return false }
    status = value
    ChildRegistry.shared.remove(processID)
    return true
  }

  private func firstLine(timeoutMilliseconds: Int32) throws(ClientFailure) -> String {
    var line: [UInt8] = []
    while line.count < Self.maximumLine {
      var descriptor = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&descriptor, 1, timeoutMilliseconds)
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else { throw failure("did not become ready in time") }
      var byte: UInt8 = 0
      let count = unsafe read(output, &byte, 1)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { throw failure("ended before it was ready") }
      if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
    throw failure("printed an endless line")
  }

  private func failure(_ problem: String) -> ClientFailure {
    kill()
    return ClientFailure(.failed, "\(name) \(problem)" + (lastError.map { ": \($0)" } ?? ""))
  }

  private static func spawn(
    _ executable: String, _ arguments: [String], output: Int32, errorFile: String
  ) -> Result<pid_t, ClientFailure> {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_addopen(
      &actions, STDERR_FILENO, errorFile, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    // The duplicated strings live until the call has returned.
    var words = unsafe ([executable] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var processID: pid_t = 0
    let problem = unsafe posix_spawn(
      &processID, executable, &actions, &attributes, &words, environ)
    guard problem == 0 else {
      return .failure(ClientFailure(.failed, "\(executable): \(FileAccess.reason(problem))"))
    }
    return .success(processID)
  }
}
