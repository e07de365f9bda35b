internal import CLinux
internal import Glibc
internal import Synchronization

/// Something that is cut into tasks which may run at the same time.
class PooledJob {
  /// How many tasks there are.
  let taskCount: Int
  init(taskCount: Int) { self.taskCount = taskCount }

  /// About how many entries of ordinary memory it keeps; a binding bounds their sum.
  var entryCount: Int { 1 }
  /// The multiply-adds of its matrix products, which say how long it takes at best.
  var multiplyAdds: Int { 0 }

  /// Runs one task. Tasks write disjoint memory, so their order and thread change nothing.
  ///
  /// - Parameter worker: which thread runs it, below the pool's width: the owner of a scratch.
  func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {}

  /// Tells which bytes of the weights the job will read because of data that it finds in memory;
  /// what it reads in any case is not told.
  ///
  /// - Throws: what the job itself would throw because of that data, and what `visit` throws.
  func visitRows(
    _ frame: RunFrame, _ visit: (Range<Int>) throws(EngineError) -> Void
  ) throws(EngineError) {}
}

/// Threads that share the tasks of one job at a time; many models may use one pool.
///
/// A job belongs to the thread that brings it, which works on it too. Where the pool is busy with
/// another model's job, the bringer does all the work alone, so nobody waits for anybody. Between
/// jobs the threads spin for some microseconds, then sleep. A dispatch allocates nothing.
public final class ComputePool: Sendable {
  /// A job's place in the pool; written only by the owner of `busy`, read only by threads that have
  /// claimed one of its tasks, which the owner waits for.
  @safe private final class Slot: @unchecked Sendable {
    private var job: Unmanaged<PooledJob>?
    private var frame: Unmanaged<RunFrame>?
    private(set) var count = 0

    func set(_ job: PooledJob, _ frame: RunFrame) {
      unsafe self.job = Unmanaged.passUnretained(job)
      unsafe self.frame = Unmanaged.passUnretained(frame)
      count = job.taskCount
    }

    /// Runs one task of the job, which the thread that waits for it holds.
    func run(task: Int, worker: Int) throws(EngineError) {
      guard let job = unsafe job, let frame = unsafe frame?.takeUnretainedValue() else { return }
      try frame.checkpoint()
      try unsafe job.takeUnretainedValue().run(task: task, worker: worker, frame)
    }
  }

  /// How often a waiting thread looks before it sleeps: some tens of microseconds.
  private static let spins = 4_000
  /// The most threads of a pool.
  public static let maximumWidth = 64

  /// The pool that models share unless they are given another: as wide as the machine.
  public static let shared = ComputePool(width: machineWidth)

  /// How many threads work on a job, the caller included.
  public let width: Int
  private let slot = Slot()
  private let busy = Atomic(false)
  /// Tasks of the current job that nobody has claimed.
  private let unclaimed = Atomic(0)
  private let finished = Atomic(0)
  private let failure = Atomic(0)
  private let sleepers = Atomic(0)
  private let stopping = Atomic(false)
  private let bell = Bell()
  /// The system's numbers of the threads, and the processor that they keep clear of.
  private let threads = Mutex((numbers: [Int32](), avoided: Int32(-1)))

  /// Processors that this process may use.
  public static var machineWidth: Int {
    min(max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1), maximumWidth)
  }

  /// Makes a pool and starts its threads; `width` is brought between 1 and ``maximumWidth``.
  ///
  /// Where the system gives fewer threads, the pool does with those.
  public init(width: Int) {
    self.width = min(max(width, 1), Self.maximumWidth)
    for worker in 1..<max(self.width, 1) { start(worker) }
  }

  private func start(_ worker: Int) {
    // The thread holds no reference that keeps the pool: the state that it needs lives in `Hands`.
    let hands = unsafe Unmanaged.passRetained(Hands(pool: self, worker: worker))
    var thread = pthread_t()
    let outcome = unsafe pthread_create(
      &thread, nil,
      { argument in
        // The argument is the reference retained above.
        guard let argument = unsafe argument else { return nil }
        let hands = unsafe Unmanaged<Hands>.fromOpaque(argument).takeRetainedValue()
        hands.work()
        return nil
      }, unsafe hands.toOpaque())
    if outcome == 0 {
      pthread_detach(thread)
    } else {
      unsafe hands.release()
    }
  }

  /// What one thread of the pool knows.
  private final class Hands {
    let pool: ComputePool
    let worker: Int
    init(pool: ComputePool, worker: Int) {
      self.pool = pool
      self.worker = worker
    }
    func work() { pool.serve(worker) }
  }

  /// Ends the threads once they are idle; the pool then works on the callers' threads alone.
  ///
  /// The threads keep the pool alive until this is called.
  public func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    bell.ring()
  }

  /// Runs all tasks of a job; returns when all have ended.
  ///
  /// - Throws: what one of the tasks threw; `cancelled` where the frame's run was, with the tasks
  ///   that had not begun left out.
  func run(_ job: PooledJob, _ frame: RunFrame) throws(EngineError) {
    let count = job.taskCount
    let claim = busy.compareExchange(expected: false, desired: true, ordering: .acquiring)
    if width == 1 || count <= 1 || !claim.exchanged {
      defer { if claim.exchanged { busy.store(false, ordering: .releasing) } }
      for task in 0..<count {
        try frame.checkpoint()
        try job.run(task: task, worker: 0, frame)
      }
      return
    }
    slot.set(job, frame)
    finished.store(0, ordering: .relaxed)
    failure.store(0, ordering: .relaxed)
    unclaimed.store(count, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      makeRoom()
      bell.ring()
    }
    while takeTask(worker: 0) {}
    var looks = 0
    while finished.load(ordering: .acquiring) < count {
      looks += 1
      if looks < Self.spins { ephml_pause() } else { sched_yield() }
    }
    let code = failure.load(ordering: .relaxed)
    busy.store(false, ordering: .releasing)
    if code > 0 { throw EngineError.allCases[code - 1] }
  }

  /// Sends sleeping threads away from the caller's processor.
  ///
  /// Some schedulers wake a thread where its waker runs, though another processor is idle, and leave
  /// it waiting there for many milliseconds: longer than an inference.
  private func makeRoom() {
    let processor = ephml_processor()
    threads.withLock { threads in
      if processor < 0 || threads.avoided == processor { return }
      threads.avoided = processor
      // Only speed depends on the answers.
      for number in threads.numbers { _ = ephml_avoid_processor(number, processor) }
    }
  }

  /// Claims and runs one task; false where none is left.
  ///
  /// A claim succeeds only while its job is unfinished, and the job stays in its slot until every
  /// claimed task has ended, so the slot is read after the claim.
  private func takeTask(worker: Int) -> Bool {
    var left = unclaimed.load(ordering: .acquiring)
    while true {
      if left <= 0 { return false }
      let claim = unclaimed.weakCompareExchange(
        expected: left, desired: left - 1, ordering: .acquiringAndReleasing)
      if claim.exchanged { break }
      left = claim.original
    }
    do throws(EngineError) {
      try slot.run(task: slot.count - left, worker: worker)
    } catch {
      let code = (EngineError.allCases.firstIndex(of: error) ?? 0) + 1
      failure.store(code, ordering: .relaxed)
    }
    finished.add(1, ordering: .releasing)
    return true
  }

  private func serve(_ worker: Int) {
    threads.withLock { threads in
      threads.numbers.append(ephml_thread())
      threads.avoided = -1
    }
    var looks = 0
    while !stopping.load(ordering: .relaxed) {
      if takeTask(worker: worker) {
        looks = 0
        continue
      }
      looks += 1
      if looks < Self.spins {
        ephml_pause()
        continue
      }
      looks = 0
      // Registers that held a model's numbers may have been saved on this thread's stack.
      ephml_scrub_stack()
      sleepers.add(1, ordering: .sequentiallyConsistent)
      bell.wait {
        unclaimed.load(ordering: .sequentiallyConsistent) > 0
          || stopping.load(ordering: .relaxed)
      }
      sleepers.subtract(1, ordering: .sequentiallyConsistent)
    }
  }
}

/// A condition variable at a fixed address.
@safe private final class Bell: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe condition.initialize(to: pthread_cond_t())
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  func ring() {
    unsafe pthread_mutex_lock(mutex)
    unsafe pthread_cond_broadcast(condition)
    unsafe pthread_mutex_unlock(mutex)
  }

  /// Sleeps until rung, unless `isDue` says that there is no need.
  func wait(unless isDue: () -> Bool) {
    unsafe pthread_mutex_lock(mutex)
    if !isDue() { unsafe pthread_cond_wait(condition, mutex) }
    unsafe pthread_mutex_unlock(mutex)
  }
}
