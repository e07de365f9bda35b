import EphemeralAttestation
import Foundation
import Testing

@Suite("Measurement policies")
struct PolicyTests {
  private func register(_ value: UInt8) -> [UInt8] { [UInt8](repeating: value, count: 48) }

  private func pin() throws -> MeasurementPolicy.Pin {
    try .init(pcr0: register(1), pcr1: register(2), pcr2: register(3))
  }

  @Test("Registers that are no measurements cannot be pinned")
  func pins() {
    #expect(throws: PolicyError.measurementLength) {
      try MeasurementPolicy.Pin(pcr0: [1], pcr1: register(1), pcr2: register(1))
    }
    for zero in 0..<4 {
      #expect(throws: PolicyError.zeroMeasurement) {
        try MeasurementPolicy.Pin(
          pcr0: register(zero == 0 ? 0 : 1), pcr1: register(zero == 1 ? 0 : 1),
          pcr2: register(zero == 2 ? 0 : 1), pcr8: register(zero == 3 ? 0 : 1))
      }
    }
  }

  @Test("Policies that say nothing, or too much, are none")
  func bounds() throws {
    let pin = try pin()
    #expect(throws: PolicyError.noMeasurements) { try MeasurementPolicy(measurements: []) }
    #expect(throws: PolicyError.tooManyMeasurements) {
      try MeasurementPolicy(measurements: Array(repeating: pin, count: 65))
    }
    #expect(throws: PolicyError.noRoots) {
      try MeasurementPolicy(measurements: [pin], roots: [])
    }
    #expect(throws: PolicyError.rootLength) {
      try MeasurementPolicy(measurements: [pin], roots: [[1]])
    }
    #expect(throws: PolicyError.tooManyRoots) {
      try MeasurementPolicy(
        measurements: [pin], roots: Array(repeating: MeasurementPolicy.awsRoot, count: 17))
    }
    #expect(throws: PolicyError.expiry) {
      try MeasurementPolicy(measurements: [pin], expires: .max)
    }
    #expect(try MeasurementPolicy(measurements: [pin]).withoutPins() == .unpinned)
  }

  @Test("The canonical form, with defaults left out and with everything")
  func canonical() throws {
    let ones = String(repeating: "01", count: 48)
    let twos = String(repeating: "02", count: 48)
    let threes = String(repeating: "03", count: 48)
    #expect(
      try MeasurementPolicy(measurements: [pin()]).canonicalJSON == """
        {
          "version": 1,
          "measurements": [
            {
              "pcr0": "\(ones)",
              "pcr1": "\(twos)",
              "pcr2": "\(threes)"
            }
          ]
        }

        """)
    let full = try MeasurementPolicy(
      measurements: [
        pin(),
        .init(pcr0: register(1), pcr1: register(2), pcr2: register(3), pcr8: register(1)),
      ], roots: [MeasurementPolicy.awsRoot], commonNames: .warn, expires: 1_798_761_599)
    let text = full.canonicalJSON
    #expect(text.hasSuffix("  \"expires\": \"2026-12-31T23:59:59Z\"\n}\n"))
    let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let object = try #require(parsed)
    #expect(
      Set(object.keys) == ["version", "measurements", "roots", "commonNames", "expires"])
    #expect((object["measurements"] as? [[String: String]])?.last?["pcr8"] == ones)
    #expect(object["commonNames"] as? String == "warn")
  }

  @Test("Times as text and back")
  func times() throws {
    #expect(UnixTime.text(0) == "1970-01-01T00:00:00Z")
    #expect(UnixTime.text(951_782_400) == "2000-02-29T00:00:00Z")
    #expect(UnixTime.text(.max) == "9999-12-31T23:59:59Z")
    let formatter = ISO8601DateFormatter()
    for seconds in stride(from: UInt64(0), to: 253_402_300_799, by: 86_399 * 977) {
      let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
      #expect(UnixTime.text(seconds) == text)
      #expect(UnixTime.seconds(text) == seconds)
    }
    for wrong in [
      "", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01 00:00:00Z",
      "2026-01-01T00:00:00z", "2026-01-01T00:00:00+", "1969-12-31T23:59:59Z",
      "2026-1-011T00:00:00Z", "2026-00-10T00:00:00Z", "２026-01-01T00:00Z",
    ] {
      #expect(UnixTime.seconds(wrong) == nil, "\(wrong)")
    }
  }

  @Test("Hexadecimal text and back")
  func hexadecimal() {
    #expect(Hexadecimal.encode([0, 0x9f, 0xff]) == "009fff")
    #expect(Hexadecimal.decode("009FfF") == [0, 0x9f, 0xff])
    for wrong in ["0", "0g", " 00", "é"] { #expect(Hexadecimal.decode(wrong) == nil) }
  }

  @Test("The specification lists every check, and no other")
  func specification() throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appendingPathComponent("Spec/Attestation.md"), encoding: .utf8)
    let section = try #require(
      text.components(separatedBy: "### 4.1 The checks").last?
        .components(separatedBy: "### 4.2").first)
    let names = section.split(separator: "\n").compactMap { line -> String? in
      guard line.hasPrefix("| `") else { return nil }
      return line.split(separator: "`").dropFirst().first.map(String.init)
    }
    #expect(names == AttestationCheck.allCases.map(\.rawValue))
  }
}
