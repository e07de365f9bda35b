import EphemeralRuntime
import Testing

@testable import EphemeralClient

@Suite("Command line")
struct CommandLineTests {
  static let parser = CommandLineParser(
    ProgramSpecification(
      name: "tool", summary: "a tool",
      commands: [
        CommandSpecification(
          "serve", summary: "Serves.", discussion: "Serves things.",
          options: [
            .option("--listen", "ADDRESS", "Where.", required: true),
            .option("--max-sessions", "N", "How many."), .flag("--quiet", "Says less."),
            .option("--input", "NAME=FILE", "An input.", repeats: true),
          ], examples: [CommandExample("tool serve --listen tcp://…", "Serves there.")]),
        CommandSpecification(
          "inspect", summary: "Shows.", discussion: "Shows a file.",
          positionals: [PositionalSpecification("FILE", "The file.")],
          examples: [CommandExample("tool inspect a", "Shows a.")]),
        CommandSpecification(
          "image build", summary: "Builds.", discussion: "Builds an image.",
          positionals: [PositionalSpecification("FILE", "The file.", required: false)],
          examples: [CommandExample("tool image build", "Builds it.")]),
        CommandSpecification(
          "image show", summary: "Shows one.", discussion: "Shows an image.",
          examples: [CommandExample("tool image show", "Shows it.")]),
      ]))

  private func run(_ arguments: String...) throws -> ParsedCommand? {
    guard case .run(let command) = try Self.parser.parse(arguments) else { return nil }
    return command
  }

  @Test("Options with values, inline values, switches, repeats")
  func options() throws {
    let command = try #require(
      try run("serve", "--input", "a=1", "--listen=x=y", "--quiet", "--input=b=2"))
    #expect(command.value("--listen") == "x=y")
    #expect(command.has("--quiet") && !command.has("--max-sessions"))
    #expect(command.values("--input") == ["a=1", "b=2"])
    #expect(try command.integer("--max-sessions", in: 1...9, default: 4) == 4)
    #expect(try run("inspect", "--", "--x")?.positionals == ["--x"])
    #expect(try run("inspect", "-")?.positionals == ["-"])
  }

  @Test("Commands of two words, and the help of their group")
  func twoWords() throws {
    let command = try #require(try run("image", "build", "show"))
    #expect(command.name == "image build" && command.positionals == ["show"])
    #expect(command.title == "tool image build")
    for arguments in [["image", "--help"], ["image", "-h"], ["help", "image"]] {
      guard case .help(let text) = try Self.parser.parse(arguments) else {
        Issue.record("\(arguments) gives no help")
        continue
      }
      #expect(text.contains("image build") && text.contains("Shows one."))
      #expect(!text.contains("serve"))
    }
    for arguments in [["image", "build", "--help"], ["help", "image", "build"]] {
      guard case .help(let text) = try Self.parser.parse(arguments) else {
        Issue.record("\(arguments) gives no help")
        continue
      }
      #expect(text.contains("Usage: tool image build [FILE]"))
    }
  }

  @Test("Each mistake says what is wrong and suggests the near word")
  func mistakes() {
    let cases: [([String], String)] = [
      ([], "no command; try 'tool --help'"),
      (["sreve"], "unknown command 'sreve'; did you mean 'serve'?"),
      (["zzz"], "unknown command 'zzz'; try 'tool --help'"),
      (["image"], "'image' needs one of build, show behind it; try 'tool image --help'"),
      (["image", "--x"], "'image' needs one of build, show behind it; try 'tool image --help'"),
      (["image", "biuld"], "unknown command 'image biuld'; did you mean 'image build'?"),
      (["image", "zzz"], "unknown command 'image zzz'; try 'tool image --help'"),
      (["imgae", "build"], "unknown command 'imgae'; did you mean 'image'?"),
      (["help", "image", "zzz"], "unknown command 'image zzz'; try 'tool image --help'"),
      (
        ["serve", "--lisen", "x"], "tool serve: unknown option '--lisen'; did you mean '--listen'?"
      ),
      (
        ["serve", "--max-session=3"],
        "tool serve: unknown option '--max-session'; did you mean '--max-sessions'?"
      ),
      (["serve", "--colour"], "tool serve: unknown option '--colour'; try 'tool serve --help'"),
      (["serve", "--listen"], "tool serve: --listen needs a value: --listen ADDRESS"),
      (["serve", "--listen", "--quiet"], "tool serve: --listen needs a value: --listen ADDRESS"),
      (["serve"], "tool serve: --listen ADDRESS is required"),
      (["serve", "--quiet=1"], "tool serve: --quiet takes no value"),
      (
        ["serve", "--listen", "a", "--listen", "b"],
        "tool serve: --listen is given more than once"
      ),
      (["inspect"], "tool inspect: FILE is missing"),
      (["inspect", "a", "b"], "tool inspect: unexpected argument 'b'"),
    ]
    for (arguments, message) in cases {
      do {
        _ = try Self.parser.parse(arguments)
        Issue.record("\(arguments) was understood")
      } catch { #expect(error.message == message) }
    }
  }

  @Test("Numbers out of range and unknown choices are refused")
  func values() throws {
    let command = try #require(try run("serve", "--listen", "onec", "--max-sessions", "99"))
    #expect(throws: UsageError.self) {
      try command.integer("--max-sessions", in: 1...64, default: 1)
    }
    do {
      _ = try command.choice("--listen", among: ["once", "always"], default: "once")
      Issue.record("an unknown choice was taken")
    } catch { #expect(error.message.contains("did you mean 'once'?")) }
  }

  @Test("Help teaches with an example, for every command of this client")
  func help() throws {
    let parser = CommandLineParser(ClientProgram.specification)
    for command in ClientProgram.specification.commands {
      for arguments in [[command.name, "--help"], ["help", command.name], [command.name, "-h"]] {
        guard case .help(let text) = try parser.parse(arguments) else {
          Issue.record("\(command.name) has no help")
          continue
        }
        #expect(text.contains("Example") && text.contains("ephml-client \(command.name)"))
        for line in text.split(separator: "\n") { #expect(line.count <= 110) }
        for option in command.options { #expect(text.contains(option.name)) }
      }
    }
  }

  @Test(
    "Edit distance counts insertions, deletions, substitutions and swaps",
    arguments: [
      ("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("ab", "ba", 1), ("--host", "--hots", 1),
    ])
  func distance(first: String, second: String, expected: Int) {
    #expect(EditDistance.between(first, second) == expected)
    #expect(EditDistance.between(second, first) == expected)
  }
}
