/// Why a command line was not understood. The words are the caller's own, typed at this machine.
public enum UsageError: Error, Equatable, Sendable {
  /// No command was given.
  case missingCommand(program: String)
  /// The program has no such command.
  case unknownCommand(String, suggestion: String?, program: String)
  /// The word begins commands of two words, and no second one that could be meant follows.
  case incompleteCommand(String, choices: [String], program: String)
  /// The command has no such option.
  case unknownOption(String, suggestion: String?, command: String)
  /// The option stands last, without its value.
  case missingValue(option: String, valueName: String, command: String)
  /// The switch was written with a value.
  case unexpectedValue(option: String, command: String)
  /// The option was given twice and means one thing.
  case repeatedOption(String, command: String)
  /// A required option is absent.
  case missingOption(String, command: String)
  /// A required argument is absent.
  case missingArgument(String, command: String)
  /// More arguments than the command takes.
  case unexpectedArgument(String, command: String)
  /// A value that does not mean what the option needs; `problem` says what it needs.
  case invalidValue(option: String, value: String, problem: String, command: String)
  /// Options that do not go together, or one of which is needed.
  case conflict(String, command: String)

  /// One line that says what is wrong and, where there is one, the near word.
  public var message: String {
    switch self {
    case .missingCommand(let program):
      "no command; try '\(program) --help'"
    case .unknownCommand(let word, let suggestion, let program):
      "unknown command '\(word)'" + Self.hint(suggestion)
        + (suggestion == nil ? "; try '\(program) --help'" : "")
    case .incompleteCommand(let word, let choices, let program):
      "'\(word)' needs one of \(choices.joined(separator: ", ")) behind it; "
        + "try '\(program) \(word) --help'"
    case .unknownOption(let word, let suggestion, let command):
      "\(command): unknown option '\(word)'" + Self.hint(suggestion)
        + (suggestion == nil ? "; try '\(command) --help'" : "")
    case .missingValue(let option, let valueName, let command):
      "\(command): \(option) needs a value: \(option) \(valueName)"
    case .unexpectedValue(let option, let command):
      "\(command): \(option) takes no value"
    case .repeatedOption(let option, let command):
      "\(command): \(option) is given more than once"
    case .missingOption(let usage, let command):
      "\(command): \(usage) is required"
    case .missingArgument(let name, let command):
      "\(command): \(name) is missing"
    case .unexpectedArgument(let word, let command):
      "\(command): unexpected argument '\(word)'"
    case .invalidValue(let option, let value, let problem, let command):
      "\(command): \(option) '\(value)': \(problem)"
    case .conflict(let problem, let command):
      "\(command): \(problem)"
    }
  }

  private static func hint(_ suggestion: String?) -> String {
    suggestion.map { "; did you mean '\($0)'?" } ?? ""
  }
}
