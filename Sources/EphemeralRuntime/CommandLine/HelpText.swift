/// The words that `--help` prints.
enum HelpText {
  private static let width = 78

  static func program(_ program: ProgramSpecification) -> String {
    var lines = ["\(program.name): \(program.summary)", "", "Commands:"]
    lines += table(program.commands.map { ($0.name, $0.summary) })
    lines += ["", "'\(program.name) COMMAND --help' teaches one command with an example."]
    return lines.joined(separator: "\n") + "\n"
  }

  /// The commands of two words whose first is `word`.
  static func group(_ word: String, of program: ProgramSpecification) -> String {
    let members = program.commands.filter { $0.name.hasPrefix(word + " ") }
    var lines = ["\(program.name) \(word): one of", ""]
    lines += table(members.map { ($0.name, $0.summary) })
    lines += ["", "'\(program.name) \(word) COMMAND --help' teaches one of them with an example."]
    return lines.joined(separator: "\n") + "\n"
  }

  static func command(_ command: CommandSpecification, of program: ProgramSpecification) -> String {
    var usage = "\(program.name) \(command.name)"
    for positional in command.positionals {
      usage += " " + positional.usage
    }
    for option in command.options {
      // An option and its value stay on one line.
      let words = exchange(" ", for: "\u{a0}", in: option.usage) + (option.repeats ? "…" : "")
      usage += option.isRequired ? " \(words)" : " [\(words)]"
    }
    var lines = wrap("Usage: " + usage, indent: "  ", first: "")
      .map { exchange("\u{a0}", for: " ", in: $0) }
    lines += [""] + wrap(command.discussion, indent: "", first: "")
    if !command.positionals.isEmpty {
      lines += ["", "Arguments:"] + table(command.positionals.map { ($0.name, $0.summary) })
    }
    let options = command.options.map { ($0.usage, $0.summary) }
    lines += ["", "Options:"] + table(options + [("--help", "This text.")])
    lines += ["", command.examples.count == 1 ? "Example:" : "Examples:"]
    for example in command.examples {
      lines += ["  " + example.line] + wrap(example.explanation, indent: "      ", first: "      ")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The library's own `replacing` would bring its regular expressions into the enclave, a tenth of
  /// the image's program.
  private static func exchange(
    _ old: Character, for new: Character, in text: String
  ) -> String { String(text.map { $0 == old ? new : $0 }) }

  private static func table(_ rows: [(String, String)]) -> [String] {
    let column = min(26, (rows.map(\.0.count).max() ?? 0) + 2)
    let indent = String(repeating: " ", count: column + 2)
    var lines: [String] = []
    for (name, summary) in rows {
      if name.count + 2 > column {
        lines.append("  " + name)
        lines += wrap(summary, indent: indent, first: indent)
      } else {
        let pad = String(repeating: " ", count: column - name.count)
        lines += wrap(summary, indent: indent, first: "  " + name + pad)
      }
    }
    return lines
  }

  private static func wrap(_ text: String, indent: String, first: String) -> [String] {
    var lines: [String] = []
    var line = first
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = indent
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }
}
