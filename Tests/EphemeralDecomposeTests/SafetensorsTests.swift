import TestSupport
import Testing

@testable import EphemeralDecompose

@Suite("Safetensors files")
struct SafetensorsTests {
  private func read(_ file: [UInt8]) throws -> [SafetensorsEntry] {
    let bench = try Workbench()
    return try SafetensorsHeader.read(path: try bench.write(file))
  }

  @Test("Tensors come in the order of their bytes")
  func order() throws {
    let file = Safetensors.file(
      header: #"{"b":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},"#
        + #""empty":{"dtype":"I64","shape":[0,3],"data_offsets":[8,8]},"#
        + #""a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}   "#,
      [UInt8](repeating: 1, count: 12))
    let entries = try read(file)
    #expect(entries.map(\.name) == ["a", "empty", "b"])
    #expect(entries.map(\.shape) == [[1, 2], [0, 3], [2]])
    #expect(entries.map(\.range.count) == [8, 0, 4])
    #expect(entries.last?.range.upperBound == file.count)
  }

  @Test(
    "Each wrong header is refused",
    arguments: [
      "", "[]", "{", #"{"a":1}"#, #"{"__metadata__":{"a":1}}"#,
      #"{"a":{"dtype":"F32","shape":[1]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":0}}"#,
      #"{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#,
      #"{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]}}"#,
      #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#,
      #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,4],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,9223372036854775807]}}"#,
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,9223372036854775808]}}"#,
    ])
  func wrongHeaders(header: String) {
    #expect(throws: DecomposeError.self) {
      try read(Safetensors.file(header: header, [1, 2, 3, 4]))
    }
  }

  @Test("A length beyond the file or the bound is refused before memory is taken")
  func lengths() {
    for bytes in [
      [], [1, 0, 0], [3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d],
      [UInt8](repeating: 0xff, count: 64), [0, 0, 0, 1, 0, 0, 0, 0, 0x7b],
    ] as [[UInt8]] {
      #expect(throws: DecomposeError.self) { try read(bytes) }
    }
  }

  @Test("A file that is cut anywhere is refused")
  func truncation() throws {
    let file = Safetensors.file([
      Safetensors.Tensor("a", "F32", [2], [UInt8](repeating: 1, count: 8)),
      Safetensors.Tensor("b", "U8", [3], [1, 2, 3]),
    ])
    #expect(try read(file).count == 2)
    for count in 0..<file.count {
      #expect(throws: DecomposeError.self) { try read(Array(file[..<count])) }
    }
    #expect(throws: DecomposeError.self) { try read(file + [0]) }
  }
}
