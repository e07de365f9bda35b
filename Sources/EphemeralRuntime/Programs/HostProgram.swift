/// `ephml-host`: the untrusted side as a process.
public enum HostProgram {
  /// What the program understands.
  public static let specification = ProgramSpecification(
    name: "ephml-host", summary: "store sealed weights and relay sessions to an enclave",
    commands: [
      CommandSpecification(
        "serve", summary: "Serve clients until a signal comes.",
        discussion: """
          Takes clients, stores the weight blobs that they push, opens one connection to the \
          enclave for each session and relays its frames unread. Prints one line, listening and \
          the address, when ready; port 0 picks a free port. Ends cleanly on SIGTERM and SIGINT. \
          An ADDRESS is \(Address.forms). unix: is the socket by which Firecracker, Cloud Hypervisor \
          and vhost-device-vsock give a guest's vsock ports to programs outside; listening there \
          makes PATH_PORT, which the guest reaches as port PORT of CID 2.
          """,
        options: [
          .option(
            "--listen", "ADDRESS", "Where clients connect, such as tcp://127.0.0.1:7000.",
            required: true),
          .option(
            "--enclave", "ADDRESS", "Where the enclave listens, such as vsock://16:7100.",
            required: true),
          .option(
            "--store", "DIR", "The folder of weight blobs; made if it is not there.",
            required: true),
          .option(
            "--store-bytes", "N", "The most bytes that the store may hold; no limit if absent."),
          .option("--audit", "FILE", "Append security events to this log."),
          .option("--max-clients", "N", "Connections at once; 256 if absent."),
          .option(
            "--trace", "FILE",
            "Append a line for each transition, without secrets, for Spec/check --trace."),
        ],
        examples: [
          CommandExample(
            "ephml-host serve --listen tcp://127.0.0.1:7000 --enclave tcp://127.0.0.1:7100"
              + " --store ./blobs",
            "Relays to an enclave on the same machine."),
          CommandExample(
            "ephml-host serve --listen tcp://0.0.0.0:7000 --enclave unix:/run/vm.vsock:7100"
              + " --store ./blobs",
            "Relays to port 7100 of a guest whose monitor speaks hybrid vsock."),
        ])
    ])

  /// Runs the program to its end.
  public static func main() -> Never {
    ProcessGuards.ignoreBrokenPipes()
    let command = CommandLineParser(specification).parseOrExit()
    do throws(ServerFailure) {
      try serve(command)
    } catch {
      error.exit(program: specification.name)
    }
    ServerMain.finish()
  }

  private static func serve(_ command: ParsedCommand) throws(ServerFailure) {
    let listen = try ServerMain.address(command, "--listen")
    var options = HostServer.Options(enclave: try ServerMain.peer(command, "--enclave"))
    options.maximumClients = try ServerMain.integer(
      command, "--max-clients", in: 1...65_536, default: DriverLimits.standardClients)
    var limits = WeightStore.Limits()
    limits.totalBytes = try ServerMain.integer(
      command, "--store-bytes", in: 1...Int.max, default: Int.max)
    options.trace = try ServerMain.trace(command, program: specification.name)
    let directory = command.value("--store") ?? ""
    TerminationSignals.hold()
    let loop = try ServerMain.loop(computeThreads: 1, blockingThreads: 4)
    let store: WeightStore
    do throws(StoreError) {
      store = try WeightStore(directory: directory, limits: limits)
    } catch {
      throw ServerFailure("\(directory): \(error.message)")
    }
    let audit = try ServerMain.audit(command, role: .host, loop: loop)
    let server = HostServer(reactor: loop, store: store, audit: audit, options: options)
    try ServerMain.start(listen) { (address) throws(ReactorError) in
      try server.start(at: address)
    }
    try ServerMain.serve(loop, program: specification.name) {
      server.stop()
    } isIdle: {
      server.isIdle
    }
  }
}
