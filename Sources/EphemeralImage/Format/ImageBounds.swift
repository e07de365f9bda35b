/// The bounds of Spec/Image.md §1, each compared before memory is taken.
public enum ImageBounds {
  /// A whole image that is read, in bytes.
  public static let imageBytes = 4 << 30
  /// Sections of an image: the header has room for no more.
  public static let sections = 32
  /// A command line section that is read, in bytes.
  public static let commandLineSectionBytes = 64 << 10
  /// A signature section, in bytes.
  public static let signatureSectionBytes = 256 << 10
  /// A metadata section, in bytes.
  public static let metadataBytes = 1 << 20
  /// The kernel command line, in bytes: half of what kernels take, since loaders add to it.
  public static let commandLineBytes = 1_024
  /// `/enclave.arguments`, in bytes.
  public static let argumentsBytes = 64 << 10
  /// A kernel that is built in, in bytes.
  public static let kernelBytes = 256 << 20
  /// An enclave executable, in bytes, with whatever is cut off.
  public static let executableBytes = 1 << 30
  /// Arguments of the enclave, as many as it takes (Spec/Boot.md §2).
  public static let arguments = 256
  /// Modules of an image, as many as the enclave loads (Spec/Boot.md §5).
  public static let modules = 32
  /// A module, in bytes.
  public static let moduleBytes = 64 << 20
  /// Files of an archive that is read.
  public static let archiveEntries = 4_096
  /// The name of a file in an archive, in bytes, without its NUL.
  public static let archiveNameBytes = 4_095
  /// All names of an archive together, in bytes: they are kept, unlike the contents.
  public static let archiveNamesBytes = 1 << 20
  /// A compressed ramdisk that is unpacked to be shown, in bytes.
  public static let unpackedBytes = 64 << 20
  /// Bytes that are read at a time.
  public static let windowBytes = 256 << 10
}
