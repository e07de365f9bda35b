/// Why bytes are not an image that is read, or parts are not ones that make an image.
///
/// The list is closed and carries no bytes of the file (Spec/Image.md §2, §7).
public enum ImageError: Error, Equatable, Sendable, CaseIterable {
  /// The file could not be read to the length that it had at first.
  case unreadable
  /// The file is longer than `ImageBounds.imageBytes`.
  case tooLarge
  /// The file ends inside its header or a section's.
  case truncated
  /// The file does not begin with `.eif`.
  case magic
  /// The version is not 4.
  case version
  /// A flag of the header other than the architecture's is set.
  case flags
  /// A reserved field, or the entry of a section that is not there, is not zero.
  case reserved
  /// No section, or more than 32.
  case sectionCount
  /// A section begins inside the one before it, or inside the header.
  case overlap
  /// Bytes between two sections belong to none.
  case gap
  /// A section ends behind the file's end.
  case beyondEnd
  /// Bytes behind the last section belong to none.
  case trailingBytes
  /// The header and a section's own header disagree on its size.
  case sectionSize
  /// A section is of a type that does not exist.
  case sectionType
  /// A section's flags are not zero.
  case sectionFlags
  /// A section holds nothing.
  case emptySection
  /// A command line, signature or metadata section is longer than its bound.
  case sectionTooLarge
  /// Two kernels.
  case secondKernel
  /// Two command lines.
  case secondCommandLine
  /// Two signature sections.
  case secondSignature
  /// Two metadata sections.
  case secondMetadata
  /// No kernel.
  case noKernel
  /// No command line.
  case noCommandLine
  /// No ramdisk.
  case noRamdisk
  /// Kernel, command line and ramdisks do not follow each other in this order.
  case sectionOrder
  /// The CRC-32 in the header is not that of the file.
  case checksum
  /// The command line is not printable ASCII that stands between its words' single spaces, or is
  /// longer than its bound.
  case commandLine
  /// The command line is not the one that the application ramdisk carries.
  case otherCommandLine
  /// There is a signature section that does not show who signed.
  case signature
  /// An argument of the enclave is empty, too long, or has a control character in it.
  case argument
  /// No argument, or more than the bound.
  case argumentCount
  /// The arguments' file would be longer than its bound.
  case argumentsTooLong
  /// A module's name is not one that the builder writes.
  case moduleName
  /// More modules than the bound.
  case tooManyModules
  /// A module is empty or longer than its bound.
  case module
  /// The kernel is empty or longer than its bound.
  case kernel
}

extension ImageError: CustomStringConvertible {
  /// One line of static text.
  public var description: String {
    switch self {
    case .unreadable: "could not be read to its end"
    case .tooLarge: "larger than an image may be (4 GiB)"
    case .truncated: "not an enclave image, or cut short: it ends inside a header"
    case .magic: "not an enclave image: it does not begin with .eif"
    case .version: "an enclave image of a version other than 4"
    case .flags: "the header has flags that are not known"
    case .reserved: "a reserved field of the header is not zero"
    case .sectionCount: "the header counts no section, or more than 32"
    case .overlap: "sections overlap"
    case .gap: "bytes between two sections belong to none"
    case .beyondEnd: "a section ends behind the file's end: cut short, or a wrong size"
    case .trailingBytes: "bytes behind the last section belong to none"
    case .sectionSize: "the header and a section's own header disagree on its size"
    case .sectionType: "a section is of an unknown type"
    case .sectionFlags: "a section has flags that are not known"
    case .emptySection: "a section is empty"
    case .sectionTooLarge: "a command line, signature or metadata section is too long"
    case .secondKernel: "two kernel sections"
    case .secondCommandLine: "two command line sections"
    case .secondSignature: "two signature sections"
    case .secondMetadata: "two metadata sections"
    case .noKernel: "no kernel section"
    case .noCommandLine: "no command line section"
    case .noRamdisk: "no ramdisk section"
    case .sectionOrder: "kernel, command line and ramdisks do not stand in this order"
    case .checksum: "the checksum (CRC-32) does not match: the file was changed or damaged"
    case .commandLine:
      "the kernel command line is not one line of 1 to \(ImageBounds.commandLineBytes) printable "
        + "characters without spaces at its ends: in a finished image this is how bytes look that "
        + "were moved into it"
    case .otherCommandLine:
      "the kernel command line is not the one that the application ramdisk carries: bytes were "
        + "moved between kernel, command line and ramdisk, or another line was put in"
    case .signature: "the signature does not hold; 'image inspect' says why"
    case .argument: "an argument is empty or has a control character in it"
    case .argumentCount: "1 to \(ImageBounds.arguments) arguments are needed"
    case .argumentsTooLong:
      "the arguments are longer than \(ImageBounds.argumentsBytes) bytes together"
    case .moduleName: "not a kernel module's name: 1 to 58 letters, digits, - and _, then .ko"
    case .tooManyModules: "more than \(ImageBounds.modules) modules"
    case .module: "a kernel module is empty or larger than \(ImageBounds.moduleBytes) bytes"
    case .kernel: "the kernel is empty or larger than \(ImageBounds.kernelBytes) bytes"
    }
  }
}
