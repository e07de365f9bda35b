#if Mock
  /// Where an enclave stands when its own memory is looked at (Spec/Memory.md §4).
  public enum MemoryPoint: String, Sendable {
    /// The first chunk of the weights is open.
    case opening
    /// The model is made.
    case assembled
    /// An inference has come to its end, and nothing of it is overwritten yet.
    case inferring
    /// An inference is over; its response is on its way to be sealed.
    case inferred
    /// A session is over and nothing holds anything of it.
    case over
    /// The enclave serves nobody any more and is about to end.
    case stopped
  }

  /// Told a point on the thread that comes to it, which waits meanwhile.
  public typealias MemoryWatch = @Sendable (MemoryPoint) -> Void
#endif
