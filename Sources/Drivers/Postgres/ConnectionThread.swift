internal import Glibc
internal import Synchronization

/// The thread on which a connection runs: the executor of its actor. libpq blocks; on this thread it does not
/// block the cooperative pool. The thread ends with the last reference to the executor.
final class ConnectionThread: SerialExecutor {
  private let jobs = JobQueue()

  init() {
    let context = Unmanaged.passRetained(jobs)
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let jobs = Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue()
        while let job = jobs.next() { job.run() }
        return nil
      }, context.toOpaque())
    precondition(code == 0, "the system has no thread left for a connection to PostgreSQL")
    pthread_detach(thread)
  }

  deinit { jobs.finish() }

  func enqueue(_ job: consuming ExecutorJob) { jobs.add(ThreadJob(job: UnownedJob(job), executor: self)) }
  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}

/// A job with the executor that it runs on, which stays alive until the job has run.
private struct ThreadJob: Sendable {
  let job: UnownedJob
  let executor: ConnectionThread

  func run() { job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
}

private final class JobQueue: Sendable {
  private struct State {
    var jobs: [ThreadJob] = []
    var isFinished = false
  }

  private let state = Mutex(State())
  private let count = CountingSemaphore()

  func add(_ job: ThreadJob) {
    state.withLock { $0.jobs.append(job) }
    count.signal()
  }

  func finish() {
    state.withLock { $0.isFinished = true }
    count.signal()
  }

  /// Waits for the next job; nil after the last.
  func next() -> ThreadJob? {
    count.wait()
    return state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
  }
}

/// A POSIX semaphore at a fixed address. `@unchecked`: `sem_post` and `sem_wait` may be called from any
/// thread, and the pointer is constant between `init` and `deinit`.
private final class CountingSemaphore: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() { sem_post(semaphore) }
  func wait() { while sem_wait(semaphore) != 0 && errno == EINTR {} }
}
