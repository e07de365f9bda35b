import EphemeralWire
import Testing

@Suite("Inference messages")
struct InferenceTests {
  private static let tensors = [
    TensorHeader(name: "x", elementType: .float32, shape: [1, 2]),
    TensorHeader(name: "mask", elementType: .int64, shape: []),
    TensorHeader(name: "empty", elementType: .uint8, shape: [3, 0]),
  ]

  private static let byHand =
    "83 07 5820" + String(repeating: "aa", count: 32) + "83"
    + "84 6178 01 820102 48 0000803f00000040"
    + "84 646d61736b 07 80 48 ffffffffffffffff"
    + "84 65656d707479 02 820300 40"

  private func encode(
    _ tensors: [TensorHeader], data: [[UInt8]]
  ) throws -> (bytes: [UInt8], body: InferBody) {
    let size = try InferBody.byteCount(sequence: 7, tensors: tensors)
    var buffer = [UInt8](repeating: 0, count: size)
    let random = [UInt8](repeating: 0xaa, count: 32)
    var span = buffer.mutableSpan
    let body = try InferBody.encode(
      sequence: 7, random: random.span, tensors: tensors, into: &span)
    for (tensor, bytes) in zip(body.tensors, data) {
      #expect(tensor.data.count == bytes.count)
      for (index, byte) in bytes.enumerated() { buffer[tensor.data.lowerBound + index] = byte }
    }
    return (buffer, body)
  }

  @Test("By hand, both ways")
  func byHand() throws {
    let expected = hex(Self.byHand)
    let (bytes, written) = try encode(
      Self.tensors, data: [hex("0000803f00000040"), hex("ffffffffffffffff"), []])
    #expect(bytes == expected)
    let read = try InferBody(decoding: expected.span)
    #expect(read == written)
    #expect(read.sequence == 7)
    #expect(read.random.count == 32)
    #expect(read.tensors.map { $0.name(in: expected.span) } == ["x", "mask", "empty"])
    #expect(read.tensors[1].isNamed("mask", in: expected.span) == true)
    #expect(read.tensors[1].isNamed("masc", in: expected.span) == false)
    #expect(read.tensors[1].isNamed("masks", in: expected.span) == false)
    #expect(read.tensors.map(\.elementCount) == [2, 1, 0])
    #expect(Array(expected[read.tensors[0].data]) == hex("0000803f00000040"))
  }

  @Test("A buffer that is too small is refused at every size")
  func smallBuffers() throws {
    let size = try InferBody.byteCount(sequence: 7, tensors: Self.tensors)
    let random = [UInt8](repeating: 0, count: 32)
    for short in 0..<size {
      var buffer = [UInt8](repeating: 0, count: short)
      var span = buffer.mutableSpan
      let error = failure { () throws(WireError) in
        try InferBody.encode(
          sequence: 7, random: random.span, tensors: Self.tensors, into: &span)
      }
      #expect(error == .malformed(.bufferTooSmall))
    }
  }

  @Test("Every truncation is refused; every change is refused or canonical")
  func damage() throws {
    let bytes = hex(Self.byHand)
    for end in 0..<bytes.count {
      let cut = Array(bytes[..<end])
      #expect(failure { () throws(WireError) in try InferBody(decoding: cut.span) } != nil)
    }
    for index in bytes.indices {
      for value in 0...255 as ClosedRange<UInt8> {
        var changed = bytes
        changed[index] = value
        guard let body = try? InferBody(decoding: changed.span) else { continue }
        let headers = body.tensors.map {
          TensorHeader(
            name: $0.name(in: changed.span), elementType: $0.elementType, shape: $0.shape)
        }
        var buffer = [UInt8](
          repeating: 0, count: try InferBody.byteCount(sequence: body.sequence, tensors: headers))
        var span = buffer.mutableSpan
        let again = try InferBody.encode(
          sequence: body.sequence, random: changed.span.extracting(body.random),
          tensors: headers, into: &span)
        #expect(again == body)
        for tensor in body.tensors {
          buffer.replaceSubrange(tensor.data, with: changed[tensor.data])
        }
        #expect(buffer == changed)
      }
    }
  }

  @Test("Shapes that overflow, lie or pass a bound are refused")
  func shapes() {
    func error(_ tensor: String, count: String = "81") -> WireError? {
      let bytes = hex("83 00 5820" + String(repeating: "00", count: 32) + count + tensor)
      return failure { () throws(WireError) in try InferBody(decoding: bytes.span) }
    }
    #expect(error("84 6178 02 8101 4100") == nil)
    #expect(error("84 6178 02 8102 4100") == .invalidField)
    #expect(error("84 6178 01 8101 4100") == .invalidField)
    #expect(error("84 6178 08 8101 4100") == .invalidField)
    #expect(error("84 6178 190100 8101 4100") == .malformed(.integerOutOfRange))
    #expect(error("84 60 02 8101 4100") == .invalidField)
    #expect(error("84 6178 02 890101010101010101 01 4100") == .malformed(.tooLong))
    #expect(error("84 6178 02 81 1bffffffffffffffff 40") == .malformed(.integerOutOfRange))
    let big = "1b0000010000000000"
    #expect(error("84 6178 02 82 \(big) 00 40") == nil)
    #expect(error("84 6178 02 83 \(big) 00 02 40") == .invalidField)
    #expect(
      error("84 6178 0b 88 \(big)\(big)\(big)\(big)\(big)\(big)\(big)\(big) 40") == .invalidField)
    let one = "84 6178 02 8101 4100"
    #expect(error(one + one, count: "82") == .invalidField)
    #expect(error(String(repeating: one, count: 65), count: "9841") == .malformed(.tooLong))
    #expect(error("", count: "80") == nil)
  }

  @Test("Encoding refuses what decoding would")
  func encoderBounds() {
    func error(_ tensors: [TensorHeader]) -> WireError? {
      failure { () throws(WireError) in try InferBody.byteCount(sequence: 0, tensors: tensors) }
    }
    let one = TensorHeader(name: "x", elementType: .uint8, shape: [1])
    #expect(error([one]) == nil)
    #expect(error([one, one]) == .invalidField)
    #expect(error([TensorHeader(name: "", elementType: .uint8, shape: [])]) == .invalidField)
    #expect(error([TensorHeader(name: "x", elementType: .uint8, shape: [-1])]) == .invalidField)
    #expect(
      error([TensorHeader(name: "x", elementType: .uint8, shape: [.max, .max])]) == .invalidField)
    let long = String(repeating: "n", count: 257)
    #expect(error([TensorHeader(name: long, elementType: .uint8, shape: [])]) == .invalidField)
    let many = (0..<65).map { TensorHeader(name: "t\($0)", elementType: .uint8, shape: []) }
    #expect(error(many) == .invalidField)
  }

  @Test("InferResult: by hand, too small a buffer, damage")
  func result() throws {
    let response: [UInt8] = [1, 2, 3]
    let receipt: [UInt8] = [4, 5]
    let expected = hex("83 43 010203 42 0405 19 0400")
    let size = try InferResult.byteCount(
      responseBytes: 3, receiptBytes: 2, exposureNanoseconds: 1024)
    #expect(size == expected.count)
    for room in 0...size {
      var buffer = [UInt8](repeating: 0, count: room)
      var span = buffer.mutableSpan
      let error = failure { () throws(WireError) in
        try InferResult.encode(
          response: response.span, receipt: receipt.span, exposureNanoseconds: 1024, into: &span)
      }
      #expect(error == (room < size ? .malformed(.bufferTooSmall) : nil))
      if error == nil { #expect(buffer == expected) }
    }
    let read = try InferResult(decoding: expected.span)
    #expect(Array(expected[read.response]) == response)
    #expect(Array(expected[read.receipt]) == receipt)
    #expect(read.exposureNanoseconds == 1024)
    for end in 0..<expected.count {
      let cut = Array(expected[..<end])
      #expect(failure { () throws(WireError) in try InferResult(decoding: cut.span) } != nil)
    }
    let long = [UInt8](repeating: 0, count: InferResult.maximumReceiptBytes + 1)
    var buffer = [UInt8](repeating: 0, count: 9000)
    var span = buffer.mutableSpan
    #expect(
      failure { () throws(WireError) in
        try InferResult.encode(
          response: response.span, receipt: long.span, exposureNanoseconds: 0, into: &span)
      } == .invalidField)
  }
}
