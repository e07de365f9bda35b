import EphemeralImage
import Testing

@Suite("Static executables")
struct ExecutableTests {
  private func refusal(_ change: (inout [UInt8]) -> Void) throws -> ELFError? {
    var file = try Answers.bytes("executable.elf")
    change(&file)
    do throws(ELFError) {
      _ = try StaticExecutable(trimming: file)
      return nil
    } catch {
      return error
    }
  }

  @Test("Each fault of an executable has its name")
  func named() throws {
    #expect(try refusal { _ in } == nil)
    #expect(try refusal { $0 = [] } == .magic)
    #expect(try refusal { $0 = Array("#!/bin/sh".utf8) } == .magic)
    #expect(try refusal { $0.removeLast($0.count - 63) } == .truncated)
    #expect(try refusal { $0[4] = 1 } == .form)
    #expect(try refusal { $0[5] = 2 } == .form)
    #expect(try refusal { $0[18] = 3 } == .machine)
    #expect(try refusal { $0[16] = 1 } == .notExecutable)
    #expect(try refusal { $0[16] = 3 } == nil)
    #expect(try refusal { $0[54] = 32 } == .programHeaders)
    #expect(try refusal { $0[56] = 0 } == .programHeaders)
    #expect(try refusal { $0[57] = 1 } == .programHeaders)
    #expect(try refusal { $0[39] = 0x7f } == .truncated)
    #expect(try refusal { $0[39] = 0xff } == .truncated)
    // The first segment: its size in the file, then in memory, then its kind.
    #expect(try refusal { $0[64 + 34] = 1 } == .segment)
    #expect(try refusal { $0[64 + 39] = 0xff } == .segment)
    #expect(try refusal { $0[64 + 40] = 0 } == .segment)
    #expect(try refusal { $0[64 + 47] = 0xff } == .segment)
    #expect(try refusal { $0[64] = 6 } == .entry)
    #expect(try refusal { $0[64 + 4] = 4 } == .entry)
    #expect(
      try refusal {
        $0[24] = 0; $0[26] = 0
      } == .entry)
    #expect(try refusal { $0[64 + 56] = 3 } == .interpreter)
    // The note moves over the program headers, behind the loaded segment, to nothing at all.
    #expect(try refusal { $0[64 + 56 + 8] = 100 } == .overlap)
    #expect(try refusal { $0[64 + 56 + 9] = 1 } == .overlap)
    #expect(
      try refusal {
        $0[64 + 56 + 32] = 0; $0[64 + 56 + 9] = 0xff
      } == nil)
    #expect(try refusal { $0[58] = 1 } == .sections)
    #expect(try refusal { $0[62] = 9 } == .sections)
    #expect(try refusal { $0[42] = 9 } == .sections)
  }

  @Test("A dynamic section that asks for a library is refused, one that does not is not")
  func libraries() throws {
    for (tag, expected) in [(1, ELFError.sharedLibraries), (0, nil), (5, nil)]
      as [(UInt8, ELFError?)]
    {
      let found = try refusal { file in
        file[64 + 56] = 2
        let at = 64 + 112
        for index in 0..<16 { file[at + index] = 0 }
        file[at] = tag
      }
      #expect(found == expected)
    }
  }

  @Test("Files that differ in what is not loaded come out the same")
  func notLoaded() throws {
    let file = try Answers.bytes("executable.elf")
    let trimmed = try StaticExecutable(trimming: file)
    var other = file
    // The build id, the module hashes, and a symbol behind the loaded segment.
    for index in [64 + 112 + 16, 280, 300] { other[index] ^= 0xff }
    #expect(other != file)
    #expect(try StaticExecutable(trimming: other) == trimmed)
    other[64 + 112 + 36] ^= 1
    #expect(try StaticExecutable(trimming: other) != trimmed)
  }

  @Test("Cut short anywhere, or with any byte changed, it is cut or refused")
  func changes() throws {
    let file = try Answers.bytes("executable.elf")
    for count in file.indices { _ = try? StaticExecutable(trimming: Array(file.prefix(count))) }
    for index in file.indices {
      for mask in [0x01, 0x80, 0xff] as [UInt8] {
        var changed = file
        changed[index] ^= mask
        if let executable = try? StaticExecutable(trimming: changed) {
          #expect(executable.bytes.count <= file.count)
          #expect(try StaticExecutable(trimming: executable.bytes) == executable)
        }
      }
    }
  }
}
