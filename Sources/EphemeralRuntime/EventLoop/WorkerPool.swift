import Glibc
import Synchronization

/// A fixed number of threads that do blocking or long work, first come, first served.
///
/// The queue is bounded by its users: a session has at most one piece of work under way on each
/// lane.
final class WorkerPool: Sendable {
  typealias Job = @Sendable () -> Void

  /// What threads and users share; threads hold only this, so that a pool can go away.
  private final class Queue: Sendable {
    let jobs = Mutex<[Job?]>([])
    let ready = CountingSemaphore()

    /// Waits for a job and runs it; false when the thread is to end.
    func runNext() -> Bool {
      ready.wait()
      guard let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return false }
      job()
      return true
    }
  }

  private let queue: Queue
  private let threads: [pthread_t]

  /// Starts `threadCount` threads.
  init(threadCount: Int) throws(ReactorError) {
    let queue = Queue()
    var threads: [pthread_t] = []
    for _ in 0..<max(threadCount, 1) {
      var thread = pthread_t()
      let context = unsafe Unmanaged.passRetained(queue)
      // SAFETY: the thread takes over the reference that was retained for it.
      let status = unsafe pthread_create(
        &thread, nil,
        { context in
          guard let context = unsafe context else { return nil }
          let queue = unsafe Unmanaged<Queue>.fromOpaque(context).takeRetainedValue()
          while queue.runNext() { ProcessGuards.scrubStack() }
          return nil
        }, context.toOpaque())
      guard status == 0 else {
        unsafe context.release()
        WorkerPool.end(threads, queue)
        throw .outOfResources
      }
      threads.append(thread)
    }
    self.queue = queue
    self.threads = threads
  }

  func submit(_ job: @escaping Job) {
    queue.jobs.withLock { $0.append(job) }
    queue.ready.post()
  }

  /// Finishes what is under way and queued, then ends the threads.
  deinit { WorkerPool.end(threads, queue) }

  private static func end(_ threads: [pthread_t], _ queue: Queue) {
    for _ in threads {
      queue.jobs.withLock { $0.append(nil) }
      queue.ready.post()
    }
    // Each thread is joined once, here.
    for thread in threads { _ = pthread_join(thread, nil) }
  }
}

/// A count that threads wait for; each post wakes one of them.
@safe final class CountingSemaphore: @unchecked Sendable {
  /// At one address for its life, as the system wants it.
  private let place = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() {
    unsafe place.initialize(to: sem_t())
    unsafe sem_init(place, 0, 0)
  }

  deinit {
    unsafe sem_destroy(place)
    unsafe place.deallocate()
  }

  /// Adds one.
  func post() { unsafe sem_post(place) }

  /// Takes one, waiting for it.
  func wait() { while unsafe sem_wait(place) != 0, errno == EINTR {} }
}

/// The numbers of finished jobs on their way from worker threads to a loop.
final class CompletionQueue: Sendable {
  private let finished = Mutex<[UInt64]>([])
  private let wake: EventCounter

  init?() {
    guard let wake = EventCounter(semaphore: false) else { return nil }
    self.wake = wake
  }

  /// What the loop watches.
  var descriptor: Int32 { wake.number }

  func post(_ number: UInt64) {
    finished.withLock { $0.append(number) }
    wake.add(1)
  }

  func takeAll() -> [UInt64] {
    wake.take()
    return finished.withLock { numbers in
      defer { numbers = [] }
      return numbers
    }
  }
}

/// Where a worker leaves its outcome for the loop.
final class OutcomeBox<Outcome: Sendable>: Sendable {
  private let outcome = Mutex<Outcome?>(nil)

  func put(_ value: Outcome) { outcome.withLock { $0 = value } }

  func take() -> Outcome? { outcome.withLock { $0.take() } }
}
