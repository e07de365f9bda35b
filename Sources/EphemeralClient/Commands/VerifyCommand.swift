internal import EphemeralAttestation
internal import EphemeralModel
internal import EphemeralRuntime
internal import Glibc

/// `verify`: judges a receipt bundle offline, or a bare receipt under a given key.
enum VerifyCommand {
  /// The longest request or response that is read, in bytes: 1 GiB.
  static let maximumPreimageBytes = 1 << 30
  /// The longest age that can be asked for, in seconds: some thousand years.
  private static let maximumAge = 1 << 35

  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    try checkOptions(command)
    if let file = command.value("--receipt") { return try bare(command, file: file) }
    return try bundle(command, file: command.positionals[0])
  }

  /// Options that go together: a bundle with its own, or a bare receipt with its own.
  private static func checkOptions(_ command: ParsedCommand) throws(ClientFailure) {
    let ofBundle = [
      "--policy", "--no-pins", "--request", "--response", "--topology", "--passphrase-file",
    ]
    let ofReceipt = ["--public-key", "--nonce", "--max-age", "--platform"]
    let isBare = command.has("--receipt")
    let misplaced = (isBare ? ofBundle : ofReceipt).first { command.has($0) }
    let problem: String?
    if isBare == !command.positionals.isEmpty {
      problem = "either BUNDLE.ephr or --receipt FILE is required"
    } else if let misplaced {
      problem = "\(misplaced) is for " + (isBare ? "a bundle, not for --receipt" : "--receipt")
    } else if isBare, !command.has("--public-key") {
      problem = "--receipt needs --public-key HEX"
    } else if !isBare, command.has("--policy") == command.has("--no-pins") {
      problem = "a bundle needs --policy FILE, or --no-pins to judge without one"
    } else if command.has("--topology"), command.has("--model-hash") {
      problem = "--topology and --model-hash exclude each other"
    } else {
      problem = nil
    }
    if let problem { throw .usage(.conflict(problem, command: command.title)) }
  }

  // MARK: Bundles

  private static func bundle(
    _ command: ParsedCommand, file: String
  ) throws(ClientFailure) -> ExitCode {
    var policy: MeasurementPolicy?
    if let path = command.value("--policy") { policy = try PolicyFile.read(path) }
    var expectation = ReceiptBundleVerifier.Expectation()
    expectation.modelHash = try hexadecimal(command, "--model-hash", bytes: 32...32)
    if let path = command.value("--topology") {
      let key = try TopologyFile.read(path, passphraseFile: command.value("--passphrase-file"))
      expectation.modelHash = key.modelHash
    }
    expectation.request = try preimage(command.value("--request"))
    expectation.response = try preimage(command.value("--response"))
    let bytes = try FileAccess.read(file, maximum: ReceiptBundle.maximumBytes)
    let report = ReceiptBundleVerifier.judge(bytes, policy: policy, expecting: expectation)
    if command.has("--json") {
      StandardStream.output(VerifyPrinter.json(report).text + "\n")
    } else {
      StandardStream.output(VerifyPrinter.text(report, explains: command.has("--explain")))
    }
    return report.verdict == .refused ? .refused : .done
  }

  /// Reads a request or response only to hash it, and overwrites what was read.
  private static func preimage(_ path: String?) throws(ClientFailure) -> ReceiptPreimage? {
    guard let path else { return nil }
    var bytes = try FileAccess.read(path, maximum: maximumPreimageBytes)
    defer { TopologyFile.wipe(&bytes) }
    return ReceiptPreimage(of: bytes.span)
  }

  // MARK: Bare receipts

  private static func bare(
    _ command: ParsedCommand, file: String
  ) throws(ClientFailure) -> ExitCode {
    guard let key = try hexadecimal(command, "--public-key", bytes: 32...32) else { return .usage }
    var expectation = AIRReceipt.Expectation(
      nonce: try hexadecimal(command, "--nonce", bytes: AIRReceipt.nonceBytes),
      modelHash: try hexadecimal(command, "--model-hash", bytes: 32...32))
    do throws(UsageError) {
      if command.has("--max-age") {
        let seconds = try command.integer("--max-age", in: 1...maximumAge, default: 1)
        expectation.age = AIRReceipt.Expectation.Age(
          now: UInt64(max(0, Glibc.time(nil))), maximumSeconds: UInt64(seconds))
      }
      if command.has("--platform") {
        let name = try command.choice("--platform", among: ["nitro", "tdx"], default: "nitro")
        expectation.platform = name == "tdx" ? .tdx : .nitro
      }
    } catch { throw .usage(error) }
    let bytes = try FileAccess.read(file, maximum: ReceiptBundle.maximumStatementBytes)
    let report = AIRReceipt.judge(bytes, publicKey: key, expecting: expectation)
    if command.has("--json") {
      StandardStream.output(BareReceiptPrinter.json(report, expectation).text + "\n")
    } else {
      StandardStream.output(
        BareReceiptPrinter.text(report, expectation, explains: command.has("--explain")))
    }
    return report.error == nil ? .done : .refused
  }

  private static func hexadecimal(
    _ command: ParsedCommand, _ option: String, bytes: ClosedRange<Int>
  ) throws(ClientFailure) -> [UInt8]? {
    guard let text = command.value(option) else { return nil }
    guard let value = Hexadecimal.decode(text), bytes.contains(value.count) else {
      let digits =
        bytes.count == 1
        ? "\(bytes.lowerBound * 2) hexadecimal digits are needed"
        : "\(bytes.lowerBound * 2) to \(bytes.upperBound * 2) hexadecimal digits, an even number, "
          + "are needed"
      throw .usage(
        .invalidValue(option: option, value: text, problem: digits, command: command.title))
    }
    return value
  }
}
