// Places where the product can be made wrong on purpose, so that the oracles can be judged.
//
// A fault is a name and not a case of an enumeration: an enumeration would leave its metadata in
// every binary that links this target. Without the trait `Mutants` all functions here are constant,
// are compiled into their callers and leave no symbol.

#if Production && (Mutants || Fuzzing || LibFuzzer)
  #error("Production goes with no trait that makes the product wrong or instruments it")
#endif

#if Mutants
  /// The one fault of this process; empty for none. Set before anything else runs.
  nonisolated(unsafe) private var activeFault: [UInt8] = []
  /// Whether a place of the active fault was passed.
  nonisolated(unsafe) private var isReached = false
  nonisolated(unsafe) private var activeStep: StepMutation?

  /// Makes the process wrong at the places of one fault; an empty name makes it right again.
  public func plant(_ fault: String) {
    unsafe activeFault = Array(fault.utf8)
    unsafe isReached = false
  }

  /// Whether a place of the active fault was passed since it was planted.
  public var wasFaultReached: Bool { unsafe isReached }

  /// Whether the process has this fault. Only written at the place that the fault changes.
  public func planted(_ fault: StaticString) -> Bool {
    guard unsafe !activeFault.isEmpty, unsafe fault.utf8CodeUnitCount == activeFault.count else {
      return false
    }
    for index in 0..<fault.utf8CodeUnitCount {
      guard unsafe fault.utf8Start[index] == activeFault[index] else { return false }
    }
    unsafe isReached = true
    return true
  }

  /// A change to what one row's transition gives, made at a machine's dispatch.
  public struct StepMutation: Equatable, Sendable {
    /// What is changed.
    public enum Change: Equatable, Sendable {
      /// The effect at this place is lost.
      case dropEffect(Int)
      /// The effect at this place comes after the next one.
      case swapEffects(Int)
      /// The claim at this place is lost.
      case dropClaim(Int)
      /// The machine ends at once instead of entering the next state.
      case loseState
    }

    /// The row's identifier.
    public var row: String
    /// What is changed.
    public var change: Change

    /// Describes a change.
    public init(row: String, change: Change) {
      self.row = row
      self.change = change
    }
  }

  /// Makes one row's transition wrong; nil makes it right again.
  public func plant(_ step: StepMutation?) {
    unsafe activeStep = step
    unsafe isReached = false
  }

  private func activeChange(_ row: StaticString) -> StepMutation.Change? {
    guard let step = unsafe activeStep, "\(row)" == step.row else { return nil }
    unsafe isReached = true
    return step.change
  }

  /// A transition's effects, or what the active mutation makes of them.
  public func mutatedEffects<Element>(_ effects: [Element], of row: StaticString) -> [Element] {
    var changed = effects
    switch activeChange(row) {
    case .dropEffect(let index) where changed.indices.contains(index): changed.remove(at: index)
    case .swapEffects(let index) where changed.indices.contains(index + 1):
      changed.swapAt(index, index + 1)
    default: break
    }
    return changed
  }

  /// A transition's claims, or what the active mutation makes of them.
  public func mutatedClaims<Element>(_ claims: [Element], of row: StaticString) -> [Element] {
    var changed = claims
    if case .dropClaim(let index) = activeChange(row), changed.indices.contains(index) {
      changed.remove(at: index)
    }
    return changed
  }

  /// Whether the active mutation loses the row's next state.
  public func losesState(_ row: StaticString) -> Bool { activeChange(row) == .loseState }
#else
  /// Always false: this build has no faults.
  @_alwaysEmitIntoClient @inline(__always)
  public func planted(_ fault: StaticString) -> Bool { false }

  /// The effects as they are: this build has no faults.
  @_alwaysEmitIntoClient @inline(__always)
  public func mutatedEffects<Element>(_ effects: [Element], of row: StaticString) -> [Element] {
    effects
  }

  /// The claims as they are: this build has no faults.
  @_alwaysEmitIntoClient @inline(__always)
  public func mutatedClaims<Element>(_ claims: [Element], of row: StaticString) -> [Element] {
    claims
  }

  /// Always false: this build has no faults.
  @_alwaysEmitIntoClient @inline(__always)
  public func losesState(_ row: StaticString) -> Bool { false }
#endif
