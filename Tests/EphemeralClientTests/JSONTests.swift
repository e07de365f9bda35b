import EphemeralModel
import EphemeralRuntime
import Testing

@testable import EphemeralClient

@Suite("JSON")
struct JSONTests {
  @Test("Texts survive parsing and writing")
  func roundTrip() throws {
    let text = #"{"a":[1,-2.5e-3,18446744073709551615],"b":{"c":null,"d":true},"e":"x\"\\\n"}"#
    #expect(try JSONParser.parse(Array(text.utf8)).text == text)
    #expect(
      try JSONParser.parse(Array(#""\u00e9\ud83d\ude00/\/""#.utf8)) == .string("é😀//"))
  }

  @Test(
    "Each wrong text has its own error",
    arguments: [
      ("", JSONError.unexpectedEnd), ("[1", .unexpectedEnd), ("[1,]", .unexpectedByte(line: 1)),
      ("{\"a\":1,\n\"a\":2}", .duplicateName("a", line: 2)), ("01", .invalidNumber(line: 1)),
      ("1.", .invalidNumber(line: 1)), ("-", .invalidNumber(line: 1)),
      ("1e", .invalidNumber(line: 1)), ("\n\n+1", .unexpectedByte(line: 3)),
      ("\"\u{01}\"", .invalidString(line: 1)), (#""\x""#, .invalidString(line: 1)),
      (#""\ud800x""#, .unexpectedByte(line: 1)), (#""\udc00""#, .invalidString(line: 1)),
      ("1 2", .trailingText(line: 1)), ("nul", .unexpectedEnd), ("NaN", .unexpectedByte(line: 1)),
      (String(repeating: "[", count: 65), .tooDeep(line: 1)),
    ])
  func refused(text: String, error: JSONError) {
    #expect(throws: error) { try JSONParser.parse(Array(text.utf8)) }
  }

  @Test("Bad UTF-8 in a string is refused")
  func encoding() {
    #expect(throws: JSONError.invalidString(line: 1)) {
      try JSONParser.parse([0x22, 0xc3, 0x28, 0x22])
    }
  }

  @Test("A tensor survives the object form, bit for bit", arguments: ElementType.allCases)
  func tensors(type: ElementType) throws {
    let count = 24
    let bytes: [UInt8] =
      type == .bool
      ? (0..<count).map { UInt8($0 & 1) }
      : (0..<count * type.byteCount).map { UInt8(truncatingIfNeeded: $0 * 29 + 3) }
    let tensor = try #require(TensorValue(elementType: type, shape: [2, 3, 4], bytes: bytes))
    let text = JSONTensor.object(tensor).text
    let value = try JSONParser.parse(Array(text.utf8))
    let read = try JSONTensor.parse(value, file: "t.json", expected: .int8)
    #expect(read.shape == tensor.shape && read.elementType == type)
    for index in 0..<count {
      let (before, after) = (tensor.bits(at: index), read.bits(at: index))
      // NaNs lose their payload; everything else is exact.
      if ElementCoding.value(before, type) != .string("NaN") { #expect(before == after) }
    }
  }

  @Test("Every binary16 is read as it is written")
  func halves() {
    for bits in UInt16.min...UInt16.max {
      let value = HalfPrecision.float(bits)
      let back = HalfPrecision.bits(Double(value))
      #expect(back == UInt64(bits) || value.isNaN)
    }
    #expect(HalfPrecision.bits(65_520) == nil)
    #expect(HalfPrecision.bits(65_519) == 0x7bff)
    #expect(HalfPrecision.bfloat16(1.00390625) == 0x3f80)
  }

  @Test("Nested lists take the input's type")
  func nested() throws {
    let value = try JSONParser.parse(Array("[[1, 2], [3, 4.5]]".utf8))
    let tensor = try JSONTensor.parse(value, file: "t.json", expected: .float32)
    #expect(tensor.shape == [2, 2])
    #expect(tensor.floats == [1, 2, 3, 4.5])
    #expect(throws: ClientFailure(.failed, "t.json: value 3 is not a int32")) {
      try JSONTensor.parse(value, file: "t.json", expected: .int32)
    }
    let ragged = try JSONParser.parse(Array("[[1, 2], [3]]".utf8))
    #expect(
      throws: ClientFailure(.failed, "t.json: the nested lists are not all of one shape")
    ) { try JSONTensor.parse(ragged, file: "t.json", expected: .float32) }
  }
}
