public import EphemeralRuntime

/// The client program: reads the command line, runs the command, prints a failure in one line.
public enum ClientMain {
  /// Runs one command line.
  ///
  /// - Returns: how the process ends.
  public static func run(_ arguments: [String]) -> ExitCode {
    ProcessGuards.ignoreBrokenPipes()
    let command = CommandLineParser(ClientProgram.specification).parseOrExit(arguments)
    do throws(ClientFailure) {
      return try run(command)
    } catch {
      StandardStream.error(line(for: error))
      return error.exitCode
    }
  }

  /// A failure as the one line that is printed: names from files are in it, so nothing that could
  /// steer a terminal may be.
  static func line(for failure: ClientFailure) -> String {
    let isNamed = failure.message.hasPrefix("ephml-client ")
    return (isNamed ? "" : "ephml-client: ") + InspectCommand.printable(failure.message) + "\n"
  }
}

extension ClientMain {
  private static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    switch command.name {
    case "decompose": try DecomposeCommand.run(command)
    case "inspect": try InspectCommand.run(command)
    case "push": try PushCommand.run(command)
    case "attest": try AttestCommand.run(command)
    case "infer": try InferCommand.run(command)
    case "embed": try EmbedCommand.run(command)
    case "verify": try VerifyCommand.run(command)
    case "audit": try AuditCommand.run(command)
    case "demo": try DemoCommand.run(command)
    case "image build": try ImageBuildCommand.run(command)
    case "image measure": try ImageMeasureCommand.run(command)
    case "image inspect": try ImageInspectCommand.run(command)
    default: throw ClientFailure(.usage, "no such command")
    }
  }
}
