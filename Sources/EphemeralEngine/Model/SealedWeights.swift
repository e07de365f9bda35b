internal import EphemeralCrypto
internal import EphemeralModel

/// The weights of a model whose owner asked that plaintext lives for one inference only: a sealed
/// blob, the key that opens it, and the one place where its chunks are opened.
///
/// Between two requests the place holds zeros. Within one, each chunk is opened at most once, so
/// what was packed in place stays; the digests over all chunks were compared at the assembly, and
/// each chunk is authenticated whenever it is opened (Spec/Formats.md §5.2).
struct SealedWeights: ~Copyable {
  /// Where the plaintext is while a request runs.
  let place: ArenaBlock
  private let blob: SealedBlob
  private let key: SecretBytes
  private let pool: ComputePool
  private let cancellation: Cancellation
  /// For each chunk whether this request has opened it, or has begun to.
  private var isOpen: [Bool]
  /// How many chunks the last request opened.
  private(set) var openedCount = 0

  init(
    blob: SealedBlob, key: consuming SecretBytes, place: ArenaBlock, pool: ComputePool,
    cancellation: Cancellation
  ) {
    precondition(place.byteCount == blob.layout.plaintextBytes, "a place of another model")
    self.blob = blob
    self.key = key
    self.place = place
    self.pool = pool
    self.cancellation = cancellation
    isOpen = [Bool](repeating: false, count: blob.layout.chunkCount)
  }

  /// Begins a request, with nothing open.
  mutating func begin() { openedCount = 0 }

  /// Opens all chunks.
  ///
  /// - Throws: `weightsInvalid`, `memoryUnavailable`, `cancelled`; ``overwrite()`` is due then too.
  mutating func openAll() throws(EngineError) {
    try open(Array(isOpen.indices))
  }

  /// Opens the chunks of all tensors but the tables, whose rows come when they are named.
  ///
  /// - Throws: as ``openAll()``.
  mutating func open(_ tensors: [TensorEntry], but tables: RowTables) throws(EngineError) {
    var chunks: Set<Int> = []
    for (index, entry) in tensors.enumerated() where !tables.tensors.contains(index) {
      chunks.formUnion(self.chunks(of: entry.offset..<entry.offset + entry.byteCount))
    }
    try open(chunks.sorted())
  }

  /// Opens the chunks of the rows that a step is about to read.
  ///
  /// - Throws: as ``openAll()``, and what the step would throw.
  mutating func open(rowsOf step: PooledJob, _ frame: RunFrame) throws(EngineError) {
    var isNamed: [Bool] = []
    try step.visitRows(frame) { (range) throws(EngineError) in
      // A request may name very many rows, or very long ones, and a wipe waits for this.
      if cancellation.isSet { throw .cancelled }
      if isNamed.isEmpty { isNamed = [Bool](repeating: false, count: isOpen.count) }
      for chunk in self.chunks(of: range) { isNamed[chunk] = true }
    }
    try open(isNamed.indices.filter { isNamed[$0] })
  }

  /// The chunks that hold a range of the plaintext.
  private func chunks(of range: Range<Int>) -> Range<Int> {
    if range.isEmpty { return 0..<0 }
    precondition(range.lowerBound >= 0 && range.upperBound <= place.byteCount)
    let size = blob.layout.chunkBytes
    return range.lowerBound / size..<(range.upperBound - 1) / size + 1
  }

  private mutating func open(_ chunks: [Int]) throws(EngineError) {
    let missing = chunks.filter { !isOpen[$0] }
    if missing.isEmpty { return }
    for chunk in missing { isOpen[chunk] = true }
    openedCount += missing.count
    let opening = try ChunkOpening(
      blob: blob, key: key, chunks: missing, into: place, hashes: false, pool: pool,
      cancellation: cancellation)
    try pool.run(opening, .idle)
  }

  /// Writes zeros over every chunk that this request opened, with whatever was packed there.
  mutating func overwrite() {
    let chunks = isOpen.indices.filter { isOpen[$0] }
    if chunks.isEmpty { return }
    let ranges = chunks.map { blob.layout.plaintextRange(ofChunk: $0) }
    // Its tasks throw nothing.
    try? pool.run(WipingJob(place, ranges, lanes: pool.width), .idle)
    for chunk in chunks { isOpen[chunk] = false }
  }

  /// Writes zeros over the whole place, in which all chunks were opened by the assembly.
  mutating func overwriteAll() {
    for chunk in isOpen.indices { isOpen[chunk] = true }
    overwrite()
  }
}
