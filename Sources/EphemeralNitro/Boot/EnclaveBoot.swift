import EphemeralAttestation
import EphemeralRuntime
import Glibc

/// Brings the machine from the kernel's hand-over to where a server can run (`Spec/Boot.md §3`).
enum EnclaveBoot {
  /// How long the security module may take to appear.
  static let deviceMilliseconds = 5000
  private static let kernelLine = "/proc/cmdline"

  /// Steps 1 to 7.
  ///
  /// - Returns: the enclave's arguments, without a program's name.
  static func run() throws(BootError) -> [String] {
    // First, so that a container's process 1 stops before it changes a mount.
    let image = try arguments()
    try Mounts.mountAll()
    Mounts.openConsole()
    try checkCommandLine(image.commandLine)
    try KernelModules.loadAll()
    try KernelEntropy.seed(from: try securityModule())
    return image.arguments
  }

  /// Step 1.
  static func arguments(
    at path: String = BootArguments.path
  ) throws(BootError) -> BootArguments {
    guard let bytes = content(of: path, maximum: BootArguments.maximumBytes) else {
      throw .argumentsUnreadable
    }
    do throws(BootArgumentsError) {
      return try BootArguments(parsing: bytes)
    } catch {
      throw .arguments(error)
    }
  }

  /// Step 4.
  static func checkCommandLine(
    _ expected: [UInt8], at path: String = kernelLine
  ) throws(BootError) {
    guard let actual = content(of: path, maximum: CommandLineRule.maximumBytes) else {
      throw .commandLineUnreadable
    }
    do throws(CommandLineError) {
      try CommandLineRule.check(expected: expected, actual: actual)
    } catch {
      throw .commandLine(error)
    }
  }

  /// Step 6.
  private static func securityModule() throws(BootError) -> NitroSecurityModule {
    for _ in 0..<deviceMilliseconds {
      if let device = try? NitroSecurityModule() { return device }
      usleep(1000)
    }
    throw .noSecurityModule
  }

  /// The bytes of a file, one more than `maximum` at most; nil if it cannot be read.
  private static func content(of path: String, maximum: Int) -> [UInt8]? {
    try? File(path: path, flags: O_RDONLY).read(at: 0, count: maximum + 1)
  }
}
