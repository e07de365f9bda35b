/// What the program was asked for.
struct Arguments {
  static let help = """
    Runs the product with one fault at a time and says which oracle notices.

    usage: swift run --traits Mock,Mutants ephml-mutants [options]

      --list                 name every fault and oracle, run nothing
      --only ID              this fault alone; may be repeated
      --oracle NAME          under this oracle alone; may be repeated
      --model-results FILE   add the model's mutants, as Spec/check --json wrote them
      --json                 write JSON
      --help                 this text

    Exit status: 0 when every mutant is killed, each fault by two independent families of
    oracles, the right product passes all, and no mutant is missing; 1 otherwise; 2 for usage.
    """

  var lists = false
  var isJSON = false
  var wantsHelp = false
  var only: [String] = []
  var oracles: [String] = []
  var modelResults: String?
  /// Set in a child.
  var child: String?
  var skipped = 0

  /// Reads the command line.
  init(_ words: [String]) throws(Finding) {
    var rest = words[...]
    func value(_ name: String) throws(Finding) -> String {
      guard let next = rest.popFirst() else { throw Finding("\(name) needs a value") }
      return next
    }
    while let word = rest.popFirst() {
      switch word {
      case "--list": lists = true
      case "--json": isJSON = true
      case "--help", "-h": wantsHelp = true
      case "--only": only.append(try value(word))
      case "--oracle":
        let name = try value(word)
        guard Oracle.named(name) != nil else { throw Finding("there is no oracle \(name)") }
        oracles.append(name)
      case "--model-results": modelResults = try value(word)
      case "--child": child = try value(word)
      case "--skip": skipped = Int(try value(word)) ?? 0
      default: throw Finding("what is \(word)?")
      }
    }
  }
}
