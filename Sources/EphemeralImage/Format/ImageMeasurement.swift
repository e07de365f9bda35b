public import EphemeralAttestation
import EphemeralCrypto

/// The registers that an image is measured into (Spec/Image.md §5), 48 bytes each.
public struct ImageMeasurement: Equatable, Sendable {
  /// Kernel, command line and all ramdisks.
  public let pcr0: [UInt8]
  /// Kernel, command line and the first ramdisk.
  public let pcr1: [UInt8]
  /// The other ramdisks.
  public let pcr2: [UInt8]
  /// The certificate that signed the image; nil for an image that is not signed.
  public internal(set) var pcr8: [UInt8]?

  /// The tuple as a policy pins it.
  public var pin: MeasurementPolicy.Pin {
    get throws(PolicyError) {
      try MeasurementPolicy.Pin(pcr0: pcr0, pcr1: pcr1, pcr2: pcr2, pcr8: pcr8)
    }
  }

  /// The register of a certificate, from its DER.
  public static func register(ofCertificate der: [UInt8]) -> [UInt8] {
    extended(SHA384.hash(der))
  }

  /// A register of zeros extended once with a digest.
  static func extended(_ digest: [UInt8]) -> [UInt8] {
    SHA384.hash([UInt8](repeating: 0, count: SHA384.byteCount) + digest)
  }
}

/// What one pass over an image's bytes gives: checksum and registers.
public struct ImageScan: Sendable {
  /// The CRC-32 of the file as it is.
  public let checksum: UInt32
  /// The registers; PCR8 is nil, since it takes the signature section to be understood.
  public let measurement: ImageMeasurement

  /// Reads the whole image once, a window at a time; errors: unreadable.
  public init(_ source: some ImageSource, layout: ImageLayout) throws(ImageError) {
    var checksum = CRC32()
    var image = SHA384.Hasher()
    var bootstrap = SHA384.Hasher()
    var application = SHA384.Hasher()
    var ramdisks = 0
    try source.forEachPiece(of: 0..<ImageLayout.checksumOffset) { checksum.update($0) }
    for section in layout.sections {
      let start = section.content.lowerBound
      try source.forEachPiece(of: (start - ImageLayout.sectionHeaderBytes)..<start) {
        checksum.update($0)
      }
      if section.kind == .ramdisk { ramdisks += 1 }
      let isMeasured = section.kind != .signature && section.kind != .metadata
      let isApplication = section.kind == .ramdisk && ramdisks > 1
      try source.forEachPiece(of: section.content) { piece in
        checksum.update(piece)
        guard isMeasured else { return }
        image.update(piece)
        if isApplication { application.update(piece) } else { bootstrap.update(piece) }
      }
    }
    self.checksum = checksum.value
    measurement = ImageMeasurement(
      pcr0: ImageMeasurement.extended(image.finalize()),
      pcr1: ImageMeasurement.extended(bootstrap.finalize()),
      pcr2: ImageMeasurement.extended(application.finalize()))
  }
}
