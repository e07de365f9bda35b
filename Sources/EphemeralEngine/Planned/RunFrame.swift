internal import KernelInterface

/// Where a prepared step finds a value: a space and an offset in it.
struct Place: Equatable, Sendable {
  /// The blocks that a run has.
  enum Space: Int, Sendable {
    /// Inputs, activations, outputs.
    case activations
    /// The opened weights.
    case weights
    /// What was made of the weights at assembly: packed matrices, folded factors.
    case derived
    /// A block of the binding itself; the offset is an address.
    case fixed
  }
  let space: Space
  /// In bytes.
  let offset: Int

  func advanced(by bytes: Int) -> Place { Place(space: space, offset: offset + bytes) }
}

/// The memory of one run, as the steps and threads of it see it.
///
/// Written between runs only, by the one thread that runs the model.
@safe final class RunFrame: @unchecked Sendable {
  /// For jobs that need no memory of a run.
  static let idle = RunFrame(kernels: Processor.kernels)

  let kernels: KernelTable
  private let cancellation: Cancellation?
  private var activations: UInt = 0
  private var weights: UInt = 0
  private var derived: UInt = 0
  /// Where the workers' scratches begin in the activations, and the bytes of each.
  private var scratchOffset = 0
  private var scratchBytes = 0

  /// - Parameter cancellation: what stops a job between two of its tasks; nothing if nil.
  init(kernels: KernelTable, cancellation: Cancellation? = nil) {
    self.kernels = kernels
    self.cancellation = cancellation
  }

  /// Stops a job here if its run was cancelled.
  func checkpoint() throws(EngineError) {
    if cancellation?.isSet ?? false { throw .cancelled }
  }

  /// Sets the blocks; all must be as long as the binding's plan says.
  func set(
    activations: ArenaBlock, weights: ArenaBlock, derived: ArenaBlock, scratchOffset: Int,
    scratchBytes: Int
  ) {
    self.activations = UInt(bitPattern: unsafe activations.base)
    self.weights = UInt(bitPattern: unsafe weights.base)
    self.derived = UInt(bitPattern: unsafe derived.base)
    self.scratchOffset = scratchOffset
    self.scratchBytes = scratchBytes
  }

  private func address(_ place: Place) -> UInt {
    switch place.space {
    case .activations: activations + UInt(place.offset)
    case .weights: weights + UInt(place.offset)
    case .derived: derived + UInt(place.offset)
    case .fixed: UInt(place.offset)
    }
  }

  /// The first byte at a place.
  func bytes(_ place: Place) -> UnsafeMutableRawPointer {
    // Blocks are mapped, so none begins at address zero.
    unsafe UnsafeMutableRawPointer(bitPattern: address(place)).unsafelyUnwrapped
  }

  /// The bytes of a value.
  func cells(_ value: BoundValue) -> Cells<UInt8> {
    unsafe Cells(
      base: bytes(value.place).assumingMemoryBound(to: UInt8.self), count: value.byteCount)
  }

  /// The first float at a place.
  func floats(_ place: Place) -> UnsafeMutablePointer<Float> {
    unsafe bytes(place).assumingMemoryBound(to: Float.self)
  }

  /// The first float at a place, where there is one.
  func floats(_ place: Place?) -> UnsafePointer<Float>? {
    guard let place else { return nil }
    return unsafe UnsafePointer(floats(place) as UnsafeMutablePointer<Float>)
  }

  /// One worker's scratch.
  func scratch(_ worker: Int) -> UnsafeMutablePointer<Float> {
    unsafe floats(
      Place(space: .activations, offset: scratchOffset + worker * scratchBytes))
  }
}
