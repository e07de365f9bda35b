import CLinux
import EphemeralRuntime
import Glibc

/// The drivers that an image carries for its kernel (`Spec/Boot.md §5`).
enum KernelModules {
  /// Where the boot ramdisk has them.
  static let folder = "/modules"
  /// The most modules of one image.
  static let maximumModules = 32
  /// The most bytes of a module's name.
  static let maximumNameBytes = 64

  /// Loads all modules of a folder, in the order of their names.
  static func loadAll(from folder: String = folder) throws(BootError) {
    for name in try names(in: folder) {
      guard let file = Descriptor(path: folder + "/" + name, flags: O_RDONLY) else {
        throw .module(name: name, code: errno)
      }
      guard ephml_load_module(file.number) == 0 else {
        guard isHarmless(errno) else { throw .module(name: name, code: errno) }
        continue
      }
    }
  }

  /// The names of a folder's modules in the order of loading; none without a folder.
  static func names(in folder: String) throws(BootError) -> [String] {
    let names = FileSystem.names(in: folder, maximum: maximumModules + 1)
    guard names.count <= maximumModules else { throw .tooManyModules }
    for name in names where !isModule(name) { throw .notAModule }
    return names
  }

  /// `NN-NAME.ko`.
  static func isModule(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard bytes.count <= maximumNameBytes, bytes.count >= 7, name.hasSuffix(".ko") else {
      return false
    }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    return bytes[..<2].allSatisfy(digits.contains) && bytes[2] == UInt8(ascii: "-")
      && bytes[3..<(bytes.count - 3)].allSatisfy { byte in
        digits.contains(byte) || letters.contains(byte | 0x20) || byte == UInt8(ascii: "_")
          || byte == UInt8(ascii: "-")
      }
  }

  /// Whether a module that was not loaded is not needed: it is there already, or its hardware is
  /// not.
  static func isHarmless(_ code: Int32) -> Bool { code == EEXIST || code == ENODEV }
}
