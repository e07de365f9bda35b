import PropertyTesting

// The code of the pages PropertyTesting.md and WritingProperties.md, with what it tests.

func runLengths(_ bytes: [UInt8]) -> [(byte: UInt8, count: Int)] {
  var runs: [(byte: UInt8, count: Int)] = []
  for byte in bytes {
    if let last = runs.last, last.byte == byte {
      runs[runs.count - 1].count += 1
    } else {
      runs.append((byte, 1))
    }
  }
  return runs
}

/// The longest queue of customers who come after gaps and take five units of time each.
func longestQueue(_ gaps: [Int]) -> Int {
  var (work, longest) = (0, 0)
  for gap in gaps {
    work = max(0, work - gap) + 5
    longest = max(longest, (work + 4) / 5)
  }
  return longest
}

func checkReversing() throws {
  try check(name: "reversing twice changes nothing") { testCase in
    let list = try testCase.draw(.array(of: .integer(in: 0...9), count: 0...20), as: "list")
    testCase.label("empty", if: list.isEmpty)
    try testCase.require(Array(list.reversed().reversed()) == list)
  }
}

func checkRunLengths() throws {
  try check(
    name: "runs survive the round trip", covering: [RequiredLabel("long run", share: 0.05)]
  ) { testCase in
    let bytes = try testCase.draw(
      Generator<UInt8>.integer(in: 0...3).array(count: 0...60), as: "bytes")
    let runs = runLengths(bytes)
    testCase.label("long run", if: runs.contains { $0.count > 3 })
    let joined = runs.flatMap { [UInt8](repeating: $0.byte, count: $0.count) }
    try testCase.require(joined == bytes, "decoded \(joined)")
  }
}

indirect enum Formula: Sendable {
  case variable(Int)
  case not(Formula)
  case and(Formula, Formula)

  static let generator = Generator<Formula>.recursive(
    depth: 4, leaf: Generator<Int>.integer(in: 0...3).map { .variable($0) }
  ) { smaller in
    .oneOf([
      smaller.map { .not($0) },
      Generator.tuple(smaller, smaller).map { .and($0, $1) },
    ])
  }
}

func checkQueueLength() throws {
  try check(name: "the queue stays short") { testCase in
    let gaps = try testCase.draw(
      Generator<Int>.integer(in: 0...9).array(count: 0...200), as: "gaps")
    let longest = longestQueue(gaps)
    testCase.target(Double(longest), "queue")
    try testCase.require(longest <= 200)
  }
}
