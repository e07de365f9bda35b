import Synchronization
import Testing

@testable import EphemeralEngine

@Suite("Threads that share a job")
struct ComputePoolTests {
  /// Counts its tasks, and cancels the run in one of them.
  private final class Counting: PooledJob {
    let ran = Atomic(0)
    private let cancellation: Cancellation

    init(_ cancellation: Cancellation) {
      self.cancellation = cancellation
      super.init(taskCount: 10_000)
    }

    override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
      if task == 100 { cancellation.set() }
      ran.add(1, ordering: .relaxed)
      // The others go on at once, so that this is over long before the last of all tasks.
      while task > 100, !cancellation.isSet {}
    }
  }

  @Test("A cancelled run stops between two tasks of a job", arguments: 1...3)
  func cancelled(_ width: Int) throws {
    let pool = ComputePool(width: width)
    defer { pool.stop() }
    let cancellation = Cancellation()
    let job = Counting(cancellation)
    let frame = RunFrame(kernels: Processor.kernels, cancellation: cancellation)
    #expect(throws: EngineError.cancelled) { try pool.run(job, frame) }
    #expect(job.ran.load(ordering: .relaxed) <= 100 + width)
    // Work that belongs to no run, such as a wipe, is done all the same.
    let after = Counting(cancellation)
    try pool.run(after, .idle)
    #expect(after.ran.load(ordering: .relaxed) == 10_000)
  }
}
