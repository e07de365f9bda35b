internal import EphemeralAttestation
internal import EphemeralCrypto
internal import EphemeralImage
internal import EphemeralRuntime

/// `image measure IMAGE.eif`: the policy that pins an image.
enum ImageMeasureCommand {
  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    let path = command.positionals[0]
    var roots: [[UInt8]] = []
    var warnings: [String] = []
    for rootPath in command.values("--root") {
      let root = try ImageFile.certificate(rootPath).fingerprint
      guard !roots.contains(root) else { continue }
      roots.append(root)
      if root != MeasurementPolicy.awsRoot { warnings.append(warning(root, of: rootPath)) }
    }
    let policy = try policy(path, roots: roots.isEmpty ? nil : roots)
    for warning in warnings { StandardStream.error(warning) }
    StandardStream.output(policy.canonicalJSON)
    return .done
  }

  /// The policy of one image; an image that is not sound has none.
  static func policy(
    _ path: String, roots: [[UInt8]]?
  ) throws(ClientFailure) -> MeasurementPolicy {
    let source = try ImageFile(path)
    let measurement: ImageMeasurement
    do throws(ImageError) {
      let report = try ImageReport(reading: source)
      try report.requireSound()
      measurement = report.measurement
    } catch {
      throw .file(path, error.description)
    }
    do throws(PolicyError) {
      return try MeasurementPolicy(measurements: [try measurement.pin], roots: roots)
    } catch {
      throw ClientFailure(
        .usage, "--root: more than \(MeasurementPolicy.maximumRoots) certificates")
    }
  }

  private static func warning(_ root: [UInt8], of path: String) -> String {
    "ephml-client: WARNING: this policy trusts the root \(Hexadecimal.encode(root)) "
      + "(\(InspectCommand.printable(path))), which is not AWS's: whoever holds its key can make "
      + "anything pass for this enclave\n"
  }
}
