extension HostSession {
  /// A second machine in the same state; a host holds nothing that forbids it.
  public borrowing func fork() -> HostSession<Codec> {
    HostSession(configuration: configuration, stage: stage, timers: timers, last: last)
  }
}
