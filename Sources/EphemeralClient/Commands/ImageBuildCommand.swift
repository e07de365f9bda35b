internal import EphemeralAttestation
internal import EphemeralCrypto
internal import EphemeralDecompose
internal import EphemeralImage
internal import EphemeralRuntime

/// `image build`: makes an enclave image.
enum ImageBuildCommand {
  private static let defaultMemoryBytes = 1 << 30
  private static let memoryRange = (64 << 20)...(1 << 44)
  private static let defaultProcessors = 2

  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    let recipe = try recipe(command)
    let image = try build(recipe, command)
    let source = ArraySource(image)
    let report: ImageReport
    do throws(ImageError) {
      report = try ImageReport(reading: source)
      try report.requireSound()
    } catch {
      throw ClientFailure(.failed, "the image that was built is not sound: \(error.description)")
    }
    let path = try required(command, "--out")
    try write(image, to: path)
    if command.has("--json") {
      StandardStream.output(
        JSONValue.members([
          "image": .string(path), "bytes": .integer(image.count),
          "measurements": ImagePrinter.registers(report.measurement),
        ]).text + "\n")
    } else {
      let size = ByteCount.text(UInt64(image.count))
      let lines =
        ["wrote \(InspectCommand.printable(path)), \(size)"]
        + ImagePrinter.registerLines(report.measurement)
      StandardStream.output(lines.joined(separator: "\n") + "\n")
    }
    return .done
  }

  /// Reads all parts; the first that is wrong is named.
  static func recipe(_ command: ParsedCommand) throws(ClientFailure) -> ImageRecipe {
    let memory: Int
    let processors: Int
    let architecture: String
    do throws(UsageError) {
      memory = try command.integer("--memory", in: memoryRange, default: defaultMemoryBytes)
      processors = try command.integer("--cpus", in: 1...1024, default: defaultProcessors)
      architecture = try command.choice(
        "--arch", among: ImageArchitecture.allCases.map(\.rawValue), default: "")
      guard command.has("--sign-key") == command.has("--sign-certificate") else {
        throw .conflict(
          "--sign-key and --sign-certificate are given together", command: command.title)
      }
    } catch {
      throw .usage(error)
    }
    let enclave = try required(command, "--enclave")
    let executable: StaticExecutable
    let file = try FileAccess.read(enclave, maximum: ImageBounds.executableBytes)
    do throws(ELFError) { executable = try StaticExecutable(trimming: file) } catch {
      throw .file(enclave, error.description)
    }
    guard ["", executable.architecture.rawValue].contains(architecture) else {
      throw .file(
        enclave, "made for \(executable.architecture.rawValue), and --arch says \(architecture)")
    }
    let kernel = try required(command, "--kernel")
    let kernelBytes = try FileAccess.read(kernel, maximum: ImageBounds.kernelBytes)
    guard !kernelBytes.isEmpty else { throw .file(kernel, "is empty") }
    var recipe = ImageRecipe(
      kernel: kernelBytes, modules: try modules(command.values("--module")),
      executable: executable)
    recipe.defaultMemoryBytes = UInt64(memory)
    recipe.defaultProcessors = UInt64(processors)
    if let line = command.value("--command-line") { recipe.commandLine = line }
    if command.has("--argument") { recipe.arguments = command.values("--argument") }
    return recipe
  }

  private static func modules(_ paths: [String]) throws(ClientFailure) -> [KernelModule] {
    guard paths.count <= ImageBounds.modules else {
      throw ClientFailure(.usage, ImageError.tooManyModules.description)
    }
    var modules: [KernelModule] = []
    for path in paths {
      let content = try FileAccess.read(path, maximum: ImageBounds.moduleBytes)
      let name = path.split(separator: "/").last.map(String.init) ?? path
      do throws(ImageError) {
        modules.append(try KernelModule(fileName: name, content: content))
      } catch {
        throw .file(path, error.description)
      }
    }
    return modules
  }

  private static func build(
    _ recipe: ImageRecipe, _ command: ParsedCommand
  ) throws(ClientFailure) -> [UInt8] {
    guard let keyPath = command.value("--sign-key"),
      let certificatePath = command.value("--sign-certificate")
    else {
      do throws(ImageError) { return try recipe.build() } catch { throw failure(error) }
    }
    let certificate = try ImageFile.certificate(certificatePath)
    let key = try ImageFile.signingKey(keyPath)
    do throws(ImageSigningError) {
      return try recipe.build(signingKey: key, certificate: certificate.der)
    } catch {
      switch error {
      case .image(let error): throw failure(error)
      case .signature(let error): throw .file(certificatePath, error.description)
      }
    }
  }

  /// What is wrong with the recipe: an argument that was typed, or a part.
  private static func failure(_ error: ImageError) -> ClientFailure {
    switch error {
    case .commandLine:
      ClientFailure(
        .usage,
        "--command-line: 1 to \(ImageBounds.commandLineBytes) printable ASCII characters, and "
          + "single spaces between words, are needed")
    case .argument, .argumentCount, .argumentsTooLong:
      ClientFailure(.usage, "--argument: \(error.description)")
    default: ClientFailure(.failed, error.description)
    }
  }

  private static func write(_ image: [UInt8], to path: String) throws(ClientFailure) {
    do throws(DecomposeError) {
      let file = try AtomicFile(path: path, mode: 0o644)
      try file.write(image.span)
      try file.finish()
      try file.publish()
    } catch {
      throw .file(path, error.problem.text)
    }
  }

  private static func required(
    _ command: ParsedCommand, _ option: String
  ) throws(ClientFailure) -> String {
    guard let value = command.value(option) else {
      throw .usage(.missingOption(option, command: command.title))
    }
    return value
  }
}
