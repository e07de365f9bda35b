/// The metadata section that the builder writes (Spec/Image.md §7): what AWS's tools want to find,
/// and nothing that differs between two builds of the same parts.
enum ImageMetadata {
  /// What stands for anything that is not known.
  private static let unknown = "unknown"
  private static let maximumVersionBytes = 64

  /// The JSON text for an image with this kernel.
  static func text(kernel: [UInt8]) -> [UInt8] {
    Array(
      (#"{"ImageName":"ephml-enclave","ImageVersion":"1","BuildMetadata":{"#
        + #""BuildTime":"1970-01-01T00:00:00Z","BuildTool":"ephml-client","#
        + #""BuildToolVersion":"1","OperatingSystem":"Linux","KernelVersion":""#
        + version(ofKernel: kernel) + #""},"DockerInfo":{},"CustomMetadata":{}}"#)
        .utf8)
  }

  /// The first word of the version text that an x86 boot image points to at 0x20e (Linux's
  /// Documentation/arch/x86/boot.rst), or `unknown`.
  static func version(ofKernel kernel: [UInt8]) -> String {
    guard kernel.count > 0x210, kernel[0x202..<0x206].elementsEqual("HdrS".utf8) else {
      return unknown
    }
    let start = 0x200 + Int(kernel[0x20e]) + Int(kernel[0x20f]) << 8
    guard start < kernel.count else { return unknown }
    let word = kernel[start...].prefix(maximumVersionBytes).prefix { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2b, 0x2d, 0x2e, 0x5f, 0x7e: true
      default: false
      }
    }
    return word.isEmpty ? unknown : String(decoding: word, as: UTF8.self)
  }
}
