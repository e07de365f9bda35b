import EphemeralAttestation
import EphemeralRuntime

#if Mock && Production
  #error("choose one of the traits Mock and Production")
#elseif Mock
  import EphemeralMock
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
      return (device, policy)
    } catch {
      throw ServerFailure("\(error)")
    }
  }
#else
  /// The security module of a real enclave; its registers are what a client pins.
  let platform = EnclavePlatform(
    options: [], exampleAddress: "vsock://any:7100", requiresGuards: true
  ) { (_) throws(ServerFailure) in
    do {
      let device = try NitroSecurityModule()
      let client = NSMClient(device)
      let pin = try MeasurementPolicy.Pin(
        pcr0: client.register(0), pcr1: client.register(1), pcr2: client.register(2))
      return (device, try MeasurementPolicy(measurements: [pin]).canonicalJSON)
    } catch {
      throw ServerFailure("no Nitro Security Module: run this inside of an enclave")
    }
  }
#endif

EnclaveProgram(platform).main()
