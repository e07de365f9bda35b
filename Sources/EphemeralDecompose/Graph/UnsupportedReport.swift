import EphemeralModel

/// Gathers every operator that the engine does not run, so that one message names them all.
struct UnsupportedReport {
  private struct Kind: Hashable {
    let domain: String
    let operation: String
    let reason: UnsupportedReason
  }

  private static let namedNodes = 3
  private var counts: [Kind: (count: Int, nodes: [String])] = [:]

  /// Notes a node.
  mutating func note(_ node: ONNXNode, _ reason: UnsupportedReason) {
    let isConstant = node.operation == "Constant" && node.domain.isEmpty
    let reason = isConstant ? .attribute(node.attributes.first?.name ?? "value") : reason
    let kind = Kind(domain: node.domain, operation: node.operation, reason: reason)
    var (count, nodes) = counts[kind] ?? (0, [])
    count += 1
    if nodes.count < Self.namedNodes { nodes.append(node.label) }
    counts[kind] = (count, nodes)
  }

  /// What was noted, by domain, operator and reason.
  var operators: [UnsupportedOperator] {
    counts.map { kind, found in
      UnsupportedOperator(
        operation: kind.operation, domain: kind.domain, reason: kind.reason, count: found.count,
        nodes: found.nodes)
    }.sorted {
      ($0.domain, $0.operation, $0.reason.description)
        < ($1.domain, $1.operation, $1.reason.description)
    }
  }
}
