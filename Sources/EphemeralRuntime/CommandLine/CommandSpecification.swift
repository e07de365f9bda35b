/// One `--name`, alone or with a value, that a command understands.
public struct OptionSpecification: Sendable, Equatable {
  /// The name with its dashes, such as `--host`.
  public let name: String
  /// What the value is called in the help, such as `ADDRESS`; nil for a switch without a value.
  public let valueName: String?
  /// One line for the help.
  public let summary: String
  /// Whether the command refuses to run without it.
  public let isRequired: Bool
  /// Whether it may be given more than once.
  public let repeats: Bool

  /// A switch: present or absent.
  public static func flag(_ name: String, _ summary: String) -> OptionSpecification {
    OptionSpecification(
      name: name, valueName: nil, summary: summary, isRequired: false, repeats: false)
  }

  /// An option with one value.
  public static func option(
    _ name: String, _ valueName: String, _ summary: String, required: Bool = false,
    repeats: Bool = false
  ) -> OptionSpecification {
    OptionSpecification(
      name: name, valueName: valueName, summary: summary, isRequired: required, repeats: repeats)
  }

  /// How the option is written: `--host ADDRESS`.
  var usage: String { valueName.map { name + " " + $0 } ?? name }
}

/// One argument that is known by its place.
public struct PositionalSpecification: Sendable, Equatable {
  /// What it is called in the help, such as `MODEL.onnx`.
  public let name: String
  /// One line for the help.
  public let summary: String
  /// Whether the command refuses to run without it.
  public let isRequired: Bool
  /// Whether any number of them may stand there; only the last argument may.
  public let repeats: Bool

  /// Describes one argument.
  public init(_ name: String, _ summary: String, required: Bool = true, repeats: Bool = false) {
    self.name = name
    self.summary = summary
    self.isRequired = required
    self.repeats = repeats
  }

  /// How the argument is written: `NAME`, `[NAME]`, `[NAME …]`.
  var usage: String {
    let name = repeats ? self.name + " …" : self.name
    return isRequired ? name : "[" + name + "]"
  }
}

/// One command line to try, with what it does.
public struct CommandExample: Sendable, Equatable {
  /// The command line as it would be typed.
  public let line: String
  /// What happens then, in one line.
  public let explanation: String

  /// Describes one example.
  public init(_ line: String, _ explanation: String) {
    self.line = line
    self.explanation = explanation
  }
}

/// What one command is for and what it accepts.
public struct CommandSpecification: Sendable, Equatable {
  /// The word that chooses it, such as `serve`, or two, such as `image build`.
  public let name: String
  /// One line for the list of commands.
  public let summary: String
  /// A paragraph that teaches what it does.
  public let discussion: String
  /// Its arguments by place.
  public let positionals: [PositionalSpecification]
  /// Its options.
  public let options: [OptionSpecification]
  /// At least one command line to try.
  public let examples: [CommandExample]

  /// Describes one command.
  public init(
    _ name: String, summary: String, discussion: String,
    positionals: [PositionalSpecification] = [], options: [OptionSpecification] = [],
    examples: [CommandExample]
  ) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.positionals = positionals
    self.options = options
    self.examples = examples
  }
}

/// A program and its commands.
public struct ProgramSpecification: Sendable, Equatable {
  /// The executable's name.
  public let name: String
  /// One line on what the program is.
  public let summary: String
  /// The commands, in the order of the help.
  public let commands: [CommandSpecification]

  /// Describes one program.
  public init(name: String, summary: String, commands: [CommandSpecification]) {
    self.name = name
    self.summary = summary
    self.commands = commands
  }
}
