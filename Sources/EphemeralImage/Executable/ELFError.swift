/// Why a file is not an executable that can be the whole user space of an image.
public enum ELFError: Error, Equatable, Sendable, CaseIterable {
  /// Larger than `ImageBounds.executableBytes`.
  case tooLarge
  /// Not ELF.
  case magic
  /// Not 64-bit little-endian ELF of the one version.
  case form
  /// Made for another processor than x86-64 and AArch64.
  case machine
  /// An object, a core or something else that is not executed.
  case notExecutable
  /// The file ends inside its headers or a segment.
  case truncated
  /// The program headers have another size, or are none, or too many.
  case programHeaders
  /// A segment that is larger in the file than in memory, or overlaps the one before it.
  case segment
  /// Headers, notes, dynamic section or module hashes overlap, or lie in no loaded segment.
  case overlap
  /// No segment is loaded, or the entry point is in none that is executed.
  case entry
  /// It asks for an interpreter, the dynamic linker.
  case interpreter
  /// It asks for shared libraries.
  case sharedLibraries
  /// The section headers do not lie in the file.
  case sections
}

extension ELFError: CustomStringConvertible {
  /// One line of static text.
  public var description: String {
    switch self {
    case .tooLarge: "larger than an executable may be (1 GiB)"
    case .magic: "not an ELF executable"
    case .form: "not a 64-bit little-endian ELF executable"
    case .machine: "made for a processor that is neither x86-64 nor arm64"
    case .notExecutable: "an ELF file that is not an executable"
    case .truncated: "an ELF file that is cut short"
    case .programHeaders: "an ELF file with wrong program headers"
    case .segment: "an ELF file with wrong segments"
    case .overlap: "an ELF file whose parts overlap"
    case .entry: "an ELF file without an entry point"
    case .interpreter, .sharedLibraries:
      "dynamically linked: an image has no shared libraries; build ephml-enclave with the trait "
        + "Production, which links it statically"
    case .sections: "an ELF file with wrong section headers"
    }
  }
}
