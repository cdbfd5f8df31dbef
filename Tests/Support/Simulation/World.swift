import Model
import Reconciling
import ReconcilingSupport
import Synchronization

/// Everything that outlives a controller: time, the systems outside, the state store, the manifests, and who watches
/// that no rule is broken.
final class World: Sendable {
  let scheduler: Scheduler
  let time: SimulatedTime
  let trace: Trace
  let faults: FaultBoard
  let rules: Rules
  let store: MemoryStateStore
  /// What the world draws while it answers calls.
  let dice: Dice
  /// What the story draws.
  let fate: Dice
  /// The world's own process, which is never killed.
  let process: ProcessExecutor
  let manifests: Mutex<DesiredState>
  let systems: Systems
  let pasts = Pasts()
  /// All that ever ran, by name.
  let processes = Mutex<[String: SimulatedProcess]>([:])
  /// Whether nothing happens in this world by which what a controller knows can be wrong through no fault of its own,
  /// so that order can be insisted on.
  let isOrderly: Bool
  /// How many loops run at once.
  let replicas: Int
  /// Whether processes can look whether others still run.
  let isOneMachine: Bool
  /// Whether calls may take effect long after everybody stopped waiting for them.
  let hasLateEffects: Bool
  /// Whether somebody sets the clocks. How long late effects and looks at the past are reckoned with is told by clocks, so
  /// worlds have either.
  var setsClocks: Bool { !hasLateEffects && (isOrderly || hasLies) }
  /// Whether systems may say that something was done that was not. They answer no looks from memory then: with both,
  /// nobody could know anything.
  let hasLies: Bool
  private let secrets: [String: String]

  static let environment = "dev"
  static let owner = "sim"

  init(seed: UInt64, keepsLines: Bool) {
    var random = SeededRandom(seed: seed)
    let order = random.fork()
    // Some machines are fast, on others a job takes milliseconds.
    let cost = random.pick([0, 200, 2000]) ?? 0
    let scheduler = Scheduler(random: order, mostCost: cost)
    self.scheduler = scheduler
    time = SimulatedTime(scheduler)
    trace = Trace(keepsLines: keepsLines, now: { scheduler.now })
    dice = Dice(random.fork())
    fate = Dice(random.fork())
    faults = FaultBoard(Dice(random.fork()))
    rules = Rules(trace)
    isOrderly = random.percent(30)
    let time = time
    store = MemoryStateStore(name: "simulated", clock: { time.steady })
    replicas = isOrderly ? 1 : random.pick([1, 1, 2, 2, 3]) ?? 1
    hasLateEffects = !isOrderly && random.percent(50)
    hasLies = !isOrderly && random.percent(30)
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

  /// Whether a text holds a secret's value.
  func betrays(_ text: String) -> Bool { secrets.values.contains { text.contains($0) } }

  func say(_ text: String) { trace.note("world", text) }

  /// Waits as a call over a wire does.
  func wire() async {
    guard dice.percent(70) else { return }
    try? await time.sleep(Int64(dice.int(0...200_000)))
  }

  /// A call of `who` to an outside system that changes something, with whatever is wrong with that system now. Once it
  /// is on its way it lands, even when the caller is killed.
  func call<Output: Sendable>(
    _ place: String, _ what: String, by who: String,
    _ effect: @escaping @Sendable () async -> Result<Output, BackendError>
  ) async throws(BackendError) -> Output {
    await wire()
    let fault = faults.strike(place, .failsBefore, .failsAfter, .landsLate, .hangs)
    trace.note(who, fault.map { "\(what) ✗ \($0)" } ?? what)
    switch fault?.effect {
    case .failsBefore?: throw World.error(fault, "refused: \(what)")
    case .failsAfter?:
      _ = await effect()
      await wire()
      throw World.error(fault, "broke off during: \(what)")
    case .landsLate?:
      let delay = Int64(dice.int(100...20_000)) * 1000
      process.spawn { [self] in
        guard (try? await time.sleep(delay)) != nil else { return }
        trace.note("late", what)
        _ = await effect()
      }
      try? await time.sleep(Int64(dice.int(1...5000)) * 1000)
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
    await wire()
    return try result.get()
  }

  static func error(_ fault: Fault?, _ text: String) -> BackendError {
    BackendError(code: "simulated.fault", "\(fault?.mark ?? "a fault") \(text)", hint: "end the fault")
  }
}
