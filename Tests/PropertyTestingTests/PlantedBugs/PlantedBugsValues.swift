import PropertyTesting

/// Bugs at the edges of numbers.
extension PlantedBug {
  static let integerEdges: [PlantedBug] = [
    PlantedBug("absolute value of the least number", .integerEdge, ["value = -128"]) { testCase in
      let value = try testCase.draw(Generator<Int8>.integer(), as: "value")
      try testCase.require((value < 0 ? 0 &- value : value) >= 0)
    },
    PlantedBug(
      "midpoint overflows", .integerEdge, ["low = 1", "high = 2147483647"]
    ) { testCase in
      let low = try testCase.draw(Generator<Int32>.integer(in: 0...Int32.max), as: "low")
      let high = try testCase.draw(Generator<Int32>.integer(in: 0...Int32.max), as: "high")
      try testCase.assume(low <= high)
      try testCase.require((low...high).contains((low &+ high) / 2))
    },
    PlantedBug("every fourth year is a leap year", .integerEdge, ["year = 100"]) { testCase in
      let year = try testCase.draw(.integer(in: 1...9999), as: "year")
      let isLeap = year.isMultiple(of: 4)
      let should =
        year.isMultiple(of: 400) || year.isMultiple(of: 4) && !year.isMultiple(of: 100)
      try testCase.require(isLeap == should)
    },
    PlantedBug("variable-length number loses its fourth group", .integerEdge, ["value = 2097152"]) {
      testCase in
      let value = try testCase.draw(Generator<UInt32>.integer(), as: "value")
      var (rest, groups) = (value, [UInt32]())
      repeat {
        groups.append(rest & 0x7f)
        rest >>= 7
      } while rest > 0
      let decoded = groups.prefix(3).reversed().reduce(0) { $0 << 7 | $1 }
      try testCase.require(decoded == value)
    },
    difference("must not be zero", "10") { $0 == 0 },
    difference("must not be small", "6") { (1...4).contains($0) },
    difference("must not be one", "9") { $0 == 1 },
  ]

  private static func difference(
    _ name: String, _ second: String, _ isBad: @escaping @Sendable (Int) -> Bool
  ) -> PlantedBug {
    PlantedBug("difference \(name)", .integerEdge, ["first = 10", "second = \(second)"]) {
      testCase in
      let first = try testCase.draw(.integer(in: 1...100_000), as: "first")
      let second = try testCase.draw(.integer(in: 1...100_000), as: "second")
      try testCase.require(first < 10 || !isBad(abs(first - second)))
    }
  }
}

/// Bugs in the order and number of a list's elements.
extension PlantedBug {
  private static let numbers = Generator<[Int]>.array(of: .integer(), count: 0...50)

  static let lists: [PlantedBug] = [
    PlantedBug("reverse", .listOrder, ["list = [0, 1]"]) { testCase in
      let list = try testCase.draw(numbers, as: "list")
      try testCase.require(Array(list.reversed()) == list)
    },
    PlantedBug("sort drops what is equal", .listOrder, ["list = [0, 0]"]) { testCase in
      let list = try testCase.draw(
        .array(of: .integer(in: 0...10_000), count: 0...50), as: "list")
      try testCase.require(Set(list).count == list.count)
    },
    PlantedBug("distinct", .listOrder, ["list = [0, 1, 2]"]) { testCase in
      let list = try testCase.draw(numbers, as: "list")
      try testCase.require(Set(list).count < 3)
    },
    PlantedBug("large union of lists", .listOrder, ["lists = [[0, 1, 2, 3, 4]]"]) { testCase in
      let lists = try testCase.draw(
        Generator<Int>.integer().array(count: 0...20).array(count: 0...20), as: "lists")
      try testCase.require(Set(lists.joined()).count <= 4)
    },
    PlantedBug("sum of five lists wraps", .listOrder, ["lists = [[], [], [], [-1], [-32768]]"]) {
      testCase in
      let list = Generator<[Int16]>.array(of: .integer(), count: 0...10)
      let lists = try testCase.draw(.array(of: list, count: 5...5), as: "lists")
      for list in lists { try testCase.assume(list.reduce(0, &+) < 256) }
      try testCase.require(lists.joined().reduce(0, &+) < 5 * 256)
    },
    PlantedBug("maximum ignores the last element", .listOrder, ["list = [0, 1]"]) { testCase in
      let list = try testCase.draw(
        .array(of: .integer(in: 0...1000), count: 1...30), as: "list")
      let found = list.dropLast().reduce(list[0], max)
      try testCase.require(found == list.max())
    },
  ]

  static let bytes: [PlantedBug] = [
    PlantedBug("runs are counted in two bits", .bytes, ["bytes = [0, 0, 0, 0]"]) { testCase in
      let bytes = try testCase.draw(.bytes(count: 0...100), as: "bytes")
      var runs: [(byte: UInt8, count: Int)] = []
      for byte in bytes {
        if let last = runs.last, last.byte == byte {
          runs[runs.count - 1].count = (last.count + 1) % 4
        } else {
          runs.append((byte, 1))
        }
      }
      let decoded = runs.flatMap { [UInt8](repeating: $0.byte, count: $0.count) }
      try testCase.require(decoded == bytes)
    },
    PlantedBug("quotes are not doubled", .bytes, ["text = \"\\\"a\""]) { testCase in
      let character = Generator<Character>.element(of: Array("abc ,;\n\""))
      let text = try testCase.draw(
        Generator<[Character]>.array(of: character, count: 0...30).map { String($0) }, as: "text")
      let encoded = "\"" + text + "\""
      // A reader takes two quotes for one and a single one for the end.
      var (decoded, rest) = ("", encoded.dropFirst())
      while let next = rest.popFirst() {
        if next == "\"" { if rest.first == "\"" { rest.removeFirst() } else { break } }
        decoded.append(next)
      }
      try testCase.require(decoded == text)
    },
    PlantedBug(
      "cut in the middle of a character", .bytes, ["points = [0, 65536, 65536]"]
    ) { testCase in
      let points = try testCase.draw(
        .array(of: Generator<UInt32>.integer(in: 0...0x2_ffff), count: 0...30), as: "points")
      let scalars = points.compactMap { Unicode.Scalar($0) }
      try testCase.assume(scalars.count == points.count)
      let text = String(String.UnicodeScalarView(scalars))
      try testCase.require(String(validating: text.utf8.prefix(8), as: UTF8.self) != nil)
    },
    PlantedBug("length is trusted", .bytes, ["length = 1", "payload = []"]) { testCase in
      let length = try testCase.draw(.integer(in: 0...255), as: "length")
      let payload = try testCase.draw(.bytes(count: 0...255), as: "payload")
      try testCase.require(length <= payload.count)
    },
  ]

  static let dependent: [PlantedBug] = [
    PlantedBug("length list", .dependentDraws, ["list = [900]"]) { testCase in
      let list = try testCase.draw(
        Generator<Int>.integer(in: 1...100).flatMap { count in
          Generator<[Int]>.array(of: .integer(in: 0...1000), count: count...count)
        }, as: "list")
      try testCase.require(list.allSatisfy { $0 < 900 })
    },
    PlantedBug("deletion", .dependentDraws, ["list = [0, 0]", "victim = 0"]) { testCase in
      let list = try testCase.draw(
        .array(of: .integer(in: 0...10_000), count: 1...30), as: "list")
      let victim = try testCase.draw(.element(of: list), as: "victim")
      var rest = list
      if let index = rest.firstIndex(of: victim) { rest.remove(at: index) }
      try testCase.require(!rest.contains(victim))
    },
    PlantedBug("coupling", .dependentDraws, ["list = [1, 0]"]) { testCase in
      let list = try testCase.draw(
        .array(of: .integer(in: 0...100), count: 0...40), as: "list")
      try testCase.assume(list.allSatisfy { $0 < list.count })
      for (index, value) in list.enumerated() where value != index {
        try testCase.require(list[value] != index)
      }
    },
    PlantedBug(
      "matrix takes rows for columns", .dependentDraws,
      ["rows = 2", "columns = 1", "row = 1", "column = 0"]
    ) { testCase in
      let rows = try testCase.draw(.integer(in: 1...20), as: "rows")
      let columns = try testCase.draw(.integer(in: 1...20), as: "columns")
      let row = try testCase.draw(.integer(in: 0...rows - 1), as: "row")
      let column = try testCase.draw(.integer(in: 0...columns - 1), as: "column")
      try testCase.require(row * rows + column == row * columns + column)
    },
  ]
}
