import EphemeralAttestation
import EphemeralCrypto
import Foundation
import TestSupport
import Testing

/// Documents that AWS's hardware made, and one that it did not, judged at their own times.
@Suite("Real attestation documents", .enabled(if: Vectors.shouldRun))
struct RealDocumentTests {
  private static let indefinite = "nitro/dstack-production-indefinite-map.bin"
  private static let definite = "nitro/oyster-aws.bin"
  private static let debug = "nitro/evervault-debug-mode.bin"
  private static let foreign = "nitro/oyster-wrong-root.bin"

  private func judge(
    _ name: String, policy: MeasurementPolicy? = nil, at time: JudgementTime = .document
  ) throws -> AttestationReport {
    AttestationVerifier.judge(
      document: try Vectors.bytes(name), expectation: nil, policy: policy, at: time
    ).report
  }

  /// A policy that pins what the document itself says.
  private func pinning(_ name: String, roots: [[UInt8]]? = nil) throws -> MeasurementPolicy {
    let document = try AttestationDocument(unverified: try Vectors.bytes(name))
    let pin = try MeasurementPolicy.Pin(
      pcr0: try #require(document.measurements[0]), pcr1: try #require(document.measurements[1]),
      pcr2: try #require(document.measurements[2]))
    return try MeasurementPolicy(measurements: [pin], roots: roots)
  }

  @Test("Production documents in both map forms are genuine", arguments: [indefinite, definite])
  func genuine(name: String) throws {
    let report = try judge(name)
    #expect(report.failed == [])
    #expect(report.verdict == .genuineUnpinned)
    #expect(report.root == "aws")
    #expect(report.pinned == false)
    #expect(report.securityMode == .production)
    #expect(report.findings.map(\.check) == AttestationCheck.allCases)
    #expect(report.measurements.count == 16)
    let document = try AttestationDocument(unverified: try Vectors.bytes(name))
    #expect(document.statedSecurityMode == .production)
  }

  @Test("The same documents are accepted when pinned", arguments: [indefinite, definite])
  func pinned(name: String) throws {
    let report = try judge(name, policy: try pinning(name))
    #expect(report.verdict == .accepted)
    #expect(report.pinned)
  }

  @Test("A pin of another image refuses, for that reason alone")
  func otherPin() throws {
    let report = try judge(Self.definite, policy: try pinning(Self.indefinite))
    #expect(report.failed == [.measurements])
    #expect(report.verdict == .refused)
  }

  @Test("Registers of two pins do not mix")
  func mixedPins() throws {
    let first = try pinning(Self.definite).measurements[0]
    let second = try pinning(Self.indefinite).measurements[0]
    let mixed = try MeasurementPolicy(measurements: [
      .init(pcr0: first.pcr0, pcr1: second.pcr1, pcr2: first.pcr2),
      .init(pcr0: second.pcr0, pcr1: first.pcr1, pcr2: second.pcr2),
    ])
    #expect(try judge(Self.definite, policy: mixed).failed == [.measurements])
  }

  @Test("A pinned PCR8 that the unsigned image does not have refuses")
  func unsignedImage() throws {
    let pin = try pinning(Self.definite).measurements[0]
    let signed = try MeasurementPolicy(measurements: [
      .init(
        pcr0: pin.pcr0, pcr1: pin.pcr1, pcr2: pin.pcr2, pcr8: [UInt8](repeating: 1, count: 48))
    ])
    #expect(try judge(Self.definite, policy: signed).failed == [.measurements])
  }

  @Test("Debug mode is refused, and nothing else is wrong with the document")
  func debugMode() throws {
    let report = try judge(Self.debug)
    #expect(report.failed == [.debugMode])
    #expect(report.verdict == .refused)
    #expect(report.moduleID == "i-03ad7cdb817437eeb-enc0183cc7569b3f6e1")
    #expect(report.timestampMilliseconds == 1_665_582_606_081)
  }

  @Test("A foreign root is refused")
  func foreignRoot() throws {
    let report = try judge(Self.foreign)
    #expect(report.verdict == .refused)
    #expect(report.failed.contains(.untrustedRoot))
    #expect(report.failed.contains(.debugMode))
    #expect(report.failed.contains(.pcr4))
    #expect(report.failed.contains(.commonNames))
    #expect(!report.failed.contains(.signature))
  }

  @Test("A root that the policy names is a custom root, for evaluation only")
  func customRoot() throws {
    let report = try judge(Self.foreign)
    let digest = try #require(report.rootDigest)
    let pin = try pinning(Self.definite).measurements[0]
    let policy = try MeasurementPolicy(
      measurements: [pin], roots: [digest], commonNames: .warn)
    let trusted = try judge(Self.foreign, policy: policy)
    #expect(!trusted.failed.contains(.untrustedRoot))
    #expect(trusted.outcome(of: .commonNames) == .warned)
    #expect(trusted.securityMode == .evaluation)
    let document = try AttestationDocument(unverified: try Vectors.bytes(Self.foreign))
    #expect(document.statedSecurityMode == .evaluation)
    #expect(trusted.root == "custom root " + Hexadecimal.encode(digest))
    // Naming another root leaves AWS's out.
    let aws = try judge(Self.definite, policy: try pinning(Self.definite, roots: [digest]))
    #expect(aws.failed == [.untrustedRoot])
  }

  @Test("Judged now, the three-hour leaf has expired")
  func expired() throws {
    let report = try judge(Self.definite, at: .time(1_790_000_000))
    #expect(report.failed == [.certificateValidity])
    let finding = try #require(report.findings.first { $0.check == .certificateValidity })
    #expect(finding.detail.hasPrefix("expired certificate"))
    let early = try judge(Self.definite, at: .time(1_600_000_000))
    #expect(early.failed == [.certificateValidity])
  }

  @Test("Validity counts from notBefore to notAfter, both included")
  func validityEdges() throws {
    // The leaf of this document: 2024-12-13 05:57:42 to 08:57:45.
    for (seconds, good) in [
      (UInt64(1_734_069_461), false), (1_734_069_462, true), (1_734_080_265, true),
      (1_734_080_266, false),
    ] {
      let report = try judge(Self.definite, at: .time(seconds))
      #expect(report.failed.isEmpty == good)
    }
  }

  @Test("A policy ends at its expiry")
  func policyExpiry() throws {
    let pin = try pinning(Self.definite).measurements[0]
    let document = try AttestationDocument(unverified: try Vectors.bytes(Self.definite))
    let seconds = document.timestampMilliseconds / 1000
    let last = try MeasurementPolicy(measurements: [pin], expires: seconds)
    #expect(try judge(Self.definite, policy: last).verdict == .accepted)
    let over = try MeasurementPolicy(measurements: [pin], expires: seconds - 1)
    #expect(try judge(Self.definite, policy: over).failed == [.policyExpiry])
  }

  @Test("The pinned digest is that of AWS's published root")
  func publishedRoot() throws {
    let pem = String(
      decoding: try Vectors.bytes("nitro/aws-nitro-enclaves-root-g1.pem"), as: UTF8.self)
    let lines = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }
    let der = [UInt8](try #require(Data(base64Encoded: lines.joined())))
    #expect(SHA256.hash(der) == MeasurementPolicy.awsRoot)
  }
}
