/// What a section holds (Spec/Image.md §2.2).
public enum ImageSectionKind: UInt16, Sendable, CaseIterable {
  /// The kernel.
  case kernel = 1
  /// The kernel's command line.
  case commandLine = 2
  /// A ramdisk; the first is the bootstrap's.
  case ramdisk = 3
  /// The signature of PCR0.
  case signature = 4
  /// What the builder says about the image; not measured.
  case metadata = 5

  /// One word for people and scripts.
  public var name: String {
    switch self {
    case .kernel: "kernel"
    case .commandLine: "command line"
    case .ramdisk: "ramdisk"
    case .signature: "signature"
    case .metadata: "metadata"
    }
  }
}

/// One section: what it holds and where its content lies in the file.
public struct ImageSection: Equatable, Sendable {
  /// What it holds.
  public let kind: ImageSectionKind
  /// Where its content lies; its own header stands before it.
  public let content: Range<Int>
}

/// The processor that an image is for.
public enum ImageArchitecture: String, Sendable, CaseIterable {
  /// 64-bit x86.
  case x86 = "x86_64"
  /// AArch64.
  case arm = "arm64"
}

/// Where everything lies in an image file, as its headers say and as the reader has checked.
///
/// Sections stand one behind the other from the header to the file's end, in the order of the
/// header's entries: so all loaders see the same image, those that follow the entries and those
/// that walk the file. Nothing but headers is read here; contents are not judged.
public struct ImageLayout: Equatable, Sendable {
  /// Bytes of the header.
  public static let headerBytes = 548
  /// Bytes of a section's header.
  public static let sectionHeaderBytes = 12
  /// The version that is written and read.
  public static let version: UInt16 = 4
  /// The header's first bytes, `.eif`.
  static let magic: [UInt8] = [0x2e, 0x65, 0x69, 0x66]
  /// The header's flag for AArch64.
  static let armFlag: UInt16 = 1
  /// Where the CRC-32 stands, the header's last field.
  static let checksumOffset = 544
  private static let offsetsAt = 28
  private static let sizesAt = 284

  /// The processor that the image is for.
  public let architecture: ImageArchitecture
  /// Memory for the enclave where nobody says how much, in bytes.
  public let defaultMemoryBytes: UInt64
  /// Processors for the enclave where nobody says how many.
  public let defaultProcessors: UInt64
  /// The sections in the file's order.
  public let sections: [ImageSection]
  /// The CRC-32 that the header carries.
  public let storedChecksum: UInt32

  /// Reads and checks all headers; errors: see `ImageError`, up to `sectionOrder`.
  public init(reading source: some ImageSource) throws(ImageError) {
    guard source.byteCount <= ImageBounds.imageBytes else { throw .tooLarge }
    guard source.byteCount >= Self.headerBytes else {
      let start = try source.bytes(0..<min(4, source.byteCount))
      throw start == Self.magic ? .truncated : .magic
    }
    let header = try source.bytes(0..<Self.headerBytes)
    guard header.starts(with: Self.magic) else { throw .magic }
    guard bigEndian(header, at: 4, count: 2) == UInt64(Self.version) else { throw .version }
    switch UInt16(bigEndian(header, at: 6, count: 2)) {
    case 0: architecture = .x86
    case Self.armFlag: architecture = .arm
    default: throw .flags
    }
    defaultMemoryBytes = bigEndian(header, at: 8, count: 8)
    defaultProcessors = bigEndian(header, at: 16, count: 8)
    guard bigEndian(header, at: 24, count: 2) == 0, bigEndian(header, at: 540, count: 4) == 0
    else { throw .reserved }
    let count = Int(bigEndian(header, at: 26, count: 2))
    guard (1...ImageBounds.sections).contains(count) else { throw .sectionCount }
    storedChecksum = UInt32(bigEndian(header, at: Self.checksumOffset, count: 4))

    var sections: [ImageSection] = []
    var position = Self.headerBytes
    for index in 0..<ImageBounds.sections {
      let offset = bigEndian(header, at: Self.offsetsAt + 8 * index, count: 8)
      let size = bigEndian(header, at: Self.sizesAt + 8 * index, count: 8)
      guard index < count else {
        guard offset == 0, size == 0 else { throw .reserved }
        continue
      }
      let section = try Self.section(offset: offset, size: size, after: position, in: source)
      sections.append(section)
      position = section.content.upperBound
    }
    guard position == source.byteCount else { throw .trailingBytes }
    try Self.checkKinds(sections)
    self.sections = sections
  }

  /// The sections of one kind, in order.
  public func sections(of kind: ImageSectionKind) -> [ImageSection] {
    sections.filter { $0.kind == kind }
  }

  private static func section(
    offset: UInt64, size: UInt64, after position: Int, in source: some ImageSource
  ) throws(ImageError) -> ImageSection {
    let end = source.byteCount
    guard let offset = Int(exactly: offset), offset <= end else { throw .beyondEnd }
    guard offset >= position else { throw .overlap }
    guard offset == position else { throw .gap }
    guard end - offset >= sectionHeaderBytes else { throw .truncated }
    let header = try source.bytes(offset..<(offset + sectionHeaderBytes))
    guard let kind = ImageSectionKind(rawValue: UInt16(bigEndian(header, at: 0, count: 2))) else {
      throw .sectionType
    }
    guard bigEndian(header, at: 2, count: 2) == 0 else { throw .sectionFlags }
    guard bigEndian(header, at: 4, count: 8) == size else { throw .sectionSize }
    let start = offset + sectionHeaderBytes
    guard let size = Int(exactly: size), size <= end - start else { throw .beyondEnd }
    guard size > 0 else { throw .emptySection }
    guard size <= maximumBytes(of: kind) else { throw .sectionTooLarge }
    return ImageSection(kind: kind, content: start..<(start + size))
  }

  private static func maximumBytes(of kind: ImageSectionKind) -> Int {
    switch kind {
    case .kernel, .ramdisk: ImageBounds.imageBytes
    case .commandLine: ImageBounds.commandLineSectionBytes
    case .signature: ImageBounds.signatureSectionBytes
    case .metadata: ImageBounds.metadataBytes
    }
  }

  private static func checkKinds(_ sections: [ImageSection]) throws(ImageError) {
    func count(_ kind: ImageSectionKind) -> Int { sections.count { $0.kind == kind } }
    guard count(.kernel) <= 1 else { throw .secondKernel }
    guard count(.commandLine) <= 1 else { throw .secondCommandLine }
    guard count(.signature) <= 1 else { throw .secondSignature }
    guard count(.metadata) <= 1 else { throw .secondMetadata }
    guard count(.kernel) == 1 else { throw .noKernel }
    guard count(.commandLine) == 1 else { throw .noCommandLine }
    guard count(.ramdisk) >= 1 else { throw .noRamdisk }
    let measured = sections.map(\.kind).filter { $0 != .signature && $0 != .metadata }
    guard measured[0] == .kernel, measured[1] == .commandLine else { throw .sectionOrder }
  }
}
