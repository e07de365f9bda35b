internal import Glibc

/// Reads command lines against a declaration, and teaches: every command has a `--help`.
///
/// Options are `--name VALUE` or `--name=VALUE`; `--` ends them; a lone `-` is an argument.
public struct CommandLineParser: Sendable {
  /// What a command line asks for.
  public enum Outcome: Sendable, Equatable {
    /// Run this command.
    case run(ParsedCommand)
    /// Print this text and end well.
    case help(String)
  }

  /// The declaration.
  public let program: ProgramSpecification

  /// A parser for one program.
  public init(_ program: ProgramSpecification) { self.program = program }

  /// Understands `arguments` (without the program's own name) or says what is wrong.
  public func parse(_ arguments: [String]) throws(UsageError) -> Outcome {
    guard let word = arguments.first else { throw .missingCommand(program: program.name) }
    if word == "--help" || word == "-h" || word == "help" {
      guard arguments.count > 1, word == "help" else { return .help(HelpText.program(program)) }
      return .help(HelpText.command(try command(named: arguments[1]), of: program))
    }
    let command = try command(named: word)
    let rest = arguments.dropFirst()
    let beforeEnd = rest.prefix { $0 != "--" }
    if beforeEnd.contains("--help") || beforeEnd.contains("-h") {
      return .help(HelpText.command(command, of: program))
    }
    return .run(try parse(rest, for: command))
  }

  /// Parses this process's arguments; prints help and ends with 0, or the problem and ends with 2.
  public func parseOrExit(_ arguments: [String] = CommandLine.arguments) -> ParsedCommand {
    do {
      switch try parse(Array(arguments.dropFirst())) {
      case .run(let command): return command
      case .help(let text):
        StandardStream.output(text)
        Glibc.exit(ExitCode.done.rawValue)
      }
    } catch {
      Self.exit(error, program: program.name)
    }
  }

  /// Prints a usage error in one line and ends with 2.
  public static func exit(_ error: UsageError, program: String) -> Never {
    // Most messages begin with the program and the command.
    let isNamed = error.message.hasPrefix(program + " ")
    StandardStream.error((isNamed ? "" : program + ": ") + error.message + "\n")
    Glibc.exit(ExitCode.usage.rawValue)
  }

  private func command(named word: String) throws(UsageError) -> CommandSpecification {
    if let command = program.commands.first(where: { $0.name == word }) { return command }
    throw .unknownCommand(
      word, suggestion: EditDistance.nearest(to: word, among: program.commands.map(\.name)),
      program: program.name)
  }

  private func parse(
    _ arguments: ArraySlice<String>, for command: CommandSpecification
  ) throws(UsageError) -> ParsedCommand {
    let title = "\(program.name) \(command.name)"
    var positionals: [String] = []
    var found: [String: [String]] = [:]
    var optionsEnded = false
    let names = command.options.map(\.name) + ["--help"]
    var at = arguments.startIndex
    while at < arguments.endIndex {
      let word = arguments[at]
      at += 1
      if optionsEnded || word == "-" || !word.hasPrefix("-") {
        guard
          positionals.count < command.positionals.count
            || command.positionals.last?.repeats == true
        else {
          throw .unexpectedArgument(word, command: title)
        }
        positionals.append(word)
        continue
      }
      if word == "--" {
        optionsEnded = true
        continue
      }
      let (name, inline) = Self.split(word)
      guard let option = command.options.first(where: { $0.name == name }) else {
        throw .unknownOption(
          name, suggestion: EditDistance.nearest(to: name, among: names), command: title)
      }
      if found[name] != nil, !option.repeats { throw .repeatedOption(name, command: title) }
      guard let valueName = option.valueName else {
        if inline != nil { throw .unexpectedValue(option: name, command: title) }
        found[name] = []
        continue
      }
      if let inline {
        found[name, default: []].append(inline)
      } else {
        // A value that begins with dashes is given as --name=VALUE.
        guard at < arguments.endIndex, !names.contains(arguments[at]) else {
          throw .missingValue(option: name, valueName: valueName, command: title)
        }
        found[name, default: []].append(arguments[at])
        at += 1
      }
    }
    let required = command.positionals.filter(\.isRequired)
    if positionals.count < required.count {
      throw .missingArgument(required[positionals.count].name, command: title)
    }
    for option in command.options where option.isRequired && found[option.name] == nil {
      throw .missingOption(option.usage, command: title)
    }
    return ParsedCommand(
      name: command.name, title: title, positionals: positionals, found: found)
  }

  private static func split(_ word: String) -> (name: String, value: String?) {
    guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { return (word, nil) }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]))
  }
}
