/// A command line that was understood: every required part is there, nothing unknown is.
public struct ParsedCommand: Sendable, Equatable {
  /// The command's name.
  public let name: String
  /// The program and the command, for messages.
  public let title: String
  /// The arguments by place.
  public let positionals: [String]
  private let found: [String: [String]]

  init(name: String, title: String, positionals: [String], found: [String: [String]]) {
    self.name = name
    self.title = title
    self.positionals = positionals
    self.found = found
  }

  /// Whether the switch or option was given.
  public func has(_ option: String) -> Bool { found[option] != nil }

  /// The value of an option that is given at most once.
  public func value(_ option: String) -> String? { found[option]?.last }

  /// All values of an option that repeats, in order.
  public func values(_ option: String) -> [String] { found[option] ?? [] }

  /// The value of an option that is a whole number within `range`, or `fallback` without it.
  public func integer(
    _ option: String, in range: ClosedRange<Int>, default fallback: Int
  ) throws(UsageError) -> Int {
    guard let text = value(option) else { return fallback }
    guard let number = Int(text), range.contains(number) else {
      throw .invalidValue(
        option: option, value: text,
        problem: "a whole number from \(range.lowerBound) to \(range.upperBound) is needed",
        command: title)
    }
    return number
  }

  /// The value of an option that is one of `choices`, or `fallback` without it.
  public func choice(
    _ option: String, among choices: [String], default fallback: String
  ) throws(UsageError) -> String {
    guard let text = value(option) else { return fallback }
    guard choices.contains(text) else {
      let near = EditDistance.nearest(to: text, among: choices).map { "; did you mean '\($0)'?" }
      throw .invalidValue(
        option: option, value: text,
        problem: "one of " + choices.joined(separator: ", ") + " is needed" + (near ?? ""),
        command: title)
    }
    return text
  }
}
