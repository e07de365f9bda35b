#if Mock && Production
  #error("choose one of the traits Mock and Production")
#elseif Mock
  import EphemeralAttestation
  import EphemeralMock
  import EphemeralRuntime
#elseif Production
  import EphemeralNitro
#else
  #error("choose one of the traits Mock and Production")
#endif

#if Mock
  /// A mock security module that measures this executable under this installation's root.
  let platform = EnclavePlatform(
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

  EnclaveProgram(platform).main()
#else
  NitroEnclave.main()
#endif
