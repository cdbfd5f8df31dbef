import ContainerFakes
import ContainerSupport
import Model
import RandomSupport
import Reconciling
import ReconcilingSupport
import Synchronization

/// The actions in a world: commits, faults, drift and kills. Runs as a task of the world's own process.
final class Scenario: Sendable {
  let world: World
  private struct State {
    var manifestGenerator: ManifestGenerator
    var processes: [SimulatedProcess] = []
    var started = 0
    var faultCount = 0
    /// Whether loops that ended are restarted.
    var isSupervised = true
  }
  private let state: Mutex<State>

  init(_ world: World) {
    self.world = world
    state = Mutex(
      State(
        manifestGenerator: world.scenarioRandom.draw {
          ManifestGenerator(&$0, allowsModes: !world.checksOrder)
        }))
  }

  /// The running loops.
  private var loops: [SimulatedProcess] {
    state.withLock { $0.processes }.filter {
      $0.name.hasPrefix("loop") && !$0.hasEnded.withLock { $0 } && !world.scheduler.isDead($0.executor)
    }
  }
  private var live: [SimulatedProcess] {
    state.withLock { $0.processes }.filter {
      !$0.hasEnded.withLock { $0 } && !world.scheduler.isDead($0.executor)
    }
  }

  func start() {
    world.prepareSystems()
    publish("commits the first manifests")
    startLoop()
    world.process.spawn { [self] in await supervise() }
  }

  // MARK: Programs

  private func start(_ kind: String) -> SimulatedProcess {
    let number = state.withLock { state in
      state.started += 1
      return state.started
    }
    let process = SimulatedProcess("\(kind) \(number)", world.scheduler.makeProcess())
    state.withLock { $0.processes.append(process) }
    world.processes.withLock { $0[process.name] = process }
    return process
  }

  @discardableResult
  private func startLoop() -> SimulatedProcess {
    let process = start("loop")
    let program = LoopProgram(world: world, process: process)
    process.run { await program.run() }
    return process
  }

  private func startApply(revision: Int64? = nil, allowances: Allowances = Allowances()) -> SimulatedProcess {
    let process = start(revision == nil ? "apply" : "rollback")
    let program = ApplyProgram(world: world, process: process, revision: revision, allowances: allowances)
    process.run { await program.run() }
    return process
  }

  /// Restarts loops some seconds after they ended, as an init system does.
  private func supervise() async {
    while (try? await world.time.sleep(Int64(world.scenarioRandom.int(1...5)) * 1_000_000)) != nil {
      if state.withLock({ $0.isSupervised }), loops.count < world.replicas { startLoop() }
    }
  }

  func kill(_ process: SimulatedProcess) {
    guard !world.scheduler.isDead(process.executor), !process.hasEnded.withLock({ $0 }) else { return }
    world.log("kills \(process.name)")
    world.scheduler.kill(process.executor)
    world.invariants.forget(process.executor.number)
  }

  // MARK: Actions

  func performAction() async {
    let span =
      world.scenarioRandom.int(0...3) == 0
      ? world.scenarioRandom.int(0...30_000) : world.scenarioRandom.int(0...3000)
    try? await world.time.sleep(Int64(span) * 1000)
    switch world.scenarioRandom.int(1...100) {
    case 1...22: commit()
    case 23...50: addFault()
    case 51...60: endFault()
    case 61...72: world.checksOrder ? commit() : introduceDrift()
    case 73...84: killProcess()
    case 85...88: await pauseProcess()
    case 89...91: world.setsClocks ? setClock() : commit()
    case 92...95: await applyConcurrently()
    case 96...98: await rollBack()
    default: restart()
    }
  }

  private func publish(_ why: String) {
    let desired = state.withLock { $0.manifestGenerator.desired }
    world.manifests.withLock { $0 = desired }
    let names = desired.resources.map { "\($0.id)" }.joined(separator: " ")
    world.log("\(why): \(names)")
  }

  private func commit() {
    let manifestGenerator = state.withLock { $0.manifestGenerator }
    let changed = world.scenarioRandom.draw { random in
      var changed = manifestGenerator
      changed.change(&random)
      return changed
    }
    state.withLock { $0.manifestGenerator = changed }
    publish("commits")
  }

  private static let targets = [
    "Fake", "Database", "PriceMap", "BackupPolicy", "Environment", "Node", "Service", "Module", "Ledger",
    "Scheduler", "engine 1",
    "engine 2", "store", "store", "events",
  ]

  private func addFault() {
    guard world.faults.all.count < 6 else { return endFault() }
    let (checksOrder, hasLateEffects) = (world.checksOrder, world.hasLateEffects)
    let number = state.withLock { state in
      state.faultCount += 1
      return state.faultCount
    }
    let fault = world.scenarioRandom.draw { random in
      let target = random.pick(Scenario.targets) ?? "Fake"
      var effects: [Fault.Effect]
      switch target {
      case "events": effects = [.lost, .duplicated]
      case "store": effects = [.failsBefore, .failsAfter, .hangs]
      case "engine 1", "engine 2":
        effects =
          [.failsBefore, .failsAfter, .hangs, .unobservable] + (hasLateEffects ? [.takesEffectLate] : [])
      default:
        effects = [.failsBefore, .failsAfter, .hangs, .unobservable, .partlyObservable]
        if !checksOrder { effects.append(world.hasFalseSuccess ? .falseSuccess : .stale) }
        if hasLateEffects { effects.append(.takesEffectLate) }
      }
      return Fault(
        number: number, target: target, effect: random.pick(effects) ?? .failsBefore,
        percent: random.pick([20, 50, 100]) ?? 50)
    }
    world.faults.add(fault)
    world.log("begins \(fault)")
  }

  private func endFault() {
    let faults = world.faults.all
    guard let fault = world.scenarioRandom.draw({ $0.pick(faults) }) else { return }
    world.faults.remove(fault)
    world.log("ends \(fault)")
  }

  private func introduceDrift() {
    let (scenarioRandom, world) = (world.scenarioRandom, world)
    if let what = scenarioRandom.draw({ world.introduceDrift(&$0) }) { world.log("drift: \(what)") }
  }

  private func killProcess() {
    let processes = live
    guard let process = world.scenarioRandom.draw({ $0.pick(processes) }) else { return }
    world.scheduler.afterJobs(world.scenarioRandom.int(0...400)) { [self] in kill(process) }
  }

  private func pauseProcess() async {
    let processes = live
    guard let process = world.scenarioRandom.draw({ $0.pick(processes) }) else { return }
    world.log("pauses \(process.name)")
    world.scheduler.pause(process.executor)
    try? await world.time.sleep(Int64(world.scenarioRandom.int(1...60)) * 1_000_000)
    world.log("resumes \(process.name)")
    world.scheduler.resume(process.executor)
  }

  private func setClock() {
    let spans: [Int64] = [-7200, -300, -5, 5, 300, 7200, 86_400]
    let span = TimeSpan(seconds: world.scenarioRandom.draw { $0.pick(spans) } ?? 5)
    world.log("sets the clock by \(span.seconds) s")
    world.time.setWallClock(by: span)
  }

  private func applyConcurrently() async {
    guard !world.checksOrder else { return }
    if world.scenarioRandom.percent(50) { commit() }
    _ = startApply(allowances: Allowances(prune: world.scenarioRandom.percent(30)))
  }

  private func rollBack() async {
    guard !world.checksOrder else { return }
    guard let newest = try? await world.store.latestRevision(of: World.environment)?.number, newest > 1 else {
      return
    }
    _ = startApply(revision: Int64(world.scenarioRandom.int(1...Int(newest - 1))))
  }

  private func restart() {
    for process in loops {
      world.log("asks \(process.name) to stop")
      process.terminate()
    }
  }

  // MARK: Convergence

  /// Waits for running commands, ends all faults and commits the manifests that the world must converge to.
  func endFaults() async {
    world.faults.clear()
    world.systems.fakes.setGates([:])
    while live.contains(where: { !$0.name.hasPrefix("loop") }),
      (try? await world.time.sleep(500_000)) != nil
    {}
    let last = state.withLock { $0.manifestGenerator }
    let corrected = world.scenarioRandom.draw { ManifestGenerator(correcting: last, &$0) }
    state.withLock { $0.manifestGenerator = corrected }
    world.log("ends all faults")
    publish("commits the last manifests")
  }

  /// Begins a fault that lasts while manifests change.
  func beginLastingFault() -> Fault {
    let kinds = Set(world.manifests.withLock { $0 }.resources.map(\.id.kind)).sorted()
    let number = state.withLock { state in
      state.faultCount += 1
      return state.faultCount
    }
    let fault = world.scenarioRandom.draw { random in
      Fault(
        number: number, target: random.pick(kinds + ["engine 1"]) ?? "Fake",
        effect: random.pick([.unobservable, .unobservable, .failsBefore, .failsBefore, .failsAfter, .hangs])
          ?? .unobservable,
        percent: 100)
    }
    world.faults.add(fault)
    world.log("begins \(fault), which lasts")
    commit()
    return fault
  }

  func end(_ fault: Fault) {
    world.faults.remove(fault)
    world.log("ends \(fault)")
  }

  /// Applies with all allowances, as an operator does when a guard blocks a change.
  func applyWithAllowances() async {
    world.acceptsLoss.withLock { $0 = true }
    defer { world.acceptsLoss.withLock { $0 = false } }
    let process = startApply(allowances: Allowances(Set(GuardRule.allCases.map { Allowance($0) })))
    while !process.hasEnded.withLock({ $0 }), (try? await world.time.sleep(500_000)) != nil {}
  }

  func stopAll() async {
    state.withLock { $0.isSupervised = false }
    for process in live {
      world.log("asks \(process.name) to stop")
      process.terminate()
    }
    while !live.isEmpty, (try? await world.time.sleep(500_000)) != nil {}
  }

  /// Starts a loop that closes open intents, then stops it.
  func recover() async {
    let process = startLoop()
    try? await world.time.sleep(10_000_000)
    process.terminate()
    while !live.isEmpty, (try? await world.time.sleep(500_000)) != nil {}
  }

  /// Prepares a plan in a new process without executing it.
  func prepare(_ desired: DesiredState) async throws(StoreError) -> (SimulatedPlatform, Engine.Preparation) {
    let (process, world) = (start("plan"), world)
    let platform = SimulatedPlatform(world, process)
    let engine = platform.engine { Program.record($0, world, process) }
    return (platform, try await engine.prepare(desired))
  }
}
