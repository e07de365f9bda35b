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
    if Self.asksForHelp(word) || word == "help" {
      let topic = arguments.dropFirst()
      guard word == "help", let first = topic.first else {
        return .help(HelpText.program(program))
      }
      if topic.count == 1, isGroup(first) { return .help(HelpText.group(first, of: program)) }
      return .help(HelpText.command(try command(at: topic).command, of: program))
    }
    let isAlone = arguments.count > 1 && Self.asksForHelp(arguments[1])
    if isAlone, isGroup(word) { return .help(HelpText.group(word, of: program)) }
    let (command, rest) = try command(at: arguments[...])
    let beforeEnd = rest.prefix { $0 != "--" }
    if beforeEnd.contains(where: Self.asksForHelp) {
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

  private static func asksForHelp(_ word: String) -> Bool { word == "--help" || word == "-h" }

  /// Whether commands of two words begin with this one, and it is none by itself.
  private func isGroup(_ word: String) -> Bool {
    program.commands.contains { $0.name.hasPrefix(word + " ") }
      && !program.commands.contains { $0.name == word }
  }

  /// The command that the first words name, two words before one, and what follows them.
  private func command(
    at words: ArraySlice<String>
  ) throws(UsageError) -> (command: CommandSpecification, rest: ArraySlice<String>) {
    for count in [2, 1] where words.count >= count {
      let name = words.prefix(count).joined(separator: " ")
      if let command = program.commands.first(where: { $0.name == name }) {
        return (command, words.dropFirst(count))
      }
    }
    let first = words[words.startIndex]
    guard isGroup(first) else {
      // The first words too, for who mistypes the first of two.
      let names = program.commands.flatMap { command in
        [command.name, String(command.name.prefix { $0 != " " })]
      }
      throw .unknownCommand(
        first, suggestion: EditDistance.nearest(to: first, among: names), program: program.name)
    }
    let members = program.commands.map(\.name).filter { $0.hasPrefix(first + " ") }
    guard words.count > 1, !words[words.startIndex + 1].hasPrefix("-") else {
      throw .incompleteCommand(
        first, choices: members.map { String($0.dropFirst(first.count + 1)) },
        program: program.name)
    }
    let name = words.prefix(2).joined(separator: " ")
    throw .unknownCommand(
      name, suggestion: EditDistance.nearest(to: name, among: members),
      program: program.name + " " + first)
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
