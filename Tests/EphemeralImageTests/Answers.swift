import EphemeralImage
import Foundation
import TestSupport

/// The known answers that `Vectors/image.py` writes, and the recipe behind them.
struct Answers: Decodable {
  let pcr0: HexBytes
  let pcr1: HexBytes
  let pcr2: HexBytes
  let pcr8: HexBytes
  let crc32: [String: HexBytes]

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Vectors")

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  static func read() throws -> Answers {
    try JSONDecoder().decode(Answers.self, from: Data(try bytes("answers.json")))
  }

  /// The parts of `small.eif`.
  static func recipe() throws -> ImageRecipe {
    let elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
    var recipe = ImageRecipe(
      kernel: (0..<997).map { UInt8(truncatingIfNeeded: $0 * 7) },
      modules: [
        try KernelModule(fileName: "one.ko", content: elf + [UInt8](repeating: 1, count: 30)),
        try KernelModule(fileName: "two_b.ko", content: elf + (0...255).map { UInt8($0) }),
      ],
      executable: try StaticExecutable(trimming: try bytes("executable.elf")))
    recipe.commandLine = "console=ttyS0 quiet"
    return recipe
  }
}

/// What reading bytes as an image that may be pinned ends with; nil where they are one.
func refusal(of bytes: [UInt8]) -> ImageError? {
  do throws(ImageError) {
    try ImageReport(reading: ArraySource(bytes)).requireSound()
    return nil
  } catch {
    return error
  }
}

/// The bytes with a big-endian number over them, and the checksum made right again.
func patched(_ bytes: [UInt8], at offset: Int, _ number: UInt64, count: Int) -> [UInt8] {
  var bytes = bytes
  for index in 0..<count {
    bytes[offset + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * (count - 1 - index)))
  }
  return resummed(bytes)
}

/// The bytes with a checksum that matches.
func resummed(_ bytes: [UInt8]) -> [UInt8] {
  guard bytes.count >= ImageLayout.headerBytes else { return bytes }
  var checksum = CRC32()
  checksum.update(bytes.span.extracting(0..<544))
  checksum.update(bytes.span.extracting(548..<bytes.count))
  var bytes = bytes
  for index in 0..<4 {
    bytes[544 + index] = UInt8(truncatingIfNeeded: checksum.value >> UInt32(24 - 8 * index))
  }
  return bytes
}
