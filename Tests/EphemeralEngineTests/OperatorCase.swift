import EphemeralModel

/// One operator on given inputs, and what it must give.
///
/// The text form has a line for the operator with its since-version and attributes, then a line
/// for each input (`-` for an absent one), then the outputs behind `=`.
struct OperatorCase: CustomStringConvertible, Sendable {
  var operation = ""
  var version = 0
  var attributes: [(name: String, kind: String, value: String)] = []
  var inputs: [String] = []
  var outputs: [String] = []
  var line = 0

  var description: String { "\(operation) \(version), line \(line)" }

  static let all: [OperatorCase] = [
    elementwise, logic, moving, reducing, layers, calculating, choosing, normalizing, sequencing,
    quantizing, sampling, transforming,
  ].flatMap(parse)

  static func parse(_ text: String) -> [OperatorCase] {
    var cases: [OperatorCase] = []
    for (number, line) in text.split(separator: "\n").enumerated() {
      let words = line.split(separator: " ")
      if !line.hasPrefix(" ") {
        var found = OperatorCase(
          operation: String(words[0]), version: Int(words[1]) ?? 0, line: number + 1)
        for word in words.dropFirst(2) {
          let parts = word.split(separator: "=", maxSplits: 1)
          let name = parts[0].split(separator: ":")
          found.attributes.append((String(name[0]), String(name[1]), String(parts[1])))
        }
        cases.append(found)
      } else if words[0] == "=" {
        cases[cases.count - 1].outputs.append(words.dropFirst().joined(separator: " "))
      } else {
        cases[cases.count - 1].inputs.append(words.joined(separator: " "))
      }
    }
    return cases
  }

  /// A model of this one node, its inputs, and what they give.
  func model() throws -> (
    model: TestModel, inputs: [(String, TestTensor)], expected: [TestTensor]
  ) {
    var model = TestModel()
    var given: [(String, TestTensor)] = []
    var ids: [ValueID] = []
    for (index, text) in inputs.enumerated() {
      if text == "-" {
        ids.append(0)
        continue
      }
      let tensor = try TestTensor(parsing: text[...]).orThrow()
      ids.append(model.input("input\(index)", tensor.type, tensor.shape.map { .fixed($0) }))
      given.append(("input\(index)", tensor))
    }
    var read: [Attribute] = []
    for (name, kind, value) in attributes {
      let numbers = value.split(separator: ",").compactMap { Int64($0) }
      switch kind {
      case "int": read.append(Attribute(name, .int(numbers[0])))
      case "ints": read.append(Attribute(name, .ints(numbers)))
      case "float": read.append(Attribute(name, .float(try Float(value).orThrow())))
      case "floats":
        let numbers = value.split(separator: ",").compactMap { Float($0) }
        read.append(Attribute(name, .floats(numbers)))
      case "texts":
        let texts = value.split(separator: ",").map { Array($0.utf8) }
        read.append(Attribute(name, .strings(texts)))
      case "text": read.append(Attribute(name, .string(Array(value.utf8))))
      default:
        let tensor = try TestTensor(parsing: value[...]).orThrow()
        read.append(Attribute(name, .tensor(model.table(tensor))))
      }
    }
    let results = model.node(operation, version, ids, outputs: outputs.count, read)
    for (index, id) in results.enumerated() { model.output("output\(index)", id) }
    let expected = try outputs.map { try TestTensor(parsing: $0[...]).orThrow() }
    return (model, given, expected)
  }
}
