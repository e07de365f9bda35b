/// Which platform the measurements of a receipt come from (AIR v1 CDDL).
public enum AIRMeasurementType: String, Sendable {
  /// AWS Nitro platform configuration registers.
  case nitro = "nitro-pcr"
  /// Intel TDX measurement registers under the same field names.
  case tdx = "tdx-mrtd-rtmr"
}

/// The measurements inside a receipt, 48 bytes each.
public struct AIRMeasurements: Equatable, Sendable {
  /// The platform.
  public var type: AIRMeasurementType
  /// PCR0, or MRTD.
  public var pcr0: [UInt8]
  /// PCR1, or RTMR0.
  public var pcr1: [UInt8]
  /// PCR2, or RTMR1.
  public var pcr2: [UInt8]
  /// PCR3, or RTMR2.
  public var pcr3: [UInt8]?
  /// PCR4, or RTMR3.
  public var pcr4: [UInt8]?
  /// PCR8; Nitro only.
  public var pcr8: [UInt8]?

  /// The measurements as given; their lengths are checked when a receipt is encoded.
  public init(
    type: AIRMeasurementType, pcr0: [UInt8], pcr1: [UInt8], pcr2: [UInt8], pcr3: [UInt8]? = nil,
    pcr4: [UInt8]? = nil, pcr8: [UInt8]? = nil
  ) {
    self.type = type
    self.pcr0 = pcr0
    self.pcr1 = pcr1
    self.pcr2 = pcr2
    self.pcr3 = pcr3
    self.pcr4 = pcr4
    self.pcr8 = pcr8
  }
}

/// How a receipt's model hash was computed (AIR v1 CDDL).
public enum AIRModelHashScheme: String, Sendable {
  /// SHA-256 of one file of weights.
  case single = "sha256-single"
  /// SHA-256 of concatenated files.
  case concatenation = "sha256-concat"
  /// SHA-256 of a manifest: the scheme of this project's model hash.
  case manifest = "sha256-manifest"
}

/// The claims of one Attested Inference Receipt, version 1 (`Spec/Attestation.md §9`).
public struct AIRClaims: Equatable, Sendable {
  /// Who issues the receipt, 1 to 256 bytes of UTF-8.
  public var issuer: String
  /// When, in seconds since 1970.
  public var issuedAt: UInt64
  /// A UUID of 16 bytes.
  public var receiptID: [UInt8]
  /// The challenge of the session, 8 to 64 bytes.
  public var nonce: [UInt8]?
  /// The model's name, at most 256 bytes.
  public var modelID: String
  /// The model's version, at most 256 bytes.
  public var modelVersion: String
  /// The model's identity, 32 bytes, not zero.
  public var modelHash: [UInt8]
  /// SHA-256 of the request, 32 bytes.
  public var requestHash: [UInt8]
  /// SHA-256 of the response, 32 bytes.
  public var responseHash: [UInt8]
  /// SHA-256 of the attestation document, 32 bytes.
  public var attestationDocumentHash: [UInt8]
  /// The enclave's measurements.
  public var measurements: AIRMeasurements
  /// The policy in force, at most 256 bytes.
  public var policyVersion: String
  /// The inference's number in its session.
  public var sequenceNumber: UInt64
  /// How long the inference took, in milliseconds.
  public var executionMilliseconds: UInt64
  /// The memory that it took at most, in mebibytes.
  public var memoryPeakMebibytes: UInt64
  /// The security mode, at most 256 bytes; this project's receipts hold a ``SecurityMode``.
  public var securityMode: String
  /// How the model hash was computed, where stated.
  public var modelHashScheme: AIRModelHashScheme?

  /// The claims as given; their rules are checked when a receipt is encoded.
  public init(
    issuer: String, issuedAt: UInt64, receiptID: [UInt8], nonce: [UInt8]?, modelID: String,
    modelVersion: String, modelHash: [UInt8], requestHash: [UInt8], responseHash: [UInt8],
    attestationDocumentHash: [UInt8], measurements: AIRMeasurements, policyVersion: String,
    sequenceNumber: UInt64, executionMilliseconds: UInt64, memoryPeakMebibytes: UInt64,
    securityMode: String, modelHashScheme: AIRModelHashScheme?
  ) {
    self.issuer = issuer
    self.issuedAt = issuedAt
    self.receiptID = receiptID
    self.nonce = nonce
    self.modelID = modelID
    self.modelVersion = modelVersion
    self.modelHash = modelHash
    self.requestHash = requestHash
    self.responseHash = responseHash
    self.attestationDocumentHash = attestationDocumentHash
    self.measurements = measurements
    self.policyVersion = policyVersion
    self.sequenceNumber = sequenceNumber
    self.executionMilliseconds = executionMilliseconds
    self.memoryPeakMebibytes = memoryPeakMebibytes
    self.securityMode = securityMode
    self.modelHashScheme = modelHashScheme
  }
}
