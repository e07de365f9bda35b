#if Mock && Production
  #error("choose one of the traits Mock and Production")
#elseif Mock
  import EphemeralAttestation
  import EphemeralMock
  import EphemeralRuntime
  import MemoryScan
#elseif Production
  import EphemeralNitro
#else
  #error("choose one of the traits Mock and Production")
#endif

#if Mock
  /// A mock security module that measures this executable under this installation's root.
  var platform = EnclavePlatform(
    options: [
      .option(
        "--mock-root", "DIR", "The folder of the mock root; $XDG_STATE_HOME/ephml if absent."),
      .flag("--mock-expired", "Attest with a certificate that has expired, to see it refused."),
      .flag("--mock-debug", "Attest as an enclave in debug mode, to see it refused."),
    ],
    exampleAddress: "tcp://127.0.0.1:7100", requiresGuards: false
  ) { (command) throws(ServerFailure) in
    do throws(MockError) {
      let directory =
        if let given = command.value("--mock-root") { given } else {
          try MockRoot.defaultDirectory()
        }
      var options = MockOptions()
      options.hasExpiredLeaf = command.has("--mock-expired")
      options.isDebug = command.has("--mock-debug")
      let device = try MockSecurityModule(
        root: try MockRoot.open(directory: directory), image: try .runningExecutable(),
        options: options)
      guard let policy = try? device.policy().canonicalJSON else { throw MockError.image }
      return EnclaveDevice(device: device) { () throws(ServerFailure) in policy }
    } catch {
      throw ServerFailure("\(error)")
    }
  }

  platform.serveOptions = [
    .option(
      "--scan-memory", "FILE",
      "For tests: look for the masked canaries of this file in the enclave's own memory."),
    .option(
      "--scan-report", "FILE", "Append a line for each scan of --scan-memory to this file."),
  ]
  platform.watch = { (command) throws(ServerFailure) in
    let (canaries, report) = (command.value("--scan-memory"), command.value("--scan-report"))
    guard let canaries, let report else {
      if canaries == nil, report == nil { return nil }
      throw ServerFailure("--scan-memory and --scan-report go together", exitCode: .usage)
    }
    do throws(MemoryScanError) {
      let scanner = try MemoryScanner(canaries: canaries, report: report)
      return { point in scanner.scan(at: point.rawValue) }
    } catch {
      switch error {
      case .unreadable: throw ServerFailure("\(canaries): cannot be read")
      case .malformed: throw ServerFailure("\(canaries): is not a file of masked canaries")
      case .report: throw ServerFailure("\(report): cannot be written")
      }
    }
  }
  EnclaveProgram(platform).main()
#else
  NitroEnclave.main()
#endif
