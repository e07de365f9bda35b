internal import EphemeralImage
internal import EphemeralRuntime

/// `image inspect IMAGE.eif`: what is in an image.
enum ImageInspectCommand {
  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    let path = command.positionals[0]
    let source = try ImageFile(path)
    let report: ImageReport
    var ramdisks: [RamdiskListing] = []
    do throws(ImageError) {
      report = try ImageReport(reading: source)
      for section in report.layout.sections(of: .ramdisk) {
        ramdisks.append(try RamdiskListing(reading: source, section))
      }
    } catch {
      throw .file(path, error.description)
    }
    let problem = problem(of: report)
    if command.has("--json") {
      StandardStream.output(
        ImagePrinter.json(report, ramdisks, bytes: source.byteCount, problem: problem).text + "\n")
    } else {
      StandardStream.output(
        ImagePrinter.text(report, ramdisks, name: path, bytes: source.byteCount))
    }
    if let problem { throw .file(path, problem) }
    return .done
  }

  /// Why nobody should pin what the image measures to, or nil.
  private static func problem(of report: ImageReport) -> String? {
    do throws(ImageError) {
      try report.requireSound()
      return nil
    } catch {
      if case .refused(let why) = report.signing, error == .signature { return why.description }
      return error.description
    }
  }
}
