/// Why a policy is not one.
public enum PolicyError: Error, Equatable, Sendable {
  /// The policy pins no measurements.
  case noMeasurements
  /// The policy pins more tuples than ``MeasurementPolicy/maximumPins``.
  case tooManyMeasurements
  /// A register is not 48 bytes long.
  case measurementLength
  /// A register is all zero, which is what debug mode and unsigned images report.
  case zeroMeasurement
  /// A list of roots is given and is empty.
  case noRoots
  /// More roots than ``MeasurementPolicy/maximumRoots``.
  case tooManyRoots
  /// A root's digest is not 32 bytes long.
  case rootLength
  /// The expiry is later than the year 9999.
  case expiry
}

/// What a client pins: which measurements, under which roots, until when.
///
/// The file form is `Spec/Attestation.md §5`; a value of this type has passed its rules.
public struct MeasurementPolicy: Equatable, Sendable {
  /// One accepted tuple of registers. Tuples are matched whole, never register by register.
  public struct Pin: Equatable, Sendable {
    /// The image: kernel, command line and ramdisks, 48 bytes.
    public let pcr0: [UInt8]
    /// The kernel and its boot ramdisk, 48 bytes.
    public let pcr1: [UInt8]
    /// The application ramdisks, 48 bytes.
    public let pcr2: [UInt8]
    /// The certificate that signed the image, 48 bytes, where pinned.
    public let pcr8: [UInt8]?

    /// A tuple of registers of 48 bytes, none of them zero.
    public init(
      pcr0: [UInt8], pcr1: [UInt8], pcr2: [UInt8], pcr8: [UInt8]? = nil
    ) throws(PolicyError) {
      for register in [pcr0, pcr1, pcr2, pcr8] {
        guard let register else { continue }
        guard register.count == 48 else { throw .measurementLength }
        guard register.contains(where: { $0 != 0 }) else { throw .zeroMeasurement }
      }
      self.pcr0 = pcr0
      self.pcr1 = pcr1
      self.pcr2 = pcr2
      self.pcr8 = pcr8
    }
  }

  /// What to do about common names that do not fit the module id.
  public enum CommonNames: String, Sendable {
    /// Refuse the document.
    case enforce
    /// Report a warning.
    case warn
  }

  /// The most tuples in one policy.
  public static let maximumPins = 64
  /// The most roots in one policy.
  public static let maximumRoots = 16
  /// The last second of the year 9999.
  public static let latestExpiry: UInt64 = 253_402_300_799
  /// SHA-256 of AWS's Nitro root certificate (DER), the only root of a policy that names none.
  public static let awsRoot: [UInt8] = [
    0x64, 0x1a, 0x03, 0x21, 0xa3, 0xe2, 0x44, 0xef, 0xe4, 0x56, 0x46, 0x31, 0x95, 0xd6, 0x06, 0x31,
    0x7e, 0xd7, 0xcd, 0xcc, 0x3c, 0x17, 0x56, 0xe0, 0x98, 0x93, 0xf3, 0xc6, 0x8f, 0x79, 0xbb, 0x5b,
  ]

  /// The accepted tuples; empty only in a value made by ``withoutPins()``.
  public let measurements: [Pin]
  /// SHA-256 digests of the accepted roots' DER; nil means AWS's alone.
  public let roots: [[UInt8]]?
  /// What to do about common names that do not fit.
  public let commonNames: CommonNames
  /// The last second since 1970 at which the policy may be used, or nil for no end.
  public let expires: UInt64?

  /// A policy that pins at least one tuple.
  public init(
    measurements: [Pin], roots: [[UInt8]]? = nil, commonNames: CommonNames = .enforce,
    expires: UInt64? = nil
  ) throws(PolicyError) {
    guard !measurements.isEmpty else { throw .noMeasurements }
    guard measurements.count <= Self.maximumPins else { throw .tooManyMeasurements }
    if let roots {
      guard !roots.isEmpty else { throw .noRoots }
      guard roots.count <= Self.maximumRoots else { throw .tooManyRoots }
      guard roots.allSatisfy({ $0.count == 32 }) else { throw .rootLength }
    }
    if let expires, expires > Self.latestExpiry { throw .expiry }
    self.init(unchecked: measurements, roots, commonNames, expires)
  }

  private init(
    unchecked measurements: [Pin], _ roots: [[UInt8]]?, _ commonNames: CommonNames,
    _ expires: UInt64?
  ) {
    self.measurements = measurements
    self.roots = roots
    self.commonNames = commonNames
    self.expires = expires
  }

  /// The policy of somebody who pins nothing: AWS's root, and never more than a
  /// `genuine-unpinned` verdict.
  public static let unpinned = MeasurementPolicy(unchecked: [], nil, .enforce, nil)

  /// The same roots and rules with nothing pinned: the verdict is at best `genuine-unpinned`.
  public func withoutPins() -> MeasurementPolicy {
    MeasurementPolicy(unchecked: [], roots, commonNames, expires)
  }

  /// Whether `digest` is the digest of an accepted root.
  public func trusts(root digest: [UInt8]) -> Bool {
    guard let roots else { return digest == Self.awsRoot }
    return roots.contains(digest)
  }
}
