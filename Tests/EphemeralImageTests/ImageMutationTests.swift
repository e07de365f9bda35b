import EphemeralImage
import TestSupport
import Testing

/// Many changes of images; `EPHML_MUTATIONS=100000 swift test --filter ImageMutationTests` makes as many.
@Suite("Mutation campaigns of images", .serialized)
struct ImageMutationTests {
  /// An image, and what is measured of it.
  private struct Measured: Sendable {
    let bytes: [UInt8]
    let measurement: ImageMeasurement
    let contents: [[UInt8]]

    init?(_ bytes: [UInt8]) {
      guard let report = try? ImageReport(reading: ArraySource(bytes)),
        (try? report.requireSound()) != nil
      else { return nil }
      self.bytes = bytes
      measurement = report.measurement
      contents = [.kernel, .commandLine, .ramdisk].flatMap { report.layout.sections(of: $0) }
        .map { Array(bytes[Int($0.content.lowerBound)..<Int($0.content.upperBound)]) }
    }
  }

  private static let names = ["small.eif", "signed.eif"]

  /// Fields of the header and of each section, and the entries of the second ramdisk.
  private func landmarks(_ image: Measured) throws -> [Landmark] {
    let report = try ImageReport(reading: ArraySource(image.bytes))
    let sections = ImageSectionKind.allCases.flatMap { report.layout.sections(of: $0) }
    let header = [0, 4, 6, 8, 16, 24, 26, 28, 36, 284, 292, 540, 544]
    let heads = sections.flatMap { section in
      let start = Int(section.content.lowerBound)
      return [start - 12, start - 10, start - 8, start]
    }
    return (header + heads).map { Landmark($0, .field) }
  }

  private func check(
    _ name: String, refused: @escaping @Sendable ([UInt8], ImageMeasurement, [[UInt8]]) -> Bool
  ) async throws {
    let images = try Self.names.map { try #require(Measured(try Answers.bytes($0))) }
    let subjects = try zip(Self.names, images).map { name, image in
      let (measurement, contents) = (image.measurement, image.contents)
      return MutationSubject(
        name, image.bytes, landmarks: try landmarks(image),
        donors: images.map(\.bytes).filter { $0 != image.bytes }
      ) { refused($0, measurement, contents) }
    }
    let result = await MutationCampaign(name, subjects).run(few: 2000)
    #expect(result.survivors == [])
    #expect(result.total == MutationCampaign.requested ?? 2000)
  }

  @Test("A changed image is refused")
  func changed() async throws {
    try await check("images") { bytes, _, _ in refusal(of: bytes) != nil }
  }

  @Test("With a right checksum it is refused, measured otherwise, or runs the very same")
  func resummedImages() async throws {
    try await check("images with right checksums") { bytes, measurement, contents in
      guard let changed = Measured(resummed(bytes)) else { return true }
      // What is measured decides; memory, processors and metadata are the host's to choose.
      return changed.measurement.pcr0 != measurement.pcr0
        || changed.measurement.pcr1 != measurement.pcr1
        || changed.measurement.pcr2 != measurement.pcr2 || changed.contents == contents
    }
  }
}
