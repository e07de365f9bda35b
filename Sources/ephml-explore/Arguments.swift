import EphemeralSymbolic

/// What the command line asks for.
struct Arguments {
  /// Why a command line cannot be followed.
  struct Refusal: Error {
    let reason: String
  }

  var configurations: [WorldConfiguration] = []
  var jsonFile: String?
  var linesFolder: String?
  var chartFile: String?
  var wantsList = false
  var wantsHelp = false

  static let help = """
    Usage: ephml-explore [CONFIGURATION…] [--deep] [--json FILE] [--lines FOLDER]
                         [--chart FILE.svg] [--list] [--help]

    Explores the session machines over symbolic cryptography, breadth first and completely, and
    checks their properties at every transition. Without a name all configurations but the deep
    ones are explored.

      --deep        all configurations, the deep ones too
      --json FILE   write each configuration's figures
      --lines DIR   write each configuration's projected lines to DIR/NAME.lines
      --chart FILE  draw the first counterexample as SVG
      --list        name the configurations and their bounds

    The exit status is 0 where everything was explored and holds, 1 where something does not, and
    2 where the command line makes no sense or a file cannot be written.
    """

  init(_ words: [String]) throws(Refusal) {
    var isDeep = false
    var rest = words[...]
    func value(_ option: String) throws(Refusal) -> String {
      guard let value = rest.popFirst() else { throw Refusal(reason: "\(option) needs a value") }
      return value
    }
    while let word = rest.popFirst() {
      switch word {
      case "--deep": isDeep = true
      case "--json": jsonFile = try value(word)
      case "--lines": linesFolder = try value(word)
      case "--chart": chartFile = try value(word)
      case "--list": wantsList = true
      case "--help": wantsHelp = true
      default:
        guard let configuration = WorldConfiguration.named(word) else {
          throw Refusal(reason: "there is no configuration or option \(word)")
        }
        configurations.append(configuration)
      }
    }
    if configurations.isEmpty {
      configurations = WorldConfiguration.all.filter { isDeep || !$0.isDeep }
    }
  }
}
