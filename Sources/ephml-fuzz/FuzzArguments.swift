#if Fuzzing
  /// A command line: words, and options that each take a value.
  struct FuzzArguments {
    /// What is wrong with a command line.
    struct Problem: Error {
      let text: String
    }

    private(set) var words: [String] = []
    private var options: [(name: String, value: String)] = []

    init(_ arguments: [String]) throws(Problem) {
      var rest = arguments[...]
      while let argument = rest.popFirst() {
        if argument.hasPrefix("--") {
          guard let value = rest.popFirst() else {
            throw Problem(text: "\(argument) needs a value")
          }
          options.append((argument, value))
        } else {
          words.append(argument)
        }
      }
    }

    /// Refuses options that are not among these.
    func allow(_ names: [String]) throws(Problem) {
      for option in options where !names.contains(option.name) {
        throw Problem(text: "there is no option \(option.name) here")
      }
    }

    /// The values of an option, in order.
    func texts(_ name: String) -> [String] { options.filter { $0.name == name }.map(\.value) }

    /// The last value of an option.
    func text(_ name: String) -> String? { texts(name).last }

    /// The last value of an option as a number.
    func number(_ name: String) throws(Problem) -> UInt64? {
      guard let text = text(name) else { return nil }
      guard let number = UInt64(text) else { throw Problem(text: "\(name) is not a number") }
      return number
    }
  }
#endif
