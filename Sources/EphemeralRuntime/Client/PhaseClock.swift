/// Measures the phases of a session as its client sees them.
struct PhaseClock {
  private let progress: (ClientProgress) -> Void
  private var current: (name: String, began: UInt64)?
  private(set) var timings: [PhaseTiming] = []

  init(progress: @escaping (ClientProgress) -> Void) { self.progress = progress }

  /// Ends the running phase, if any, and begins the next.
  mutating func begin(_ name: String, at nanoseconds: UInt64) {
    end(at: nanoseconds)
    current = (name, nanoseconds)
    progress(.phase(name))
  }

  /// Ends the running phase, if any.
  mutating func end(at nanoseconds: UInt64) {
    guard let current else { return }
    self.current = nil
    add(current.name, nanoseconds &- current.began)
  }

  /// Ends delivery and assembly, which the client sees as one wait: the enclave says how long the
  /// second took, the rest was the first.
  mutating func splitAssembly(enclaveNanoseconds: UInt64, at nanoseconds: UInt64) {
    guard let current else { return }
    self.current = nil
    let whole = nanoseconds &- current.began
    let assembly = min(enclaveNanoseconds, whole)
    add(current.name, whole - assembly)
    progress(.phase("assemble"))
    add("assemble", assembly)
  }

  private mutating func add(_ name: String, _ nanoseconds: UInt64) {
    let timing = PhaseTiming(name: name, nanoseconds: nanoseconds)
    if name == "infer", let index = timings.firstIndex(where: { $0.name == name }) {
      // One entry for all inferences of a session.
      timings[index] = PhaseTiming(
        name: name, nanoseconds: timings[index].nanoseconds &+ nanoseconds)
    } else {
      timings.append(timing)
    }
    progress(.phaseEnded(timing))
  }
}
