import RandomSupport
import Synchronization

/// Runs all tasks of one world on the calling thread, one job at a time. The seed chooses the next one of the
/// runnable jobs. Simulated time advances by the cost of each job, and to the next timer when no job is
/// runnable. Jobs of a paused process wait; those of a killed process never run.
final class TaskScheduler: Sendable {
  enum End: Sendable {
    case finished
    /// No job is runnable and no timer is pending: a task waits forever.
    case deadlock
    /// The limit of jobs was reached.
    case jobLimitReached
  }

  private enum ProcessState { case running, paused, dead }

  private struct Job {
    let job: UnownedJob
    let executor: ProcessExecutor
  }

  private struct Timer {
    let at: Int64
    let number: Int
    let fire: @Sendable () -> Void
  }

  private struct State {
    var random: SeededRandom
    var runnable: [Job] = []
    var suspended: [Job] = []
    var processes: [ProcessState] = []
    /// Sorted by time, latest first.
    var timers: [Timer] = []
    var lastTimer = 0
    var now: Int64 = 0
    var jobCount = 0
    /// Sorted by the number of jobs before the call, highest first.
    var hooks: [(after: Int, fire: @Sendable () -> Void)] = []
    var digest: UInt64 = 0
    var isOver = false
  }

  private let state: Mutex<State>
  /// The greatest cost of one job, in microseconds of simulated time.
  private let maxJobCost: Int

  init(random: SeededRandom, maxJobCost: Int) {
    state = Mutex(State(random: random))
    self.maxJobCost = maxJobCost
  }

  /// Microseconds since the world began.
  var now: Int64 { state.withLock { $0.now } }
  var jobCount: Int { state.withLock { $0.jobCount } }
  /// A digest of the choices among runnable jobs.
  var digest: UInt64 { state.withLock { $0.digest } }
  /// Whether the world has ended. Remaining tasks then run to their end.
  var isOver: Bool { state.withLock { $0.isOver } }

  /// Returns a new process without tasks.
  func makeProcess() -> ProcessExecutor {
    let number = state.withLock { state in
      state.processes.append(.running)
      return state.processes.count - 1
    }
    return ProcessExecutor(scheduler: self, number: number)
  }

  func pause(_ process: ProcessExecutor) { setState(.paused, of: process) }
  func resume(_ process: ProcessExecutor) { setState(.running, of: process) }
  /// Stops the process: its pending jobs never run.
  func kill(_ process: ProcessExecutor) { setState(.dead, of: process) }
  func isDead(_ process: ProcessExecutor) -> Bool {
    state.withLock { $0.processes[process.number] == .dead }
  }

  private func setState(_ processState: ProcessState, of process: ProcessExecutor) {
    state.withLock { state in
      guard state.processes[process.number] != .dead || state.isOver else { return }
      state.processes[process.number] = processState
      let all = state.runnable + state.suspended
      state.runnable = all.filter { state.processes[$0.executor.number] == .running }
      state.suspended = all.filter { state.processes[$0.executor.number] != .running }
    }
  }

  func enqueue(_ job: UnownedJob, on executor: ProcessExecutor) {
    state.withLock { state in
      let job = Job(job: job, executor: executor)
      if state.processes[executor.number] == .running {
        state.runnable.append(job)
      } else {
        state.suspended.append(job)
      }
    }
  }

  // MARK: Time

  /// Calls `fire` on the scheduler's thread after the given time, or immediately when the world has ended.
  /// Returns the number of the timer.
  @discardableResult
  func after(_ microseconds: Int64, _ fire: @escaping @Sendable () -> Void) -> Int {
    let number = state.withLock { state -> Int? in
      guard !state.isOver else { return nil }
      state.lastTimer += 1
      let timer = Timer(at: state.now + max(0, microseconds), number: state.lastTimer, fire: fire)
      var (low, high) = (0, state.timers.count)
      while low < high {
        let middle = (low + high) / 2
        if state.timers[middle].at > timer.at { low = middle + 1 } else { high = middle }
      }
      state.timers.insert(timer, at: low)
      return timer.number
    }
    guard let number else {
      fire()
      return 0
    }
    return number
  }

  /// Returns whether the timer was pending.
  func cancelTimer(_ number: Int) -> Bool {
    state.withLock { state in
      guard let index = state.timers.firstIndex(where: { $0.number == number }) else { return false }
      state.timers.remove(at: index)
      return true
    }
  }

  /// Calls `fire` between two jobs, after `count` more jobs.
  func afterJobs(_ count: Int, _ fire: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.hooks.append((state.jobCount + count, fire))
      state.hooks.sort { $0.after > $1.after }
    }
  }

  // MARK: Running

  /// Runs until `isDone` returns true or `maxJobs` jobs have run.
  func run(maxJobs: Int, until isDone: () -> Bool) -> End {
    while !isDone() {
      if let hook = dueHook() {
        hook()
      } else if let job = nextJob() {
        job.job.runSynchronously(on: job.executor.asUnownedTaskExecutor())
      } else if let timers = advanceTime() {
        for timer in timers { timer() }
      } else {
        return .deadlock
      }
      if jobCount > maxJobs { return .jobLimitReached }
    }
    return .finished
  }

  /// Ends the world: runs every task of every process, killed ones included, to its end, so that none stays
  /// in memory. Effects of these tasks are ignored.
  func unwind() {
    let timers = state.withLock { state in
      state.isOver = true
      for index in state.processes.indices { state.processes[index] = .running }
      state.runnable += state.suspended
      state.suspended = []
      state.hooks = []
      defer { state.timers = [] }
      return state.timers
    }
    for timer in timers { timer.fire() }
    _ = run(maxJobs: jobCount + 1_000_000) { false }
  }

  private func dueHook() -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard let last = state.hooks.last, last.after <= state.jobCount else { return nil }
      return state.hooks.removeLast().fire
    }
  }

  private func nextJob() -> Job? {
    state.withLock { state in
      guard !state.runnable.isEmpty else { return nil }
      // Timers that became due while jobs ran fire first.
      if let next = state.timers.last, next.at <= state.now { return nil }
      let count = state.runnable.count
      let index = count == 1 ? 0 : Int(state.random.next() % UInt64(count))
      state.digest = (state.digest ^ UInt64(count << 16 | index)) &* 0x100_0000_01b3
      if maxJobCost > 0 { state.now += Int64(state.random.next() % UInt64(maxJobCost)) }
      state.jobCount += 1
      state.runnable.swapAt(index, count - 1)
      return state.runnable.removeLast()
    }
  }

  /// Advances the time to the next timer and returns all timers that are due then; nil when none is pending.
  private func advanceTime() -> [@Sendable () -> Void]? {
    state.withLock { state in
      guard let next = state.timers.last else { return nil }
      state.now = max(state.now, next.at)
      var due: [@Sendable () -> Void] = []
      while let timer = state.timers.last, timer.at <= state.now {
        due.append(timer.fire)
        state.timers.removeLast()
      }
      return due
    }
  }
}

/// The executor of one simulated process. The scheduler runs its tasks while the process is running.
final class ProcessExecutor: TaskExecutor {
  let scheduler: TaskScheduler
  let number: Int

  fileprivate init(scheduler: TaskScheduler, number: Int) {
    self.scheduler = scheduler
    self.number = number
  }

  func enqueue(_ job: consuming ExecutorJob) { scheduler.enqueue(UnownedJob(job), on: self) }

  /// Starts a task of this process.
  @discardableResult
  func spawn(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    Task(executorPreference: self) { await work() }
  }
}
