internal import EphemeralModel

/// One step of a recurrent layer for one batch entry.
protocol RecurrentCell: Sendable {
  /// How many gates have weights, and whether there is a cell state beside the hidden one.
  static var gates: Int { get }
  static var hasMemory: Bool { get }
  /// The usual activations of one direction.
  static var functions: [String] { get }
  /// Replaces the states by the next ones.
  static func advance<T: Real>(_ step: RecurrentStep<T>)
}

/// What a step works on; every window has `gates · hidden` or `hidden` elements.
struct RecurrentStep<T: Real> {
  let rule: RecurrenceRule
  let functions: [GateFunction]
  /// The input's share of the gates with the bias, and the hidden state's share with its bias.
  let given: Cells<T>
  let carried: Cells<T>
  let state: Cells<T>
  let memory: Cells<T>?
  /// Weights of the cell state in the gates of an `LSTM`.
  let peepholes: Cells<T>?
  /// Recurrent weights of this direction, and the bias that belongs to them.
  let weights: Cells<T>
  let bias: Cells<T>?
  let spare: Cells<T>

  var size: Int { state.count }

  /// A gate's sum at one unit.
  @inline(__always)
  func sum(_ gate: Int, _ unit: Int) -> T {
    given[gate * size + unit] + carried[gate * size + unit]
  }
}

enum PlainCell: RecurrentCell {
  static let gates = 1
  static let hasMemory = false
  static let functions = ["Tanh"]

  static func advance<T: Real>(_ step: RecurrentStep<T>) {
    for unit in 0..<step.size {
      step.state[unit] = step.functions[0].apply(step.rule.clipped(step.sum(0, unit)))
    }
  }
}

enum GatedCell: RecurrentCell {
  static let gates = 3
  static let hasMemory = false
  static let functions = ["Sigmoid", "Tanh"]

  static func advance<T: Real>(_ step: RecurrentStep<T>) {
    let (size, rule) = (step.size, step.rule)
    // The reset gate times the state, or the reset gate alone.
    for unit in 0..<size {
      let reset = step.functions[0].apply(rule.clipped(step.sum(1, unit)))
      step.spare[unit] = rule.linearBeforeReset ? reset : reset * step.state[unit]
    }
    for unit in 0..<size {
      var share: T
      if rule.linearBeforeReset {
        share = step.spare[unit] * step.carried[2 * size + unit]
      } else {
        share = step.bias?[2 * size + unit] ?? 0
        let row = step.weights.window((2 * size + unit) * size, size)
        for other in 0..<size { share += row[other] * step.spare[other] }
      }
      step.spare[size + unit] = step.functions[1].apply(
        rule.clipped(step.given[2 * size + unit] + share))
    }
    for unit in 0..<size {
      let update = step.functions[0].apply(rule.clipped(step.sum(0, unit)))
      step.state[unit] = (1 - update) * step.spare[size + unit] + update * step.state[unit]
    }
  }
}

enum LongShortCell: RecurrentCell {
  static let gates = 4
  static let hasMemory = true
  static let functions = ["Sigmoid", "Tanh", "Tanh"]

  static func advance<T: Real>(_ step: RecurrentStep<T>) {
    guard let memory = step.memory else { return }
    let (size, rule) = (step.size, step.rule)
    func gate(_ index: Int, _ unit: Int, _ peephole: Int, _ cell: T) -> T {
      let peep = step.peepholes.map { $0[peephole * size + unit] * cell } ?? 0
      return step.functions[0].apply(rule.clipped(step.sum(index, unit) + peep))
    }
    for unit in 0..<size {
      let before = memory[unit]
      let input = gate(0, unit, 0, before)
      let forget = rule.couplesGates ? 1 - input : gate(2, unit, 2, before)
      let candidate = step.functions[1].apply(rule.clipped(step.sum(3, unit)))
      let cell = forget * before + input * candidate
      let output = gate(1, unit, 1, cell)
      memory[unit] = cell
      step.state[unit] = output * step.functions[2].apply(cell)
    }
  }
}

/// `RNN`, `GRU` and `LSTM`.
struct RecurrentLayer<Cell: RecurrentCell>: RealOperation {
  private let rule: RecurrenceRule

  init(_ node: NodeReader) throws(EngineError) {
    rule = try RecurrenceRule(node, standard: Cell.functions)
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let size = try rule.sizes(call, gates: Cell.gates)
    let rows = Cell.gates * size.hidden
    let (outputShape, stateShape) = try size.shapes()
    let lengths = try lengths(call, size)
    let bias = try operand(call, 3, [size.directions, 2 * rows], type)
    let first = try operand(call, 5, stateShape.dims, type)
    let firstMemory = Cell.hasMemory ? try operand(call, 6, stateShape.dims, type) : nil
    let peepholes =
      Cell.hasMemory ? try operand(call, 7, [size.directions, 3 * size.hidden], type) : nil
    let (x, w, r) = (try call.cells(0, type), try call.cells(1, type), try call.cells(2, type))
    let outputs = call.isWanted(0) ? try call.cells(output: 0, type, outputShape) : nil
    outputs?.fill(0)
    let last = call.isWanted(1) ? try call.cells(output: 1, type, stateShape) : nil
    let lastMemory =
      Cell.hasMemory && call.isWanted(2) ? try call.cells(output: 2, type, stateShape) : nil
    let entries = size.steps * size.batch
    let all = try Shape([max(entries, size.batch), rows]).count
    try call.charge(size.directions * all, size.input + 2 * size.hidden + 8)
    try call.charge(stateShape.count)
    let given = try call.scratch(type, all)
    let carried = try call.scratch(type, all)
    let state = try call.scratch(type, size.batch * size.hidden)
    let memory = try call.scratch(type, size.batch * size.hidden)
    let spare = try call.scratch(type, 2 * size.hidden)
    for (direction, way) in rule.directions.enumerated() {
      let weights = r.window(direction * rows * size.hidden, rows * size.hidden)
      try multiply(
        &call, x, entries, size.input, w.window(direction * rows * size.input, rows * size.input),
        rows, bias?.window(direction * 2 * rows, rows), into: given)
      start(state, first, size, direction)
      start(memory, firstMemory, size, direction)
      let own = bias?.window((direction * 2 + 1) * rows, rows)
      for step in 0..<size.steps {
        try multiply(&call, state, size.batch, size.hidden, weights, rows, own, into: carried)
        for entry in 0..<size.batch where step < lengths[entry] {
          let time = way.isReverse ? lengths[entry] - 1 - step : step
          let unit = entry * size.hidden
          let hidden = state.window(unit, size.hidden)
          Cell.advance(
            RecurrentStep(
              rule: rule, functions: way.functions,
              given: given.window(size.row(time, entry) * rows, rows),
              carried: carried.window(entry * rows, rows), state: hidden,
              memory: Cell.hasMemory ? memory.window(unit, size.hidden) : nil,
              peepholes: peepholes?.window(direction * 3 * size.hidden, 3 * size.hidden),
              weights: weights, bias: own, spare: spare))
          outputs?.copy(
            hidden, from: 0, length: size.hidden, at: size.output(time, direction, entry))
        }
      }
      for entry in 0..<size.batch {
        let (from, to) = (entry * size.hidden, size.state(direction, entry))
        last?.copy(state, from: from, length: size.hidden, at: to)
        lastMemory?.copy(memory, from: from, length: size.hidden, at: to)
      }
    }
  }

  /// How many steps each batch entry has.
  private func lengths(_ call: borrowing Call, _ size: RecurrenceSizes) throws(EngineError)
    -> [Int]
  {
    guard let tensor = call.optional(4) else {
      try call.charge(size.batch)
      return [Int](repeating: size.steps, count: size.batch)
    }
    guard tensor.shape.dims == [size.batch] else { throw .shapeMismatch }
    var lengths: [Int] = []
    for entry in 0..<size.batch {
      let length = try tensor.integer(entry)
      guard length >= 0, length <= size.steps else { throw .indexOutOfRange }
      lengths.append(length)
    }
    return lengths
  }

  private func operand<T: Real>(
    _ call: borrowing Call, _ index: Int, _ dims: [Int], _ type: T.Type
  ) throws(EngineError) -> Cells<T>? {
    guard let tensor = call.optional(index) else { return nil }
    guard tensor.shape.dims == dims else { throw .shapeMismatch }
    return try call.cells(index, type)
  }

  /// Rows of `x` times transposed weights, plus a bias.
  private func multiply<T: Real>(
    _ call: inout Call, _ x: Cells<T>, _ count: Int, _ depth: Int, _ weights: Cells<T>,
    _ rows: Int, _ bias: Cells<T>?, into out: Cells<T>
  ) throws(EngineError) {
    let factor = MatrixView(weights, rows: rows, columns: depth, rowStep: depth).transposed
    var inner = call.nested()
    try MatrixProduct.run(
      MatrixView(x, rows: count, columns: depth, rowStep: depth), factor,
      into: MatrixView(out, rows: count, columns: rows, rowStep: rows), call: &inner)
    guard let bias else { return }
    for row in 0..<count {
      let target = out.window(row * rows, rows)
      for i in 0..<rows { target[i] += bias[i] }
    }
  }

  private func start<T: Real>(
    _ state: Cells<T>, _ first: Cells<T>?, _ size: RecurrenceSizes, _ direction: Int
  ) {
    state.fill(0)
    guard let first else { return }
    for entry in 0..<size.batch {
      state.copy(
        first, from: size.state(direction, entry), length: size.hidden, at: entry * size.hidden)
    }
  }
}
