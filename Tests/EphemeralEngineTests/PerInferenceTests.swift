import EphemeralCrypto
import EphemeralModel
import Synchronization
import Testing

@testable import EphemeralEngine

@Suite("Weights for one inference")
struct PerInferenceTests {
  static let hidden = 64
  static let rows = 6_000
  static let columns = 96
  /// Values that can be found again in memory.
  static let (tableValue, weightValue, biasValue) = (1.2345678, 2.3456789, 3.4567891)

  private static let tableTensor = TestTensor(
    .float32, [rows, hidden],
    (0..<rows * hidden).map { $0 % 7 == 0 ? tableValue : Double($0 % 1_009) / 1_000 })

  /// Ways in which a table is read, some of them by others than a `Gather` on its rows.
  enum Reading: String, CaseIterable, Sendable {
    case rows, twice, twoNames, wideIndices
    case added, output, otherName, otherAxis, identity, subgraph

    /// Whether the rows that a request names suffice.
    var isTable: Bool {
      switch self {
      case .rows, .twice, .twoNames, .wideIndices: true
      case .added, .output, .otherName, .otherAxis, .identity, .subgraph: false
      }
    }
  }

  /// y = table[ids] · w + b, and what a way of reading adds to it.
  ///
  /// Weights lie before, the bias behind the table, so that they share its first and last chunk.
  static func model(_ reading: Reading = .rows) throws -> TestModel {
    var model = TestModel()
    let type = reading == .wideIndices ? ElementType.int64 : .int32
    let ids = model.input("ids", type, [.symbol(0)])
    let w = model.constant(number(weightValue, [hidden, columns]))
    let table = model.constant(tableTensor)
    let b = model.constant(number(biasValue, [columns]))
    var x = model.node("Gather", 13, [table, ids], [Attribute("axis", .int(0))])[0]
    switch reading {
    case .rows, .wideIndices: break
    case .twice: x = model.node("Add", 14, [x, model.node("Gather", 13, [table, ids])[0]])[0]
    case .twoNames:
      let other = model.constant(sharing: table)
      x = model.node("Add", 14, [x, model.node("Gather", 13, [other, ids])[0]])[0]
    case .added:
      let mean = model.node("ReduceMean", 13, [table], [Attribute("axes", .ints([-1]))])[0]
      model.output("mean", mean)
    case .output: model.output("table", table)
    case .otherName:
      let factor = model.input("factor", .float32, [.symbol(1), .fixed(rows)])
      model.output(
        "product", model.node("MatMul", 13, [factor, model.constant(sharing: table)])[0])
    case .otherAxis:
      let row = model.node("Gather", 13, [table, ids], [Attribute("axis", .int(1))])[0]
      model.output("column", row)
    case .identity: model.output("copy", model.node("Identity", 14, [table])[0])
    case .subgraph:
      let flag = model.input("flag", .bool, [])
      func branch(_ id: ValueID) -> Graph {
        let out = model.subgraphValue()
        return Graph(
          inputs: [], outputs: [GraphValue(id: out, elementType: .float32)], constants: [],
          nodes: [Node(operation: "Neg", sinceVersion: 13, inputs: [id], outputs: [out])])
      }
      let (then, otherwise) = (branch(table), branch(table))
      model.output(
        "negative",
        model.node(
          "If", 16, [flag],
          [Attribute("then_branch", .graph(then)), Attribute("else_branch", .graph(otherwise))])[0])
    }
    let product = model.node("MatMul", 13, [x, w])[0]
    model.output("y", model.node("Add", 14, [product, b])[0])
    return model
  }

  static func number(_ value: Double, _ shape: [Int]) -> TestTensor {
    TestTensor(.float32, shape, [Double](repeating: value, count: shape.reduce(1, *)))
  }

  static func request(_ reading: Reading, _ ids: [Int]) -> [(String, TestTensor)] {
    let type = reading == .wideIndices ? ElementType.int64 : .int32
    var inputs = [("ids", TestTensor(type, [ids.count], ids.map(Double.init)))]
    if reading == .otherName { inputs.append(("factor", number(0.5, [2, rows]))) }
    if reading == .subgraph { inputs.append(("flag", TestTensor(.bool, [], [1]))) }
    return inputs
  }

  /// Whether the arena holds any of the weights that can be found again.
  static func holdsWeights(_ arena: SecretArena) -> Bool {
    let patterns = [tableValue, weightValue, biasValue].map { Float($0).bitPattern }
    var found = false
    unsafe arena.inspect { bytes in
      let words = unsafe bytes.bindMemory(to: UInt32.self)
      for pattern in patterns where unsafe words.contains(pattern) { found = true }
    }
    return found
  }

  /// Rows whose first bytes lie in each chunk of the table.
  static func rowsOfAllChunks(_ layout: WeightBlobLayout) -> [Int] {
    let start = hidden * columns * 4
    return (0..<layout.chunkCount).compactMap { chunk in
      let row = (max(chunk * layout.chunkBytes - start, 0) + 255) / (hidden * 4)
      return row < rows ? row : nil
    }
  }

  @Test("A request opens the chunks that it needs, and answers as a lasting model does")
  func counting() throws {
    let lasting = try Self.model().assembled(isPlanned: true)
    let sealed = try Self.model().with(.perInference).sealed()
    let layout = sealed.key.topology.blob.layout
    let model = try Self.model().with(.perInference).assembled(isPlanned: true)
    #expect(!Self.holdsWeights(model.arena))
    let size = layout.chunkBytes
    let start = Self.hidden * Self.columns * 4
    let end = start + Self.rows * Self.hidden * 4
    // Weights, and the bias behind the table.
    let always: Set = [0, (end + 63) / 64 * 64 / size]
    let all = Self.rowsOfAllChunks(layout)
    #expect(all.count > 4)
    for ids in [[0], [Self.rows - 1], [-1], [3_000], [2_000, 2_001, 2_000], all, all, [0]] {
      let chunks = ids.reduce(into: always) { chunks, id in
        let row = start + (id < 0 ? id + Self.rows : id) * Self.hidden * 4
        chunks.formUnion([row / size, (row + Self.hidden * 4 - 1) / size])
      }
      let request = Self.request(.rows, ids)
      #expect(try model.run(request) == lasting.run(request))
      #expect(model.openedChunks == chunks.count, "rows \(ids)")
      #expect(!Self.holdsWeights(model.arena), "after rows \(ids)")
    }
    #expect(model.isPlanned && lasting.isPlanned)
    _ = try model.run(Self.request(.rows, all))
    // Only padding stays sealed then.
    let padding = layout.chunkCount - ((end + 63) / 64 * 64 + Self.columns * 4 + size - 1) / size
    #expect(model.openedChunks == layout.chunkCount - padding)
  }

  @Test(
    "However a table is read, results are those of a lasting model and of the interpreter",
    arguments: Reading.allCases, [1, 3])
  func readings(_ reading: Reading, _ width: Int) throws {
    let pool = ComputePool(width: width)
    defer { pool.stop() }
    let template = try Self.model(reading)
    let sealed = try template.sealed()
    let chunks = sealed.key.topology.blob.layout.chunkCount
    let inside = reading == .otherAxis ? Self.hidden : Self.rows
    for isPlanned in [true, false] {
      let lasting = try template.assembled(isPlanned: isPlanned, pool: pool)
      let model = try template.with(.perInference).assembled(isPlanned: isPlanned, pool: pool)
      for ids in [[1], [inside - 1, 0, inside / 2]] {
        let request = Self.request(reading, ids)
        #expect(try model.run(request) == lasting.run(request))
        let opened = try model.openedChunks.orThrow()
        let isPartial = reading.isTable && model.isPlanned
        #expect(isPartial ? opened < chunks : opened == chunks)
        #expect(!Self.holdsWeights(model.arena))
      }
    }
  }

  @Test(
    "Prepared models give the same bits in every lifetime", arguments: PlannedCase.allCases, [1, 9])
  func lifetimes(_ kind: PlannedCase, _ size: Int) throws {
    let (template, inputs) = try kind.make(size)
    for isPlanned in [true, false] {
      let expected = try template.assembled(isPlanned: isPlanned).run(inputs)
      let model = try template.with(.perInference).assembled(isPlanned: isPlanned)
      for _ in 0..<3 { #expect(try model.run(inputs) == expected) }
    }
  }

  @Test("A form that only the shapes show goes back to the interpreter, which opens everything")
  func lateFallback() throws {
    var random = SplitMix(seed: 3)
    var template = TestModel()
    let x = template.input("x", .float32)
    let y = template.node("MatMul", 13, [x, template.weights([16, 96], &random)])[0]
    template.output("y", template.node("Softmax", 13, [y], [Attribute("axis", .int(1))])[0])
    let inputs = [("x", PlannedCase.noise([2, 3, 16], &random))]
    let expected = try template.assembled(isPlanned: false).run(inputs)
    let model = try template.with(.perInference).assembled(isPlanned: true)
    #expect(model.isPlanned)
    for _ in 0..<2 { #expect(try model.run(inputs) == expected) }
    #expect(!model.isPlanned)
  }

  @Test("Going back to the interpreter does not keep a wipe waiting")
  func cancelledFallback() throws {
    var random = SplitMix(seed: 3)
    var template = TestModel()
    let x = template.input("x", .float32)
    template.output(
      "y", template.node("MatMul", 13, [x, template.weights([16, 96], &random)])[0])
    let model = try template.assembled(isPlanned: true)
    model.cancel()
    #expect(throws: EngineError.cancelled) {
      try model.withPlanned { planned, weights in try planned.unpack(weights: weights) }
    }
  }

  @Test("Rows outside the table are refused, nothing is left, and the model still works")
  func outside() throws {
    for isPlanned in [true, false] {
      for reading in [Reading.rows, .wideIndices] {
        let model = try Self.model(reading).with(.perInference).assembled(isPlanned: isPlanned)
        let good = Self.request(reading, [5, 7])
        let expected = try model.run(good)
        for wrong in [Self.rows, -Self.rows - 1, Int(Int32.max), Int(Int32.min)] {
          #expect(throws: EngineError.indexOutOfRange) {
            try model.run(Self.request(reading, [5, wrong]))
          }
          #expect(!Self.holdsWeights(model.arena))
        }
        #expect(throws: EngineError.inputInvalid) { try model.run([]) }
        #expect(try model.run(good) == expected)
      }
    }
  }

  @Test("A bit that turns over in a sealed chunk in memory is found, and what was open is wiped")
  func flipped() throws {
    let sealed = try Self.model().with(.perInference).sealed()
    let assembler = try ModelAssembler(key: sealed.key, arena: SecretArena(budget: 64 << 20))
    for index in sealed.chunks.indices { try assembler.take(sealed, index) }
    let model = try assembler.finish()
    let blob = try assembler.sealedBlob.orThrow()
    func flip(_ chunk: Int) {
      unsafe blob.chunk(chunk).withUnsafeBytes { bytes in
        // Blobs cannot be changed but by a fault of the memory: this is one.
        let place = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress! + 1_000)
        unsafe place.storeBytes(
          of: place.load(as: UInt8.self) ^ 4, as: UInt8.self)
      }
    }
    let all = Self.request(.rows, Self.rowsOfAllChunks(blob.layout))
    let expected = try model.run(all)
    for chunk in [0, 2, blob.layout.lastIndex] {
      flip(chunk)
      #expect(throws: EngineError.weightsInvalid) { try model.run(all) }
      #expect(!Self.holdsWeights(model.arena))
      // Who does not need the chunk does not notice.
      if chunk == 2 { _ = try model.run(Self.request(.rows, [0])) }
      flip(chunk)
      #expect(try model.run(all) == expected)
    }
  }

  /// A step that names the same row again and again, and is cancelled when it has named some.
  private final class Naming: PooledJob {
    let named = Mutex(0)
    private let cancellation: Cancellation

    init(_ cancellation: Cancellation) {
      self.cancellation = cancellation
      super.init(taskCount: 1)
    }

    override func visitRows(
      _ frame: RunFrame, _ visit: (Range<Int>) throws(EngineError) -> Void
    ) throws(EngineError) {
      for row in 0..<1_000 {
        if row == 10 { cancellation.set() }
        try visit(0..<4)
        named.withLock { $0 += 1 }
      }
    }
  }

  @Test("A request that names very many rows is left while they are looked up")
  func namedRows() throws {
    let sealed = try Self.model().with(.perInference).sealed()
    let arena = SecretArena(budget: 64 << 20)
    let assembler = try ModelAssembler(key: sealed.key, arena: arena)
    for index in sealed.chunks.indices { try assembler.take(sealed, index) }
    _ = try assembler.finish()
    let blob = try assembler.sealedBlob.orThrow()
    let cancellation = Cancellation()
    var weights = SealedWeights(
      blob: blob, key: try sealed.key.blobKey.clone(),
      place: try arena.allocate(blob.layout.plaintextBytes), pool: .shared,
      cancellation: cancellation)
    let step = Naming(cancellation)
    var failure: EngineError?
    do throws(EngineError) { try weights.open(rowsOf: step, .idle) } catch { failure = error }
    #expect(failure == .cancelled)
    #expect(step.named.withLock { $0 } == 10)
    #expect(weights.openedCount == 0)
  }

  /// A clock that counts its readings, and tells somebody of each.
  private final class Readings: Sendable {
    private let count = Mutex<UInt64>(0)
    private let observer = Mutex<(@Sendable () -> Void)?>(nil)

    func observe(_ body: (@Sendable () -> Void)?) { observer.withLock { $0 = body } }

    var clock: EngineClock {
      EngineClock { [self] in
        observer.withLock { $0 }?()
        return count.withLock { count in
          count += 1
          return count * 1_000
        }
      }
    }
  }

  @Test("The exposure is measured from before the first chunk to after the wipe")
  func exposure() throws {
    for lifetime in [LifetimePolicy.perInference, .standard] {
      let readings = Readings()
      let sealed = try Self.model().with(lifetime).sealed()
      let arena = SecretArena(budget: 64 << 20)
      let assembler = try ModelAssembler(key: sealed.key, arena: arena, clock: readings.clock)
      let moments = Moments()
      readings.observe { moments.add(Self.holdsWeights(arena)) }
      for index in sealed.chunks.indices { try assembler.take(sealed, index) }
      let model = try assembler.finish()
      if lifetime == .perInference {
        #expect(model.exposureNanoseconds == 1_000)
        #expect(moments.taken == [false, false], "read while weights were open")
        _ = try model.run(Self.request(.rows, [0]))
        #expect(model.exposureNanoseconds == 1_000)
        #expect(moments.taken == [false, false, false, false], "read while weights were open")
        _ = model.wipe()
        #expect(model.exposureNanoseconds == 1_000)
      } else {
        _ = try model.run(Self.request(.rows, [0]))
        let first = model.exposureNanoseconds
        #expect(model.exposureNanoseconds > first)
        _ = model.wipe()
        #expect(moments.taken.first == false && moments.taken.last == false)
        let last = model.exposureNanoseconds
        #expect(model.exposureNanoseconds == last)
      }
    }
  }

  /// What was seen when a clock was read.
  private final class Moments: Sendable {
    private let seen = Mutex<[Bool]>([])
    func add(_ value: Bool) { seen.withLock { $0.append(value) } }
    var taken: [Bool] { seen.withLock { $0 } }
  }

  @Test("A request that is cancelled when it has begun leaves nothing open")
  func cancelled() throws {
    let readings = Readings()
    let sealed = try Self.model().with(.perInference).sealed()
    let assembler = try ModelAssembler(
      key: sealed.key, arena: SecretArena(budget: 64 << 20), clock: readings.clock)
    for index in sealed.chunks.indices { try assembler.take(sealed, index) }
    let model = try assembler.finish()
    _ = try model.run(Self.request(.rows, [1]))
    readings.observe { model.cancel() }
    #expect(throws: EngineError.cancelled) { try model.run(Self.request(.rows, [1])) }
    readings.observe(nil)
    #expect(!Self.holdsWeights(model.arena))
    #expect(throws: EngineError.cancelled) { try model.run(Self.request(.rows, [1])) }
  }
}
