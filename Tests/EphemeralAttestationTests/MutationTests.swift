import EphemeralAttestation
import TestSupport
import Testing

@Suite("Changed documents")
struct MutationTests {
  @Test("No changed byte of a document is accepted")
  func flips() throws {
    let mock = try MockEvidence()
    let document = try mock.document()
    let policy = try mock.policy()
    // Every byte of the envelope's ends, where the structure is, and a stride through the rest.
    let positions = document.indices.filter { $0 < 64 || $0 > document.count - 200 || $0 % 7 == 3 }
    for position in positions {
      var changed = document
      changed[position] ^= 1 << (position % 8)
      let judgement = try mock.judge(changed, policy: policy)
      #expect(judgement.report.verdict == .refused, "byte \(position)")
      #expect(judgement.evidence == nil, "byte \(position)")
      #expect(judgement.report.findings.map(\.check) == AttestationCheck.allCases)
    }
  }

  @Test("No part of a document is one")
  func truncations() throws {
    let mock = try MockEvidence()
    let document = try mock.document()
    let policy = try mock.policy()
    for count in 0..<document.count {
      let judgement = try mock.judge(Array(document[..<count]), policy: policy)
      #expect(judgement.report.failed == [.envelope], "first \(count) bytes")
    }
    #expect(try mock.judge(document + [0], policy: policy).report.failed == [.envelope])
    let long = document + [UInt8](repeating: 0, count: 12_289 - document.count)
    #expect(try mock.judge(long, policy: policy).report.failed == [.envelope])
  }

  @Test(
    "No changed byte of a genuine document passes",
    .enabled(if: Vectors.shouldRun))
  func genuineFlips() throws {
    let document = try Vectors.bytes("nitro/dstack-production-indefinite-map.bin")
    for position in stride(from: 5, to: document.count, by: 11) {
      var changed = document
      changed[position] ^= 1 << (position % 8)
      let report = AttestationVerifier.judge(
        document: changed, expectation: nil, policy: nil, at: .time(1_766_668_537)
      ).report
      #expect(report.verdict == .refused, "byte \(position)")
    }
  }

  @Test("Bytes of no sense give a report, whatever they are")
  func noise() {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    for round in 0..<2000 {
      var bytes: [UInt8] = round % 2 == 0 ? [0x84, 0x44, 0xa1, 0x01, 0x38, 0x22, 0xa0] : []
      for _ in 0..<(round % 97) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: state >> 33))
      }
      let report = AttestationVerifier.judge(
        document: bytes, expectation: nil, policy: nil, at: .document
      ).report
      #expect(report.verdict == .refused)
      #expect(report.findings.count == AttestationCheck.allCases.count)
    }
  }
}
