/// What an image says of itself, and whether that is so.
///
/// Made of any file whose headers are sound; `requireSound` is what stands between that and a
/// measurement that anybody may pin.
public struct ImageReport: Sendable {
  /// What the signature section shows.
  public enum Signing: Equatable, Sendable {
    /// There is no signature.
    case unsigned
    /// The key of this certificate signed PCR0.
    case signed(certificate: [UInt8])
    /// There is a signature section that shows nothing.
    case refused(ImageSignatureError)
  }

  /// Where everything lies.
  public let layout: ImageLayout
  /// The CRC-32 of the file as it is.
  public let checksum: UInt32
  /// The registers. PCR8 is there where the section's certificate could be read.
  public let measurement: ImageMeasurement
  /// The command line section's bytes.
  public let commandLine: [UInt8]
  /// The command line that the application ramdisk carries for the enclave to compare, if it does.
  public let carriedCommandLine: [UInt8]?
  /// What the signature section shows.
  public let signing: Signing
  /// The metadata section's bytes, which nobody has measured.
  public let metadata: [UInt8]?

  /// Reads an image once, a window at a time; errors: those of its headers, unreadable.
  public init(reading source: some ImageSource) throws(ImageError) {
    layout = try ImageLayout(reading: source)
    let scan = try ImageScan(source, layout: layout)
    checksum = scan.checksum
    var measurement = scan.measurement
    // The layout has exactly one command line, within its bound.
    guard let line = layout.sections(of: .commandLine).first else { throw .noCommandLine }
    commandLine = try source.bytes(line.content)
    carriedCommandLine = try Self.carriedCommandLine(in: source, layout)
    if let section = layout.sections(of: .metadata).first {
      metadata = try source.bytes(section.content)
    } else {
      metadata = nil
    }
    if let section = layout.sections(of: .signature).first {
      let bytes = try source.bytes(section.content)
      do throws(ImageSignatureError) {
        let signature = try ImageSignature(decoding: bytes)
        measurement.pcr8 = ImageMeasurement.register(ofCertificate: signature.certificate)
        try signature.verify(measurement.pcr0)
        signing = .signed(certificate: signature.certificate)
      } catch {
        signing = .refused(error)
      }
    } else {
      signing = .unsigned
    }
    self.measurement = measurement
  }

  /// Whether the header's CRC-32 is the file's.
  public var checksumMatches: Bool { checksum == layout.storedChecksum }

  /// Requires what a pin rests on: the checksum; a command line that is one, and the one that the
  /// ramdisk carries; a signature that holds, where there is one.
  ///
  /// Errors: checksum, commandLine, otherCommandLine, signature.
  public func requireSound() throws(ImageError) {
    guard checksumMatches else { throw .checksum }
    try ImageText.checkCommandLine(commandLine)
    if let carriedCommandLine, carriedCommandLine != commandLine { throw .otherCommandLine }
    if case .refused = signing { throw .signature }
  }

  /// The first line of `/enclave.arguments` in the second ramdisk; nil in images of other builders.
  private static func carriedCommandLine(
    in source: some ImageSource, _ layout: ImageLayout
  ) throws(ImageError) -> [UInt8]? {
    guard let ramdisk = layout.sections(of: .ramdisk).dropFirst().first,
      let entries = try? CPIOReader.entries(in: source, ramdisk.content),
      // The kernel unpacks in turn: of two files of one name the last remains.
      let file = entries.last(where: { $0.name == Array(ImageText.argumentsFileName.utf8) })
    else { return nil }
    let count = min(file.content.count, ImageBounds.argumentsBytes)
    let start = file.content.lowerBound
    return Array(try source.bytes(start..<(start + count)).prefix { $0 != 0x0a })
  }
}
