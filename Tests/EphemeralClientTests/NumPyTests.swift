import EphemeralModel
import Testing

@testable import EphemeralClient

@Suite("NumPy files")
struct NumPyTests {
  @Test("Every element type and shape survives a round trip", arguments: ElementType.allCases)
  func roundTrip(type: ElementType) throws {
    for shape in [[], [0], [1], [7], [2, 3], [2, 0, 4], [1, 1, 8, 8], [1, 2, 1, 2, 1, 2, 1, 2]] {
      let size = try #require(type.byteCount(shape: shape))
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: type == .bool ? $0 & 1 : $0 * 37) }
      let tensor = try #require(TensorValue(elementType: type, shape: shape, bytes: bytes))
      let file = NumPyFormat.encode(tensor)
      #expect((file.count - size).isMultiple(of: 64))
      #expect(try NumPyFormat.decode(file) == tensor)
    }
  }

  @Test("NumPy's own bytes are read, in versions 1, 2 and 3")
  func reference() throws {
    // numpy.save(f, numpy.array([[1, 2, 3]], numpy.int16))
    let text = "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 3), }"
    let header = Array((text + String(repeating: " ", count: 117 - text.utf8.count) + "\n").utf8)
    let data: [UInt8] = [1, 0, 2, 0, 3, 0]
    let magic = [0x93] + Array("NUMPY".utf8)
    let expected = TensorValue(elementType: .int16, shape: [1, 3], bytes: data)
    #expect(try NumPyFormat.decode(magic + [1, 0, 118, 0] + header + data) == expected)
    #expect(try NumPyFormat.decode(magic + [2, 0, 118, 0, 0, 0] + header + data) == expected)
    #expect(try NumPyFormat.decode(magic + [3, 0, 118, 0, 0, 0] + header + data) == expected)
    #expect(expected.map(NumPyFormat.encode) == magic + [1, 0, 118, 0] + header + data)
  }

  @Test(
    "Each wrong file has its own error",
    arguments: [
      ("", NumPyError.notNumPy),
      ("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", .bigEndian),
      ("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", .fortranOrder),
      ("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", .unsupportedType),
      ("{'descr': '<U3', 'fortran_order': False, 'shape': (1,), }", .unsupportedType),
      ("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", .unsupportedType),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", .wrongLength),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (1), }", .malformedHeader),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", .malformedHeader),
      ("{'descr': '<f4', 'fortran_order': False}", .malformedHeader),
      ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", .malformedHeader),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 'x'}", .malformedHeader),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", .malformedHeader),
      ("{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }", .invalidBoolean),
      (
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1), }",
        .tooManyDimensions
      ),
      (
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", .tooLarge
      ),
      (
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }", .tooLarge
      ),
    ])
  func refused(header: String, error: NumPyError) {
    var file: [UInt8] = header.isEmpty ? Array("PK".utf8) : [0x93] + Array("NUMPY".utf8) + [1, 0]
    file += [UInt8(header.utf8.count), 0] + Array(header.utf8) + [0, 0, 128, 63]
    #expect(throws: error) { try NumPyFormat.decode(file) }
  }

  @Test("No truncation and no flipped header bit traps or reads past the end")
  func hostile() throws {
    let tensor = try #require(TensorValue(floats: [1, 2, 3, 4, 5, 6], shape: [2, 3]))
    let file = NumPyFormat.encode(tensor)
    for length in 0..<file.count {
      #expect(throws: NumPyError.self) { try NumPyFormat.decode(Array(file[..<length])) }
    }
    for bit in 0..<(file.count - 24) * 8 {
      var changed = file
      changed[bit / 8] ^= 1 << (bit % 8)
      if let read = try? NumPyFormat.decode(changed) { #expect(read.bytes.count == 24) }
    }
  }
}
