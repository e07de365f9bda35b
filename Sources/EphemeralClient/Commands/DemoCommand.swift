internal import EphemeralRuntime

/// `demo`: the whole path on this machine.
enum DemoCommand {
  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    #if Production
      throw ClientFailure(.failed, "demo needs the mock device: build with the default traits")
    #else
      return try show(isSilent: command.has("--json"))
    #endif
  }

  private static func show(isSilent: Bool) throws(ClientFailure) -> ExitCode {
    let result = try Demo(isSilent: isSilent).run()
    if isSilent { StandardStream.output(result.json.text + "\n") }
    if let problem = result.problem { throw ClientFailure(.failed, problem) }
    return .done
  }
}
