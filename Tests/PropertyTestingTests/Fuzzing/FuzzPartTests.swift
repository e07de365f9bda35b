import Testing

@testable import PropertyTesting

@Suite("Parts of the fuzz engine")
struct FuzzPartTests {
  @Test(
    "each operator changes something and keeps the rest plausible",
    arguments: MutationOperator.allCases)
  func operators(name: MutationOperator) {
    let mutator = ByteMutator(maximumBytes: 64, operators: [name], dictionary: [[7, 7, 7]])
    let input: [UInt8] = [1, 2, 3, 4] + Array("  42  ".utf8) + [9, 9]
    let operands = [ComparedOperands(left: 0x0102, right: 0x0aff, byteCount: 2)]
    var random = SeededRandom(seed: 3)
    var results: [[UInt8]] = []
    for _ in 0..<200 {
      var bytes = input
      mutator.apply(name, to: &bytes, operands: operands, other: [50, 51, 52], &random)
      results.append(bytes)
    }
    #expect(results.contains { $0 != input })
    switch name {
    case .flipBit:
      #expect(results.allSatisfy { bits(of: $0, differing: input) == 1 })
    case .setByte, .shuffleBytes, .addToNumber:
      #expect(results.allSatisfy { $0.count == input.count })
    case .eraseBytes: #expect(results.allSatisfy { $0.count < input.count })
    case .insertBytes: #expect(results.allSatisfy { $0.count > input.count })
    case .interestingNumber: #expect(results.contains { $0.contains(0x7f) || $0.contains(0xff) })
    case .copyBytes: #expect(results.contains { $0.count > input.count })
    case .crossover: #expect(results.contains { $0.contains(51) })
    case .dictionaryWord: #expect(results.allSatisfy { $0.filter { $0 == 7 }.count >= 1 })
    case .comparedOperand: #expect(results.contains { $0.starts(with: [0x0a, 0xff]) })
    case .runOfBytes: #expect(results.contains { longestRun(of: $0) > 20 })
    case .decimalNumber: #expect(results.contains { holds($0, Array("43".utf8)) })
    }
  }

  private func bits(of left: [UInt8], differing right: [UInt8]) -> Int {
    zip(left, right).reduce(abs(left.count - right.count) * 8) {
      $0 + ($1.0 ^ $1.1).nonzeroBitCount
    }
  }

  private func longestRun(of bytes: [UInt8]) -> Int {
    var longest = 0
    var run = 0
    for (index, byte) in bytes.enumerated() {
      run = index > 0 && bytes[index - 1] == byte ? run + 1 : 1
      longest = max(longest, run)
    }
    return longest
  }

  private func holds(_ bytes: [UInt8], _ word: [UInt8]) -> Bool {
    bytes.indices.contains { bytes[$0...].starts(with: word) }
  }

  @Test(
    "every operator bears an empty input and empty helpers", arguments: MutationOperator.allCases)
  func emptyInput(name: MutationOperator) {
    let mutator = ByteMutator(maximumBytes: 16, operators: [name], dictionary: [])
    var random = SeededRandom(seed: 4)
    for _ in 0..<100 {
      let result = mutator.mutate([], operands: [], other: [], &random)
      #expect(result.count <= 16)
    }
  }

  @Test(
    "operands are found in either endianness and in narrower widths",
    arguments: [[0x12, 0x34], [0x34, 0x12]] as [[UInt8]])
  func operandPlaces(there: [UInt8]) {
    let mutator = ByteMutator(maximumBytes: 64, operators: [.comparedOperand], dictionary: [])
    // The program widened two bytes to eight before it compared.
    let operands = [ComparedOperands(left: 0x1234, right: 0xabcd, byteCount: 8)]
    let wanted = there[0] == 0x12 ? [0xab, 0xcd] : [0xcd, 0xab] as [UInt8]
    var random = SeededRandom(seed: 5)
    let isFound = (0..<500).contains { _ in
      var bytes = [0x55, 0x55] + there + [0x55]
      mutator.apply(.comparedOperand, to: &bytes, operands: operands, other: [], &random)
      return bytes == [0x55, 0x55] + wanted + [0x55]
    }
    #expect(isFound)
  }

  @Test("counts fall into eight magnitudes")
  func buckets() {
    let counts: [UInt8] = [1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 127, 128, 255]
    #expect(counts.map(FeatureMap.bucket) == [0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7])
  }

  @Test("another magnitude of a known edge is a new feature, the same one is not")
  func features() {
    var map = FeatureMap(edgeCount: 2)
    func trace(_ count: UInt8) -> ExecutionTrace {
      var trace = ExecutionTrace()
      trace.hits = [EdgeHit(edge: 1, count: count)]
      return trace
    }
    map.record(trace(4), notes: [])
    #expect(map.unowned.count == 1)
    map.own(map.unowned)
    map.record(trace(7), notes: [])
    #expect(map.unowned.isEmpty)
    #expect(map.rarest(of: map.seen) == 2)
    map.record(trace(8), notes: [])
    #expect(map.unowned.count == 1)
    #expect(map.coveredEdges == 1)
    #expect(map.coveredFeatures == 2)
  }

  @Test("inputs with rare features are chosen more often")
  func schedule() {
    var map = FeatureMap(edgeCount: 2)
    var corpus = FuzzCorpus()
    for edge in [0, 1] {
      var trace = ExecutionTrace()
      trace.hits = [EdgeHit(edge: edge, count: 1)]
      for _ in 0..<(edge == 0 ? 1000 : 1) { map.record(trace, notes: []) }
      corpus.add(FuzzCorpus.Entry(bytes: [UInt8(edge)], features: map.seen, operands: []))
    }
    var random = SeededRandom(seed: 6)
    let chosen = (0..<1000).map { _ in corpus.choose(map, &random) }
    #expect(chosen.filter { $0 == 1 }.count > 800)
    #expect(chosen.contains(0))
  }

  @Test("reduction finds the least input that still holds")
  func reduction() {
    let input = (0..<200).map { UInt8($0) }
    let reduced = ByteReducer.reduce(input, attempts: 4000, simplifiesBytes: true) {
      $0.contains { $0 >= 100 } && $0.count >= 2
    }
    #expect(reduced.count == 2)
    #expect(reduced.sorted() == [0, 100])
  }

  @Test("reduction keeps to its attempts")
  func reductionBound() {
    var asked = 0
    _ = ByteReducer.reduce(
      [UInt8](repeating: 200, count: 50), attempts: 30, simplifiesBytes: true
    ) { _ in
      asked += 1
      return true
    }
    #expect(asked <= 30)
  }
}

@Suite("Choices from bytes")
struct ByteChoiceTests {
  private static let things = Generator<[UInt64]> { (source) throws(DrawError) in
    var values: [UInt64] = []
    for maximum: UInt64 in [0, 1, 255, 256, 1 << 40, .max] {
      values.append(try source.integer(maximum: maximum) { $0.next() })
    }
    values += try source.bytes(count: 0...300).map { UInt64($0) }
    values += try source.bytes(count: 2...5).map { UInt64($0) }
    return values
  }

  @Test("what was chosen can be written as bytes that choose it again", arguments: UInt64(0)..<50)
  func roundTrip(seed: UInt64) throws {
    var source = ChoiceSource(seed: seed)
    let values = try Self.things.generate(&source)
    var decoded = ChoiceSource(bytes: source.encodedBytes)
    #expect(try Self.things.generate(&decoded) == values)
    #expect(decoded.encodedBytes == source.encodedBytes)
  }

  @Test("any bytes give choices in bounds, and no bytes the simplest", arguments: UInt64(0)..<50)
  func anyBytes(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let bytes = (0..<random.index(below: 60)).map { _ in random.byte() }
    let values = try #require(Self.things.decode(bytes))
    #expect(values[0] == 0)
    #expect(values[1] <= 1 && values[2] <= 255 && values[3] <= 256 && values[4] <= 1 << 40)
    #expect(Self.things.decode([]) == [0, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test("a discarded case has no value")
  func discarded() {
    #expect(Generator<Int> { (_) throws(DrawError) in throw .discarded }.decode([1]) == nil)
  }

  @Test("a case that was decoded replays from its choices")
  func replay() throws {
    var decoded = ChoiceSource(bytes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
    let values = try Self.things.generate(&decoded)
    var replayed = ChoiceSource(replaying: decoded.choices)
    #expect(try Self.things.generate(&replayed) == values)
  }
}
