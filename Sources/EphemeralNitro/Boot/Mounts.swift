import EphemeralRuntime
import Glibc

/// The file systems of an image that has nothing but two files (`Spec/Boot.md §3`).
enum Mounts {
  /// Mounts what the kernel offers, and closes the root against writing.
  static func mountAll() throws(BootError) {
    let closed = UInt(MS_NOSUID) | UInt(MS_NOEXEC)
    try mount("proc", at: "/proc", flags: closed | UInt(MS_NODEV) | UInt(MS_RDONLY))
    try mount("sysfs", at: "/sys", flags: closed | UInt(MS_NODEV) | UInt(MS_RDONLY))
    try mount("devtmpfs", at: "/dev", flags: closed)
    // SAFETY: the strings live for the call; without a source and type the mount is changed.
    guard unsafe Glibc.mount(nil, "/", nil, UInt(MS_REMOUNT) | UInt(MS_RDONLY), nil) == 0 else {
      throw .mount(path: "/", code: errno)
    }
  }

  private static func mount(_ type: String, at path: String, flags: UInt) throws(BootError) {
    // SAFETY: the strings live for the call.
    guard unsafe Glibc.mount(type, path, type, flags, nil) != 0, errno != EBUSY else { return }
    throw .mount(path: path, code: errno)
  }

  /// Opens the console where the kernel found none in the ramdisk, so that no later file becomes
  /// what the program prints to.
  static func openConsole() {
    for standard in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(standard, F_GETFD) < 0 {
      // The lowest free number is the standard descriptor itself, as those below it are open.
      // SAFETY: the strings live for the calls.
      if unsafe open("/dev/console", O_RDWR | O_NOCTTY) < 0 { _ = unsafe open("/dev/null", O_RDWR) }
    }
  }
}
