internal import EphemeralModel

/// A dense, row-major tensor in the arena; several tensors may share one block.
struct Tensor: Sendable {
  /// The type of its elements.
  let type: ElementType
  /// Its dimensions.
  let shape: Shape
  private let block: ArenaBlock
  private let offset: Int

  /// A tensor `offset` bytes into `block`, which must hold all of it.
  init(type: ElementType, shape: Shape, block: ArenaBlock, offset: Int = 0) {
    precondition(offset >= 0 && shape.count * type.byteCount <= block.byteCount - offset)
    self.type = type
    self.shape = shape
    self.block = block
    self.offset = offset
  }

  /// How many elements it has.
  var count: Int { shape.count }

  /// How many bytes it takes.
  var byteCount: Int { shape.count * type.byteCount }

  /// Its elements, read as values of the same width.
  func cells<Element: BitwiseCopyable>(_ element: Element.Type) -> Cells<Element> {
    precondition(MemoryLayout<Element>.stride == type.byteCount)
    let base = unsafe (block.base + offset).assumingMemoryBound(to: Element.self)
    return unsafe Cells(base: base, count: count)
  }

  /// Its bytes.
  var bytes: Cells<UInt8> {
    let base = unsafe (block.base + offset).assumingMemoryBound(to: UInt8.self)
    return unsafe Cells(base: base, count: byteCount)
  }

  /// The same bytes as elements of another type, or nil where the widths differ.
  func reinterpreted(_ type: ElementType) -> Tensor? {
    guard type.byteCount == self.type.byteCount else { return nil }
    return Tensor(type: type, shape: shape, block: block, offset: offset)
  }

  /// Whether its bytes belong to a block.
  func lies(in block: ArenaBlock) -> Bool { self.block === block }

  /// Whether two tensors belong to one block.
  func sharesBlock(with other: Tensor) -> Bool { block === other.block }

  /// The same elements in a block of their own.
  func copied(into arena: SecretArena) throws(EngineError) -> Tensor {
    let copy = Tensor(type: type, shape: shape, block: try arena.allocate(byteCount))
    copy.bytes.copy(bytes, from: 0, length: byteCount, at: 0)
    return copy
  }

  /// The same elements under other dimensions of the same product.
  func reshaped(_ shape: Shape) throws(EngineError) -> Tensor {
    guard shape.count == count else { throw .shapeMismatch }
    return Tensor(type: type, shape: shape, block: block, offset: offset)
  }
}
