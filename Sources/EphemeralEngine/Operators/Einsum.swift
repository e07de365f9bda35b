internal import EphemeralModel

/// `Einsum`: products of any number of operands, summed over labels that the result lacks.
struct Einsum: NumberOperation {
  /// One operand's or the result's labels; `ellipsis` stands for dimensions that broadcast.
  private typealias Labels = [UInt8]
  private static let ellipsis = UInt8(ascii: ".")
  private let terms: [[UInt8]]
  private let result: [UInt8]?

  init(_ node: NodeReader) throws(EngineError) {
    let text = try node.string("equation", "").filter { $0 != UInt8(ascii: " ") }
    var sides: [[UInt8]] = [[]]
    var rest = text[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "-"), rest.first == UInt8(ascii: ">") {
        rest.removeFirst()
        sides.append([])
      } else {
        sides[sides.count - 1].append(byte)
      }
    }
    guard sides.count <= 2 else { throw .topologyInvalid }
    let parts = sides[0].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard parts.count == node.inputCount else { throw .topologyInvalid }
    var terms: [Labels] = []
    for part in parts { terms.append(try Self.labels(Array(part))) }
    self.terms = terms
    result = sides.count == 2 ? try Self.labels(sides[1]) : nil
    if let result {
      guard Set(result).count == result.count else { throw .topologyInvalid }
      let known = Set(terms.joined()).union([Self.ellipsis])
      guard result.allSatisfy(known.contains) else { throw .topologyInvalid }
    }
  }

  /// Letters, and at most one ellipsis as one label.
  private static func labels(_ text: [UInt8]) throws(EngineError) -> [UInt8] {
    var labels: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
      if byte == ellipsis {
        guard rest.popFirst() == ellipsis, rest.popFirst() == ellipsis, !labels.contains(byte)
        else { throw .topologyInvalid }
      } else {
        let letter = byte | 0x20
        guard letter >= UInt8(ascii: "a"), letter <= UInt8(ascii: "z") else {
          throw .topologyInvalid
        }
      }
      labels.append(byte)
    }
    guard labels.count <= EngineLimits.maximumRank + 1 else { throw .topologyInvalid }
    return labels
  }

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let plan = try plan(call)
    var operands: [Cells<T>] = []
    for index in terms.indices { operands.append(try call.cells(index, type)) }
    let out = try call.cells(output: 0, type, plan.shape)
    try call.charge(out.count, plan.summed.count, terms.count)
    var places = [Int](repeating: 0, count: operands.count)
    for at in 0..<out.count {
      try call.checkpoint()
      var sum = T.Sum.none
      for step in 0..<plan.summed.count {
        for operand in operands.indices {
          places[operand] =
            plan.place(at, plan.shape, plan.outer[operand])
            + plan.place(step, plan.summed, plan.inner[operand])
        }
        var product = operands[0][places[0]].widened
        for operand in 1..<operands.count {
          product = product.times(operands[operand][places[operand]].widened)
        }
        sum = sum.plus(product)
      }
      out[at] = T(narrowing: sum)
    }
  }

  /// The loops of one run: for each operand its strides along result and summed dimensions.
  private struct Plan {
    let shape: Shape
    let summed: Shape
    let outer: [[Int]]
    let inner: [[Int]]

    /// The place that element `at` of `shape` has under other strides.
    @inline(__always)
    func place(_ at: Int, _ shape: Shape, _ strides: [Int]) -> Int {
      var (rest, place) = (at, 0)
      for axis in (0..<shape.rank).reversed() {
        place += rest % shape.dims[axis] * strides[axis]
        rest /= shape.dims[axis]
      }
      return place
    }
  }

  /// A label with its number: letters have none, dimensions of the ellipsis count from its end.
  private struct Axis: Hashable {
    let label: UInt8
    var fromEnd = 0
  }

  private func plan(_ call: borrowing Call) throws(EngineError) -> Plan {
    var sizes: [Axis: Int] = [:]
    var strides: [[Axis: Int]] = []
    var ellipsisRank = 0
    for (index, labels) in terms.enumerated() {
      let shape = try call.input(index).shape
      let letters = labels.count { $0 != Self.ellipsis }
      let extra = shape.rank - letters
      guard extra >= 0, extra == 0 || labels.contains(Self.ellipsis) else { throw .shapeMismatch }
      ellipsisRank = max(ellipsisRank, extra)
      var axes: [Axis] = []
      for label in labels {
        if label == Self.ellipsis {
          axes += (0..<extra).reversed().map { Axis(label: label, fromEnd: $0) }
        } else {
          axes.append(Axis(label: label))
        }
      }
      var own: [Axis: Int] = [:]
      for (position, axis) in axes.enumerated() {
        let (size, known) = (shape[position], sizes[axis] ?? 1)
        guard size == known || size == 1 || known == 1 else { throw .shapeMismatch }
        sizes[axis] = known == 1 ? size : known
        if size != 1 { own[axis, default: 0] += shape.strides[position] }
      }
      // A label twice in one term is a diagonal; a one beside a longer dimension is none.
      for (position, axis) in axes.enumerated() where own[axis] != nil {
        guard shape[position] != 1 else { throw .shapeMismatch }
      }
      strides.append(own)
    }
    var kept: [Axis] = []
    for label in result ?? implied() {
      if label == Self.ellipsis {
        kept += (0..<ellipsisRank).reversed().map { Axis(label: label, fromEnd: $0) }
      } else {
        kept.append(Axis(label: label))
      }
    }
    let dropped = sizes.keys.filter { !kept.contains($0) }
      .sorted { ($0.label, $0.fromEnd) < ($1.label, $1.fromEnd) }
    let summed = try dims(dropped, sizes)
    return Plan(
      shape: try dims(kept, sizes), summed: summed,
      outer: strides.map { own in kept.map { own[$0] ?? 0 } },
      inner: strides.map { own in dropped.map { own[$0] ?? 0 } })
  }

  private func dims(_ axes: [Axis], _ sizes: [Axis: Int]) throws(EngineError) -> Shape {
    try Shape(axes.map { sizes[$0] ?? 1 })
  }

  /// Without an arrow: the ellipsis, then letters that occur once, in order.
  private func implied() -> [UInt8] {
    let all = terms.joined()
    var once = Set(all).filter { label in all.count { $0 == label } == 1 }
    once.remove(Self.ellipsis)
    return (all.contains(Self.ellipsis) ? [Self.ellipsis] : []) + once.sorted()
  }
}
