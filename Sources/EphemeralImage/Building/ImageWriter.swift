/// Lays sections out as an image file (Spec/Image.md §2).
public enum ImageWriter {
  /// The file of these sections in their order.
  ///
  /// Errors: those that the reader would find, such as a missing kernel or an empty section.
  public static func image(
    architecture: ImageArchitecture, defaultMemoryBytes: UInt64, defaultProcessors: UInt64,
    sections: [(kind: ImageSectionKind, content: [UInt8])]
  ) throws(ImageError) -> [UInt8] {
    guard (1...ImageBounds.sections).contains(sections.count) else { throw .sectionCount }
    var total = ImageLayout.headerBytes
    var offsets: [UInt64] = []
    for section in sections {
      offsets.append(UInt64(total))
      let room = ImageBounds.imageBytes - total - ImageLayout.sectionHeaderBytes
      guard section.content.count <= room else { throw .tooLarge }
      total += ImageLayout.sectionHeaderBytes + section.content.count
    }
    let unused = [UInt64](repeating: 0, count: ImageBounds.sections - sections.count)
    var output: [UInt8] = []
    output.reserveCapacity(total)
    output += ImageLayout.magic
    output += bigEndian(ImageLayout.version)
    output += bigEndian(architecture == .arm ? ImageLayout.armFlag : 0)
    output += bigEndian(defaultMemoryBytes) + bigEndian(defaultProcessors)
    output += bigEndian(UInt16(0)) + bigEndian(UInt16(sections.count))
    output += (offsets + unused).flatMap { bigEndian($0) }
    output += (sections.map { UInt64($0.content.count) } + unused).flatMap { bigEndian($0) }
    output += bigEndian(UInt32(0))
    output += bigEndian(UInt32(0))
    for section in sections {
      output += bigEndian(section.kind.rawValue) + bigEndian(UInt16(0))
      output += bigEndian(UInt64(section.content.count))
      output += section.content
    }
    var checksum = CRC32()
    checksum.update(output.span.extracting(0..<ImageLayout.checksumOffset))
    checksum.update(output.span.extracting(ImageLayout.headerBytes..<output.count))
    output.replaceSubrange(
      ImageLayout.checksumOffset..<ImageLayout.headerBytes, with: bigEndian(checksum.value))
    _ = try ImageLayout(reading: ArraySource(output))
    return output
  }
}
