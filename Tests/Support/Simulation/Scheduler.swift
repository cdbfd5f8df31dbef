import Synchronization

/// Runs all tasks of one world on the calling thread, one job at a time: which of the runnable jobs comes next is drawn
/// from the seed. Time stands still while jobs run, but for what each job costs, and jumps to the next timer when none
/// is runnable. Jobs of a paused process wait, those of a killed one are never run.
final class Scheduler: Sendable {
  enum End: Sendable {
    case finished
    /// Nothing can run and nobody sleeps: somebody waits for what will never come.
    case hang
    /// So many jobs were run that this will not end.
    case exhausted
  }

  private enum Life { case running, paused, dead }

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
    var held: [Job] = []
    var lives: [Life] = []
    /// Latest first.
    var timers: [Timer] = []
    var lastTimer = 0
    var now: Int64 = 0
    var jobCount = 0
    /// Sorted by the number of jobs after which they are called, highest first.
    var hooks: [(after: Int, fire: @Sendable () -> Void)] = []
    var digest: UInt64 = 0
    var isOver = false
  }

  private let state: Mutex<State>
  /// What running one job costs, in microseconds of simulated time.
  private let mostCost: Int

  init(random: SeededRandom, mostCost: Int) {
    state = Mutex(State(random: random))
    self.mostCost = mostCost
  }

  /// Microseconds since the world began.
  var now: Int64 { state.withLock { $0.now } }
  var jobCount: Int { state.withLock { $0.jobCount } }
  /// Which jobs were chosen out of how many, as one number.
  var digest: UInt64 { state.withLock { $0.digest } }
  /// Whether the world has ended, so that whoever still runs comes to an end.
  var isOver: Bool { state.withLock { $0.isOver } }

  /// A new process that runs nothing yet.
  func makeProcess() -> ProcessExecutor {
    let number = state.withLock { state in
      state.lives.append(.running)
      return state.lives.count - 1
    }
    return ProcessExecutor(scheduler: self, number: number)
  }

  func pause(_ process: ProcessExecutor) { setLife(.paused, of: process) }
  func resume(_ process: ProcessExecutor) { setLife(.running, of: process) }
  /// Whatever the process was about to do is never done.
  func kill(_ process: ProcessExecutor) { setLife(.dead, of: process) }
  func isDead(_ process: ProcessExecutor) -> Bool {
    state.withLock { $0.lives[process.number] == .dead }
  }

  private func setLife(_ life: Life, of process: ProcessExecutor) {
    state.withLock { state in
      guard state.lives[process.number] != .dead || state.isOver else { return }
      state.lives[process.number] = life
      let all = state.runnable + state.held
      state.runnable = all.filter { state.lives[$0.executor.number] == .running }
      state.held = all.filter { state.lives[$0.executor.number] != .running }
    }
  }

  func enqueue(_ job: UnownedJob, on executor: ProcessExecutor) {
    state.withLock { state in
      let job = Job(job: job, executor: executor)
      if state.lives[executor.number] == .running {
        state.runnable.append(job)
      } else {
        state.held.append(job)
      }
    }
  }

  // MARK: Time

  /// Calls `fire` on the scheduler's thread once so many microseconds have passed; at once where the world is over.
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

  /// Whether the timer was still to come.
  func cancelTimer(_ number: Int) -> Bool {
    state.withLock { state in
      guard let index = state.timers.firstIndex(where: { $0.number == number }) else { return false }
      state.timers.remove(at: index)
      return true
    }
  }

  /// Calls `fire` between two jobs, after so many more were run.
  func afterJobs(_ count: Int, _ fire: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.hooks.append((state.jobCount + count, fire))
      state.hooks.sort { $0.after > $1.after }
    }
  }

  // MARK: Running

  /// Runs until `isDone`; `mostJobs` ends what would go on for ever.
  func run(mostJobs: Int, until isDone: () -> Bool) -> End {
    while !isDone() {
      if let hook = dueHook() {
        hook()
      } else if let job = take() {
        job.job.runSynchronously(on: job.executor.asUnownedTaskExecutor())
      } else if let timers = jump() {
        for timer in timers { timer() }
      } else {
        return .hang
      }
      if jobCount > mostJobs { return .exhausted }
    }
    return .finished
  }

  /// Ends the world: lets every task of every process, also of killed ones, run to its end, so that nothing of it
  /// stays in memory. What happens meanwhile counts for nothing.
  func unwind() {
    let timers = state.withLock { state in
      state.isOver = true
      for index in state.lives.indices { state.lives[index] = .running }
      state.runnable += state.held
      state.held = []
      state.hooks = []
      defer { state.timers = [] }
      return state.timers
    }
    for timer in timers { timer.fire() }
    _ = run(mostJobs: jobCount + 1_000_000) { false }
  }

  private func dueHook() -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard let last = state.hooks.last, last.after <= state.jobCount else { return nil }
      return state.hooks.removeLast().fire
    }
  }

  private func take() -> Job? {
    state.withLock { state in
      guard !state.runnable.isEmpty else { return nil }
      // What became due while jobs ran comes first: time does not wait for a busy machine.
      if let next = state.timers.last, next.at <= state.now { return nil }
      let count = state.runnable.count
      let index = count == 1 ? 0 : Int(state.random.next() % UInt64(count))
      state.digest = (state.digest ^ UInt64(count << 16 | index)) &* 0x100_0000_01b3
      if mostCost > 0 { state.now += Int64(state.random.next() % UInt64(mostCost)) }
      state.jobCount += 1
      state.runnable.swapAt(index, count - 1)
      return state.runnable.removeLast()
    }
  }

  /// Moves time on to the next timer and returns all that are due then; nil where there is none.
  private func jump() -> [@Sendable () -> Void]? {
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

/// The executor of one simulated process: what its tasks do is run by the scheduler while the process lives.
final class ProcessExecutor: TaskExecutor {
  let scheduler: Scheduler
  let number: Int

  fileprivate init(scheduler: Scheduler, number: Int) {
    self.scheduler = scheduler
    self.number = number
  }

  func enqueue(_ job: consuming ExecutorJob) { scheduler.enqueue(UnownedJob(job), on: self) }

  /// Begins a task of this process; it runs when the scheduler does.
  @discardableResult
  func spawn(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    Task(executorPreference: self) { await work() }
  }
}
