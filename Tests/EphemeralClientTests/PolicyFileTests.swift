import EphemeralAttestation
import EphemeralRuntime
import Testing

@testable import EphemeralClient

@Suite("Policy files")
struct PolicyFileTests {
  static let register = String(repeating: "ab", count: 48)
  static let tuple = #"{"pcr0": "\#(register)", "pcr1": "\#(register)", "pcr2": "\#(register)"}"#
  static let root = String(repeating: "0c", count: 32)

  private func parse(_ text: String) throws -> MeasurementPolicy {
    try PolicyFile.parse(Array(text.utf8), file: "policy.json")
  }

  @Test("A full policy is read")
  func full() throws {
    let policy = try parse(
      #"""
      {"version": 1, "measurements": [\#(Self.tuple)], "roots": ["\#(Self.root)"],
       "commonNames": "warn", "expires": "2027-01-31T00:00:00Z"}
      """#)
    #expect(policy.measurements.count == 1)
    #expect(policy.measurements[0].pcr0 == [UInt8](repeating: 0xab, count: 48))
    #expect(policy.roots == [[UInt8](repeating: 0x0c, count: 32)])
    #expect(policy.commonNames == .warn)
    #expect(policy.expires == 1_801_353_600)
  }

  @Test("What a policy leaves out takes the strict side")
  func short() throws {
    let policy = try parse(#"{"version": 1, "measurements": [\#(Self.tuple)]}"#)
    #expect(policy.roots == nil && policy.commonNames == .enforce && policy.expires == nil)
  }

  @Test(
    "Each wrong policy names the file and what is wrong",
    arguments: [
      ("", "not JSON: the text ends too early"),
      ("[]", "a list, not an object"),
      ("{}", "\"version\" is missing"),
      (#"{"version": 2, "measurements": []}"#, "\"version\" is not 1"),
      (#"{"version": "1", "measurements": []}"#, "\"version\" is not a whole number"),
      (
        #"{"version": 1, "measurement": []}"#,
        "unknown member \"measurement\"; did you mean \"measurements\"?"
      ),
      (#"{"version": 1, "version": 1}"#, "line 1 has \"version\" for the second time"),
      (#"{"version": 1, "measurements": {}}"#, "\"measurements\" is an object, not a list"),
      (
        #"{"version": 1, "measurements": []}"#,
        "\"measurements\" is empty: a policy pins at least one tuple"
      ),
      (#"{"version": 1, "measurements": [7]}"#, "measurements[0] is a number, not an object"),
      (
        #"{"version": 1, "measurements": [{"pcr0": "\#(register)", "pcr1": "\#(register)"}]}"#,
        "measurements[0]: \"pcr2\" is missing"
      ),
      (
        #"{"version": 1, "measurements": [{"pcr0": "ab"}]}"#,
        "measurements[0]: \"pcr0\" is not 96 hexadecimal digits"
      ),
      (
        #"{"version": 1, "measurements": [\#(tuple)], "roots": []}"#,
        "\"roots\" is empty; leave it out to trust AWS's root alone"
      ),
      (
        #"{"version": 1, "measurements": [\#(tuple)], "roots": ["00"]}"#,
        "\"roots[0]\" is not 64 hexadecimal digits"
      ),
      (
        #"{"version": 1, "measurements": [\#(tuple)], "commonNames": "ignore"}"#,
        "\"commonNames\" is neither \"enforce\" nor \"warn\""
      ),
      (
        #"{"version": 1, "measurements": [\#(tuple)], "expires": 1801353600}"#,
        "\"expires\" is a number, not a string"
      ),
      (
        #"{"version": 1, "measurements": [\#(tuple)], "expires": "2027-02-30T00:00:00Z"}"#,
        "\"expires\" is not a time in UTC such as 2027-01-31T00:00:00Z"
      ),
    ])
  func refused(text: String, problem: String) {
    #expect(throws: ClientFailure(.failed, "policy.json: " + problem)) { try parse(text) }
  }

  @Test("Zero registers cannot be pinned")
  func zero() {
    let zero = String(repeating: "0", count: 96)
    let tuple = #"{"pcr0": "\#(zero)", "pcr1": "\#(zero)", "pcr2": "\#(zero)"}"#
    #expect(
      throws: ClientFailure(
        .failed,
        "policy.json: measurements[0]: a register is all zero, which is what debug mode reports")
    ) { try parse(#"{"version": 1, "measurements": [\#(tuple)]}"#) }
  }
}
