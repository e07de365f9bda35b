import CLinux
import EphemeralRuntime
import Glibc

/// The end of the machine (`Spec/Boot.md §9`).
enum PowerOff {
  private static let table = "/sys/firmware/acpi/tables/DSDT"
  /// The most bytes of the table that are looked at.
  private static let maximumTableBytes = 1 << 20

  /// Ends the machine.
  ///
  /// Nothing is synchronised: nothing was written. Where the machine has no power-off, the kernel
  /// would halt and the machine go on for ever; there a restart ends an enclave.
  static func now() -> Never {
    let definition = try? File(path: table, flags: O_RDONLY).read(at: 0, count: maximumTableBytes)
    if definesSoftOff(definition ?? []) { _ = reboot(Int32(RB_POWER_OFF)) }
    _ = reboot(Int32(RB_AUTOBOOT))
    // Only a process that may not end the machine comes here: a container's first.
    _exit(ExitCode.failed.rawValue)
  }

  /// Whether an ACPI table has an object of the name `_S5_`, the state soft off.
  static func definesSoftOff(_ table: [UInt8]) -> Bool {
    let name = Array("_S5_".utf8)
    guard table.count >= name.count else { return false }
    return (0...(table.count - name.count)).contains { at in
      table[at] == name[0] && table[at..<(at + name.count)].elementsEqual(name)
    }
  }
}
