/// The data of the catalogue, continued: operators that run subgraphs.
extension SupportedOperators {
  private static let directions = AttributeRule.Values.intsIn(0...1)

  static let controlRules: [OperatorRule] = [
    OperatorRule(
      "If", [1, 11, 13, 16, 19, 21, 23, 24, 25], inputs: 1...1, operands: [.bool],
      results: [.subgraph("then_branch", skipping: 0)], outputs: 0...1_024,
      attributes: [
        AttributeRule("then_branch", .graph, required: true),
        AttributeRule("else_branch", .graph, required: true),
      ]),
    OperatorRule(
      "Loop", [1, 11, 13, 16, 19, 21, 23, 24, 25], inputs: 0...1_024,
      operands: [.shape, .bool, .any], results: [.subgraph("body", skipping: 1)],
      outputs: 0...1_024, attributes: [AttributeRule("body", .graph, required: true)]),
    // Version 8 scans a batch with lengths of its own.
    OperatorRule(
      "Scan", [8, 9, 11, 16, 19, 21, 23, 24, 25], supported: 9...25, inputs: 1...1_024,
      operands: [.any], results: [.subgraph("body", skipping: 0)], outputs: 0...1_024,
      attributes: [
        AttributeRule("body", .graph, required: true),
        AttributeRule("num_scan_inputs", .intIn(1...1_024), required: true),
        AttributeRule("scan_input_axes", .ints), AttributeRule("scan_output_axes", .ints),
        AttributeRule("scan_input_directions", directions),
        AttributeRule("scan_output_directions", directions),
      ]),
  ]

  /// Subgraphs whose inputs or outputs are not as many as the node needs.
  static func controlRefusal(of node: Node) -> UnsupportedReason? {
    let outputCount = node.outputs.count
    switch node.operation {
    case "If":
      for name in ["then_branch", "else_branch"] {
        guard let branch = node.graph(name), branch.inputs.isEmpty,
          branch.outputs.count == outputCount
        else { return .attributeValue(name) }
      }
      // Where the branches say different types, the result has none of its own.
      let pairs = zip(
        node.graph("then_branch")?.outputs ?? [], node.graph("else_branch")?.outputs ?? [])
      for (one, other) in pairs {
        guard let a = one.elementType, let b = other.elementType else { continue }
        if a != b { return .attributeValue("else_branch") }
      }
      return nil
    case "Loop":
      guard let body = node.graph("body"), body.inputs.count >= 2 else {
        return .attributeValue("body")
      }
      let states = body.inputs.count - 2
      let given = max(node.inputs.count - 2, 0)
      let fits =
        given == states && body.outputs.count > states && outputCount == body.outputs.count - 1
      return fits ? nil : .attributeValue("body")
    default:
      guard let body = node.graph("body"), body.inputs.count == node.inputs.count,
        let scanned = node.int("num_scan_inputs"), scanned <= body.inputs.count,
        body.outputs.count >= body.inputs.count - scanned, outputCount == body.outputs.count
      else { return .attributeValue("body") }
      for (name, count) in [
        ("input", scanned), ("output", body.outputs.count - body.inputs.count + scanned),
      ] {
        for part in ["axes", "directions"] {
          guard let list = node.ints("scan_\(name)_\(part)") else { continue }
          if list.count != count { return .attributeValue("scan_\(name)_\(part)") }
        }
      }
      return nil
    }
  }
}
