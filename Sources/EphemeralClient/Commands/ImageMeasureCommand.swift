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
    let (policy, isBound) = try policy(path, roots: roots.isEmpty ? nil : roots)
    if !isBound { warnings.append(unbound) }
    for warning in warnings { StandardStream.error(warning) }
    StandardStream.output(policy.canonicalJSON)
    return .done
  }

  /// The policy of one image, and whether the image carries a copy of its command line; an image
  /// that is not sound has no policy.
  static func policy(
    _ path: String, roots: [[UInt8]]?
  ) throws(ClientFailure) -> (policy: MeasurementPolicy, isBound: Bool) {
    let source = try ImageFile(path)
    let measurement: ImageMeasurement
    let isBound: Bool
    do throws(ImageError) {
      let report = try ImageReport(reading: source)
      try report.requireSound()
      measurement = report.measurement
      isBound = report.carriedCommandLine != nil
    } catch {
      throw .file(path, error.description)
    }
    do throws(PolicyError) {
      return (try MeasurementPolicy(measurements: [try measurement.pin], roots: roots), isBound)
    } catch {
      throw ClientFailure(
        .usage, "--root: more than \(MeasurementPolicy.maximumRoots) certificates")
    }
  }

  /// Said of images that another builder made (`Spec/Image.md §5.2`).
  private static let unbound =
    "ephml-client: WARNING: this image carries no copy of its command line: nothing in its "
    + "registers fixes where kernel, command line and first ramdisk meet\n"

  private static func warning(_ root: [UInt8], of path: String) -> String {
    "ephml-client: WARNING: this policy trusts the root \(Hexadecimal.encode(root)) "
      + "(\(InspectCommand.printable(path))), which is not AWS's: whoever holds its key can make "
      + "anything pass for this enclave\n"
  }
}
