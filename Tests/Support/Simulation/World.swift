import Model
import RandomSupport
import Reconciling
import ReconcilingSupport
import Synchronization

/// Everything that outlives a controller: time, the systems outside, the state store, the manifests and the
/// check of the invariants.
final class World: Sendable {
  let scheduler: TaskScheduler
  let time: SimulatedTime
  let trace: Trace
  let faults: FaultInjector
  let invariants: Invariants
  let store: MemoryStateStore
  /// The random numbers of calls.
  let callRandom: SharedRandom
  /// The random numbers of the scenario.
  let scenarioRandom: SharedRandom
  /// The world's own process, which is never killed.
  let process: ProcessExecutor
  let manifests: Mutex<DesiredState>
  let systems: Systems
  let histories = ObservationHistories()
  /// Whether an operator accepted the loss of ledgers with entries.
  let acceptsLoss = Mutex(false)
  /// All processes that were ever started, by name.
  let processes = Mutex<[String: SimulatedProcess]>([:])
  /// Whether no drift and no stale observation happens in this world, so that the order of steps can be
  /// checked.
  let checksOrder: Bool
  /// The number of loops that run at once.
  let replicas: Int
  /// Whether processes can observe the exit of other processes.
  let isOneMachine: Bool
  /// Whether calls may take effect long after their deadline.
  let hasLateEffects: Bool
  /// Whether wall clocks are set. The engine measures by the wall clock how long late effects and stale
  /// observations are possible, so a world has either.
  var setsClocks: Bool { !hasLateEffects && (checksOrder || hasFalseSuccess) }
  /// Whether systems may report success without an effect. Their observations are never stale then: with
  /// both, a controller could not learn the state of a system.
  let hasFalseSuccess: Bool
  private let secrets: [String: String]

  static let environment = "dev"
  static let owner = "sim"

  /// The owner that the marks of a resource's things name.
  static func mark(of id: ResourceID) -> Owner {
    Owner(controller: owner, environment: environment, resource: id)
  }

  init(seed: UInt64, keepsLines: Bool) {
    var random = SeededRandom(seed: seed)
    let order = random.fork()
    // On fast machines a job costs no time, on others milliseconds.
    let cost = random.pick([0, 200, 2000]) ?? 0
    let scheduler = TaskScheduler(random: order, maxJobCost: cost)
    self.scheduler = scheduler
    time = SimulatedTime(scheduler)
    trace = Trace(keepsLines: keepsLines, now: { scheduler.now })
    callRandom = SharedRandom(random.fork())
    scenarioRandom = SharedRandom(random.fork())
    faults = FaultInjector(SharedRandom(random.fork()))
    invariants = Invariants(trace)
    checksOrder = random.percent(30)
    let time = time
    store = MemoryStateStore(name: "simulated", clock: { time.steady })
    replicas = checksOrder ? 1 : random.pick([1, 1, 2, 2, 3]) ?? 1
    hasLateEffects = !checksOrder && random.percent(50)
    hasFalseSuccess = !checksOrder && random.percent(30)
    isOneMachine = random.percent(50)
    process = scheduler.makeProcess()
    manifests = Mutex(DesiredState(environment: World.environment, allowsMockGPUs: true, resources: []))
    secrets = Dictionary(
      uniqueKeysWithValues: World.secretNames.map { ($0, "hush-\(String(random.next(), radix: 36))") })
    systems = Systems()
  }

  static let secretNames = ["TOKEN", "PASSWORD"]

  func secret(_ reference: SecretReference) throws(BackendError) -> Secret {
    guard case .environment(let name) = reference, let value = secrets[name] else {
      throw BackendError(code: "secret.missing", "\(reference) is not set", retry: .afterChange)
    }
    return Secret(value)
  }

  /// Whether the text contains the value of a secret.
  func containsSecret(_ text: String) -> Bool { secrets.values.contains { text.contains($0) } }

  func log(_ text: String) { trace.record("world", text) }

  /// Waits for the latency of a network call.
  func networkDelay() async {
    guard callRandom.percent(70) else { return }
    try? await time.sleep(Int64(callRandom.int(0...200_000)))
  }

  /// A call that changes a system, subject to its active faults. Once it was sent it takes effect, even when
  /// the caller is killed.
  /// - Parameter process: the name of the calling process.
  func call<Output: Sendable>(
    _ target: String, _ what: String, by process: String,
    _ effect: @escaping @Sendable () async -> Result<Output, BackendError>
  ) async throws(BackendError) -> Output {
    await networkDelay()
    let fault = faults.fault(at: target, .failsBefore, .failsAfter, .takesEffectLate, .hangs)
    trace.record(process, fault.map { "\(what) ✗ \($0)" } ?? what)
    switch fault?.effect {
    case .failsBefore?: throw World.error(fault, "refused: \(what)")
    case .failsAfter?:
      _ = await effect()
      await networkDelay()
      throw World.error(fault, "broke off during: \(what)")
    case .takesEffectLate?:
      let delay = Int64(callRandom.int(100...20_000)) * 1000
      self.process.spawn { [self] in
        guard (try? await time.sleep(delay)) != nil else { return }
        trace.record("late", what)
        _ = await effect()
      }
      try? await time.sleep(Int64(callRandom.int(1...5000)) * 1000)
      throw BackendError(
        code: "simulated.timedOut", "\(fault?.mark ?? "a fault") timed out: \(what)", hint: "end the fault",
        effect: .uncertain)
    case .hangs?:
      if let fault {
        while faults.isActive(fault), (try? await time.sleep(1_000_000)) != nil {}
        throw World.error(fault, "never answered: \(what)")
      }
    default: break
    }
    let result = await effect()
    await networkDelay()
    return try result.get()
  }

  static func error(_ fault: Fault?, _ text: String) -> BackendError {
    BackendError(code: "simulated.fault", "\(fault?.mark ?? "a fault") \(text)", hint: "end the fault")
  }
}
