internal import EphemeralRuntime

/// `demo`: the whole path on this machine.
enum DemoCommand {
  static func run(_ command: ParsedCommand) throws(ClientFailure) -> ExitCode {
    let demo = try Demo(isSilent: command.has("--json"))
    defer { ChildRegistry.shared.cleanUp() }
    let result = try demo.run()
    if command.has("--json") { StandardStream.output(result.json.text + "\n") }
    if let problem = result.problem { throw ClientFailure(.failed, problem) }
    return .done
  }
}
