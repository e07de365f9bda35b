public import EphemeralRuntime

/// Why a command ended badly: one line for people and the number for scripts.
public struct ClientFailure: Error, Equatable, Sendable {
  /// How the program ends.
  public let exitCode: ExitCode
  /// One line, beginning with the file or address that it is about.
  public let message: String

  /// A failure with its exit code.
  public init(_ exitCode: ExitCode, _ message: String) {
    self.exitCode = exitCode
    self.message = message
  }

  /// A file that is wrong or cannot be used: exit code 1.
  public static func file(_ path: String, _ problem: String) -> ClientFailure {
    ClientFailure(.failed, "\(path): \(problem)")
  }

  /// A command line that makes no sense: exit code 2.
  public static func usage(_ error: UsageError) -> ClientFailure {
    ClientFailure(.usage, error.message)
  }

  /// A peer or network failure: exit code 4.
  public static func peer(_ address: String, _ problem: String) -> ClientFailure {
    ClientFailure(.peer, "\(address): \(problem)")
  }
}
