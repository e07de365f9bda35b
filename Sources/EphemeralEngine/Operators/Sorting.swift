internal import EphemeralModel

/// Sorts places in arena memory: stable, in n · log n steps whatever the order says.
struct PlaceSorter {
  private let places: Cells<Int>
  private let spare: Cells<Int>

  /// Memory for sorting `count` places; the work of one sorting is charged each time.
  init(_ call: inout Call, count: Int) throws(EngineError) {
    places = try call.scratch(Int.self, count)
    spare = try call.scratch(Int.self, count)
  }

  /// The numbers from zero on, in the order in which `precedes` puts them.
  ///
  /// - Parameter precedes: a strict order; where it is none the result is some permutation.
  func sorted(_ call: borrowing Call, _ precedes: (Int, Int) -> Bool) throws(EngineError)
    -> Cells<Int>
  {
    let count = places.count
    for at in 0..<count { places[at] = at }
    var (source, target) = (places, spare)
    var width = 1
    while width < count {
      try call.charge(count)
      for start in stride(from: 0, to: count, by: 2 * width) {
        let (middle, end) = (min(start + width, count), min(start + 2 * width, count))
        var (left, right) = (start, middle)
        for at in start..<end {
          let takesRight =
            left == middle || (right < end && precedes(source[right], source[left]))
          target[at] = source[takesRight ? right : left]
          if takesRight { right += 1 } else { left += 1 }
        }
      }
      swap(&source, &target)
      width *= 2
    }
    return source
  }
}

extension Number {
  /// A strict order in which a not-a-number comes after everything else.
  @inline(__always)
  func sortsBefore(_ other: Self) -> Bool {
    self < other || (self == self && other != other)
  }
}

/// `TopK`: the greatest or least elements along an axis, and their places.
struct TopK: NumberOperation {
  private let axis: Int
  private let fixed: Int?
  private let largest: Bool

  init(_ node: NodeReader) throws(EngineError) {
    axis = try node.int("axis", -1)
    fixed = node.version < 10 ? try node.int("k") : nil
    largest = node.version >= 11 ? try node.flag("largest", true) : true
    // Unsorted output may have any order, this one too.
    node.ignore("sorted")
  }

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    let axis = try x.shape.axis(axis)
    let count = fixed == nil ? try call.wideInteger(1) : fixed ?? 0
    guard count >= 0, count <= x.shape[axis] else { throw .shapeMismatch }
    let shape = try x.shape.replacing(axis, with: count)
    let source = x.cells(type)
    let values = try call.cells(output: 0, type, shape)
    let indices = call.isWanted(1) ? try call.cells(output: 1, Int64.self, shape) : nil
    let lines = AxisLines(x.shape, axis: axis)
    let targets = AxisLines(shape, axis: axis)
    let sorter = try PlaceSorter(&call, count: lines.length)
    for line in 0..<targets.count {
      try call.checkpoint()
      let (from, to) = (lines.start(line), targets.start(line))
      let order = try sorter.sorted(call) { a, b in
        let (x, y) = (source[from + a * lines.step], source[from + b * lines.step])
        return largest ? y.sortsBefore(x) : x.sortsBefore(y)
      }
      for rank in 0..<count {
        values[to + rank * targets.step] = source[from + order[rank] * lines.step]
        indices?[to + rank * targets.step] = Int64(order[rank])
      }
    }
  }
}

/// `Unique`: the different elements, or slices along an axis, sorted or as they come.
struct Unique: Operation {
  private let axis: Int?
  private let isSorted: Bool

  init(_ node: NodeReader) throws(EngineError) {
    axis = try node.int("axis")
    isSorted = try node.flag("sorted", true)
  }

  func run(_ call: inout Call) throws(EngineError) {
    switch try call.input(0).type {
    case .float32: try run(&call, Float.self)
    case .float64: try run(&call, Double.self)
    case .float16, .bfloat16:
      try call.inSingle { (inner) throws(EngineError) in try run(&inner, Float.self) }
    case .int8: try run(&call, Int8.self)
    case .int16: try run(&call, Int16.self)
    case .int32: try run(&call, Int32.self)
    case .int64: try run(&call, Int64.self)
    case .bool, .uint8: try run(&call, UInt8.self)
    case .uint16: try run(&call, UInt16.self)
    case .uint32: try run(&call, UInt32.self)
    case .uint64: try run(&call, UInt64.self)
    }
  }

  private func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    let shape = axis == nil ? try Shape([x.count]) : x.shape
    let axis = try shape.axis(axis ?? 0)
    let source = x.cells(type)
    let inner = shape.product(axis + 1..<shape.rank)
    let (outer, count) = (shape.product(0..<axis), shape[axis])
    let sliceCount = inner * outer
    func element(_ slice: Int, _ at: Int) -> T {
      source[(at / inner * count + slice) * inner + at % inner]
    }
    /// Slices in the order of their elements.
    func precedes(_ a: Int, _ b: Int) -> Bool {
      for at in 0..<sliceCount {
        let (x, y) = (element(a, at), element(b, at))
        if x.sortsBefore(y) { return true }
        if y.sortsBefore(x) { return false }
      }
      return false
    }
    try call.charge(count, max(count.bitWidth - count.leadingZeroBitCount, 1), sliceCount)
    let order = try PlaceSorter(&call, count: count).sorted(call, precedes)
    // The groups of equal slices, by the place of their first one; the sorting was stable.
    let firsts = try call.scratch(Int.self, count)
    let sizes = try call.scratch(Int.self, count)
    let groups = try call.scratch(Int.self, count)
    var found = 0
    for rank in 0..<count {
      if rank == 0 || precedes(order[rank - 1], order[rank]) {
        firsts[found] = order[rank]
        sizes[found] = 0
        found += 1
      }
      sizes[found - 1] += 1
      groups[order[rank]] = found - 1
    }
    let ranks = try PlaceSorter(&call, count: found).sorted(call) { a, b in
      isSorted ? a < b : firsts[a] < firsts[b]
    }
    let out = try call.make(0, x.type, shape.replacing(axis, with: found)).cells(type)
    let renumbered = try call.scratch(Int.self, found)
    for rank in 0..<found {
      renumbered[ranks[rank]] = rank
      for row in 0..<outer where inner > 0 {
        out.copy(
          source, from: (row * count + firsts[ranks[rank]]) * inner, length: inner,
          at: (row * found + rank) * inner)
      }
    }
    let lists = try Shape([found])
    if call.isWanted(1) {
      let places = try call.cells(output: 1, Int64.self, lists)
      for rank in 0..<found { places[rank] = Int64(firsts[ranks[rank]]) }
    }
    if call.isWanted(2) {
      let inverse = try call.cells(output: 2, Int64.self, Shape([count]))
      for at in 0..<count { inverse[at] = Int64(renumbered[groups[at]]) }
    }
    if call.isWanted(3) {
      let counts = try call.cells(output: 3, Int64.self, lists)
      for rank in 0..<found { counts[rank] = Int64(sizes[ranks[rank]]) }
    }
  }
}
