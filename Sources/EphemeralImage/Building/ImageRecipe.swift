public import EphemeralCrypto

/// A kernel module and the name of its file.
public struct KernelModule: Equatable, Sendable {
  /// The file's name without its folder and without `.ko`.
  public let name: String
  /// The module itself.
  public let content: [UInt8]

  /// With number and suffix it is 64 bytes, the longest name that the enclave takes.
  private static let maximumNameBytes = 58

  /// A module from its file's name, such as `nsm.ko`; errors: moduleName, module.
  public init(fileName: String, content: [UInt8]) throws(ImageError) {
    let name = Array(fileName.utf8)
    guard name.count > 3, name.suffix(3).elementsEqual(".ko".utf8) else { throw .moduleName }
    let stem = name.dropLast(3)
    let isNamed = stem.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
      default: false
      }
    }
    guard isNamed, stem.count <= Self.maximumNameBytes else { throw .moduleName }
    // The enclave hands modules to the kernel as they are, so a packed one would not load.
    guard content.starts(with: [0x7f, 0x45, 0x4c, 0x46]), content.count <= ImageBounds.moduleBytes
    else { throw .module }
    self.name = String(decoding: stem, as: UTF8.self)
    self.content = content
  }
}

/// What an image is made of (Spec/Image.md §3, §4). The same parts are the same image.
public struct ImageRecipe: Sendable {
  /// The kernel, as the loader takes it.
  public var kernel: [UInt8]
  /// The modules in the order in which the enclave loads them.
  public var modules: [KernelModule]
  /// The enclave.
  public var executable: StaticExecutable
  /// The kernel's command line; the enclave holds it against what the kernel got.
  public var commandLine = standardCommandLine
  /// The arguments of `ephml-enclave`.
  public var arguments = standardArguments
  /// Memory where nobody says how much, in bytes.
  public var defaultMemoryBytes: UInt64 = 1 << 30
  /// Processors where nobody says how many.
  public var defaultProcessors: UInt64 = 2

  /// The command line of an image whose owner gives none.
  public static let standardCommandLine = "console=ttyS0 quiet panic=-1 reboot=k"
  /// The arguments of an image whose owner gives none.
  public static let standardArguments = ["serve", "--listen", "vsock://any:7100"]

  /// An image of these parts, with standard command line and arguments.
  public init(kernel: [UInt8], modules: [KernelModule], executable: StaticExecutable) {
    self.kernel = kernel
    self.modules = modules
    self.executable = executable
  }

  /// The first ramdisk: what the kernel needs before the enclave runs, as one stream.
  func bootstrapRamdisk() throws(ImageError) -> [UInt8] {
    guard modules.count <= ImageBounds.modules else { throw .tooManyModules }
    var files: [CPIOFile] = [
      .folder("dev"), .device("dev/console", permissions: 0o600, major: 5, minor: 1),
      .folder("proc"), .folder("sys"), .folder("modules"),
    ]
    for (index, module) in modules.enumerated() {
      let number = index < 10 ? "0\(index)" : "\(index)"
      files.append(
        .file("modules/\(number)-\(module.name).ko", permissions: 0o444, content: module.content))
    }
    return Gzip.compress(CPIOWriter.archive(files))
  }

  /// The second ramdisk: the enclave and its arguments.
  func applicationRamdisk() throws(ImageError) -> [UInt8] {
    let arguments = try ImageText.argumentsFile(commandLine: commandLine, arguments: arguments)
    return CPIOWriter.archive([
      .file("init", permissions: 0o755, content: executable.bytes),
      .file(ImageText.argumentsFileName, permissions: 0o444, content: arguments),
    ])
  }

  /// The image, not signed; errors: those of its parts, tooLarge.
  public func build() throws(ImageError) -> [UInt8] {
    try image(try measuredSections())
  }

  /// The image with its PCR0 signed; errors: those of its parts, and of signing.
  ///
  /// ECDSA draws a random number for each signature, so two signed images differ in theirs.
  public func build(
    signingKey: borrowing P384.PrivateKey, certificate: [UInt8]
  ) throws(ImageSigningError) -> [UInt8] {
    let sections: [(kind: ImageSectionKind, content: [UInt8])]
    let pcr0: [UInt8]
    do throws(ImageError) {
      sections = try measuredSections()
      let unsigned = ArraySource(try image(sections))
      let layout = try ImageLayout(reading: unsigned)
      pcr0 = try ImageScan(unsigned, layout: layout).measurement.pcr0
    } catch {
      throw .image(error)
    }
    let signature: ImageSignature
    do throws(ImageSignatureError) {
      signature = try ImageSignature(signing: pcr0, key: signingKey, certificate: certificate)
    } catch {
      throw .signature(error)
    }
    do throws(ImageError) {
      return try image(sections + [(.signature, signature.encoded())])
    } catch {
      throw .image(error)
    }
  }

  /// All sections but the signature, in the order of AWS's own builder.
  private func measuredSections() throws(ImageError) -> [(
    kind: ImageSectionKind, content: [UInt8]
  )] {
    guard !kernel.isEmpty, kernel.count <= ImageBounds.kernelBytes else { throw .kernel }
    try ImageText.checkCommandLine(Array(commandLine.utf8))
    return [
      (.kernel, kernel), (.commandLine, Array(commandLine.utf8)),
      (.metadata, ImageMetadata.text(kernel: kernel)), (.ramdisk, try bootstrapRamdisk()),
      (.ramdisk, try applicationRamdisk()),
    ]
  }

  private func image(
    _ sections: [(kind: ImageSectionKind, content: [UInt8])]
  ) throws(ImageError) -> [UInt8] {
    try ImageWriter.image(
      architecture: executable.architecture, defaultMemoryBytes: defaultMemoryBytes,
      defaultProcessors: defaultProcessors, sections: sections)
  }
}

/// Why an image could not be built and signed.
public enum ImageSigningError: Error, Equatable, Sendable {
  /// A part is wrong.
  case image(ImageError)
  /// Key or certificate are wrong.
  case signature(ImageSignatureError)
}
