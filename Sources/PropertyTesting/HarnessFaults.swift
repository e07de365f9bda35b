// Places where the harness itself can be made wrong, to see whether its own checks notice. Without the
// trait `Mutants` the function below is the constant false, and the library depends on nothing.

#if Mutants
  public import FaultPoints

  /// Whether this process has a fault of the harness. Only written at the place that it changes.
  @inlinable
  func isBroken(_ fault: StaticString) -> Bool { planted(fault) }
#else
  /// Whether this process has a fault of the harness: never.
  @inlinable @inline(__always)
  func isBroken(_ fault: StaticString) -> Bool { false }
#endif
