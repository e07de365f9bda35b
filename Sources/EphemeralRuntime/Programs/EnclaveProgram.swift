import EphemeralAttestation
import EphemeralCrypto
import EphemeralEngine
import Glibc

/// `ephml-enclave`: the measured side as a process.
public struct EnclaveProgram {
  private static let name = "ephml-enclave"
  private let platform: EnclavePlatform

  /// The program on a platform.
  public init(_ platform: EnclavePlatform) { self.platform = platform }

  /// What the program understands.
  public var specification: ProgramSpecification {
    ProgramSpecification(
      name: Self.name, summary: "attest, assemble a model, infer, wipe everything",
      commands: [serveCommand, measureCommand])
  }

  private var serveCommand: CommandSpecification {
    CommandSpecification(
      "serve", summary: "Serve sessions until a signal comes.",
      discussion: """
        Takes connections from a host, one for each session. Prints one line, listening and the \
        address, when ready; port 0 picks a free port. Wipes all sessions and ends cleanly on \
        SIGTERM and SIGINT. An ADDRESS is \(Address.forms).
        """,
      options: [
        .option(
          "--listen", "ADDRESS", "Where the host connects, such as \(platform.exampleAddress).",
          required: true),
        .option("--max-sessions", "N", "Sessions at once; 64 if absent."),
        .option(
          "--memory", "BYTES",
          "Memory for all models together; three quarters of the machine's if absent."),
        .option(
          "--sealed-cache", "BYTES",
          """
          Memory for encrypted weights that are kept from one session to the next, which then \
          fetches none; with 0 each session fetches its own; an eighth of the machine's if absent.
          """),
        .option("--threads", "N", "Inferences at once; one for each processor if absent."),
        .option(
          "--audit", "FILE",
          "Append security events to this log; without it they go to the host's."),
        .option("--trace", "FILE", traceHelp),
      ] + platform.options + platform.serveOptions,
      examples: [
        CommandExample(
          "ephml-enclave serve --listen \(platform.exampleAddress)",
          "Serves one host.")
      ])
  }

  private var traceHelp: String {
    platform.requiresGuards
      ? "Refused in this build: it would tell when a session does what."
      : "Append a line for each transition, without secrets, for Spec/check --trace."
  }

  private var measureCommand: CommandSpecification {
    CommandSpecification(
      "measure", summary: "Print the policy that pins this enclave.",
      discussion: """
        Prints the measurements of this very executable as a policy file: give it to clients \
        over a way that the host cannot change.
        """,
      options: platform.options,
      examples: [
        CommandExample("ephml-enclave measure > policy.json", "Writes a policy for clients.")
      ])
  }

  /// Runs the program to its end.
  ///
  /// - Parameter arguments: the arguments without the program's name; the process's own if nil.
  public func main(arguments: [String]? = nil) -> Never {
    ProcessGuards.ignoreBrokenPipes()
    let parser = CommandLineParser(specification)
    let command =
      if let arguments { parser.parseOrExit([Self.name] + arguments) } else {
        parser.parseOrExit()
      }
    do throws(ServerFailure) {
      if command.name == "measure" {
        StandardStream.output(try platform.open(command).policy())
      } else {
        try serve(command)
      }
    } catch {
      error.exit(program: Self.name)
    }
    ServerMain.finish()
  }

  private func serve(_ command: ParsedCommand) throws(ServerFailure) {
    let listen = try ServerMain.address(command, "--listen")
    var options = EnclaveServer.Options()
    options.maximumSessions = try ServerMain.integer(
      command, "--max-sessions", in: 1...4096, default: DriverLimits.standardSessions)
    options.maximumHalfOpen = max(options.maximumSessions, DriverLimits.halfOpenSessions)
    options.requiresLockedMemory = platform.requiresGuards
    options.sealedCacheBytes = try ServerMain.integer(
      command, "--sealed-cache", in: 0...Int.max, default: MemoryBudget.standardSealedCacheBytes)
    options.log = { StandardStream.error("\(Self.name): \($0)\n") }
    options.onStuckWipe = {
      // So that the process also ends if nobody takes the line.
      _ = alarm(1)
      StandardStream.error("\(Self.name): a session could not be wiped in time\n")
      _exit(ExitCode.failed.rawValue)
    }
    if platform.requiresGuards, command.has("--trace") {
      throw ServerFailure(
        "--trace is for development: a real enclave tells nobody what it does and when",
        exitCode: .usage)
    }
    options.trace = try ServerMain.trace(command, program: Self.name)
    #if Mock
      options.watch = try platform.watch(command)
      let watch = options.watch
    #endif
    let threads = try ServerMain.integer(
      command, "--threads", in: 1...256, default: EventLoop.processorCount)
    let memory = try ServerMain.integer(
      command, "--memory", in: 1...Int.max, default: MemoryBudget.standard().totalBytes)
    let prepareServing = try platform.prepareServing(command)
    try guardProcess()
    let device = try platform.open(command).device
    try mixEntropy(from: device)
    TerminationSignals.hold()
    // One thread more than evidence can take, so that a wipe never waits for the device.
    let loop = try ServerMain.loop(
      computeThreads: threads, blockingThreads: DriverLimits.outstandingEvidence + 1)
    let audit = try ServerMain.audit(command, role: .enclave, loop: loop)
    let server = EnclaveServer(
      reactor: loop, device: device, memory: MemoryBudget(totalBytes: memory), audit: audit,
      options: options)
    try prepareServing(device, loop)
    try ServerMain.start(listen) { (address) throws(ReactorError) in
      try server.start(at: address)
    }
    try ServerMain.serve(loop, program: Self.name) {
      server.stop()
    } isIdle: {
      server.isIdle
    }
    #if Mock
      watch?(.stopped)
    #endif
  }

  /// Switches off what could leave secrets behind, before there are any.
  private func guardProcess() throws(ServerFailure) {
    guard Processor.supportsKernels else {
      throw ServerFailure("this processor lacks AVX2 and FMA, which the kernels need")
    }
    ProcessGuards.raiseLockLimit()
    // Without the right to it a development build goes on: its arenas warn for themselves.
    let isLocked = ProcessGuards.lockMemory()
    guard isLocked || !platform.requiresGuards else {
      throw ServerFailure("memory cannot be locked")
    }
    if platform.requiresGuards { SecretMemory.refuseUnlockedPages() }
    guard !ProcessGuards.forbidMemoryDumps() else { return }
    if platform.requiresGuards { throw ServerFailure("memory dumps cannot be switched off") }
    StandardStream.error("\(Self.name): warning: memory dumps cannot be switched off\n")
  }

  /// The device's own randomness joins the process's before the first key is made.
  private func mixEntropy(from device: any AttestationDevice) throws(ServerFailure) {
    do throws(NSMClientError) {
      let random = try NSMClient(device).random()
      Entropy.mix(random.span)
    } catch {
      throw ServerFailure("the attestation device gives no random bytes")
    }
  }
}
