import ContainerFakes
import ContainerSupport
import Model
import Reconciling
import ReconcilingSupport
import Synchronization

/// What happens in a world, act by act: commits, faults, meddling, kills. Runs as a task of the world itself.
final class Story: Sendable {
  let world: World
  private struct State {
    var blueprint: Blueprint
    var processes: [SimulatedProcess] = []
    var started = 0
    var faultCount = 0
    /// Whether somebody sees to it that a loop runs.
    var isSupervised = true
  }
  private let state: Mutex<State>

  init(_ world: World) {
    self.world = world
    state = Mutex(State(blueprint: world.fate.roll { Blueprint(&$0, allowsModes: !world.isOrderly) }))
  }

  /// The loop that runs now, if any does.
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
  var processes: [SimulatedProcess] { state.withLock { $0.processes } }

  func begin() {
    world.prepareSystems()
    publish("the first manifests")
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

  /// Starts loops anew some seconds after they ended, as an init system does.
  private func supervise() async {
    while (try? await world.time.sleep(Int64(world.fate.int(1...5)) * 1_000_000)) != nil {
      if state.withLock({ $0.isSupervised }), loops.count < world.replicas { startLoop() }
    }
  }

  func kill(_ process: SimulatedProcess) {
    guard !world.scheduler.isDead(process.executor), !process.hasEnded.withLock({ $0 }) else { return }
    world.say("kills \(process.name)")
    world.scheduler.kill(process.executor)
    world.rules.forget(process.executor.number)
  }

  // MARK: Acts

  func act() async {
    let span = world.fate.int(0...3) == 0 ? world.fate.int(0...30_000) : world.fate.int(0...3000)
    try? await world.time.sleep(Int64(span) * 1000)
    switch world.fate.int(1...100) {
    case 1...22: commit()
    case 23...50: addFault()
    case 51...60: endFault()
    case 61...72: world.isOrderly ? commit() : meddle()
    case 73...84: killSomething()
    case 85...88: await pauseSomething()
    case 89...91: world.setsClocks ? setClock() : commit()
    case 92...95: await applyBeside()
    case 96...98: await rollBack()
    default: restart()
    }
  }

  private func publish(_ why: String) {
    let desired = state.withLock { $0.blueprint.desired }
    world.manifests.withLock { $0 = desired }
    let names = desired.resources.map { "\($0.id)" }.joined(separator: " ")
    world.say("\(why): \(names)")
  }

  private func commit() {
    let (blueprint, count) = state.withLock { ($0.blueprint, $0.started) }
    _ = count
    let changed = world.fate.roll { random in
      var changed = blueprint
      changed.change(&random)
      return changed
    }
    state.withLock { $0.blueprint = changed }
    publish("commits")
  }

  private static let places = [
    "Fake", "Database", "PriceMap", "BackupPolicy", "Environment", "Node", "Service", "Module", "Ledger",
    "Scheduler", "engine 1",
    "engine 2", "store", "store", "events",
  ]

  private func addFault() {
    guard world.faults.all.count < 6 else { return endFault() }
    let (isOrderly, hasLateEffects) = (world.isOrderly, world.hasLateEffects)
    let number = state.withLock { state in
      state.faultCount += 1
      return state.faultCount
    }
    let fault = world.fate.roll { random in
      let place = random.pick(Story.places) ?? "Fake"
      var effects: [Fault.Effect]
      switch place {
      case "events": effects = [.lost, .doubled]
      case "store": effects = [.failsBefore, .failsAfter, .hangs]
      case "engine 1", "engine 2":
        effects = [.failsBefore, .failsAfter, .hangs, .unseen] + (hasLateEffects ? [.landsLate] : [])
      default:
        effects = [.failsBefore, .failsAfter, .hangs, .unseen, .partlySeen]
        if !isOrderly { effects.append(world.hasLies ? .lies : .stale) }
        if hasLateEffects { effects.append(.landsLate) }
      }
      return Fault(
        number: number, place: place, effect: random.pick(effects) ?? .failsBefore,
        percent: random.pick([20, 50, 100]) ?? 50)
    }
    world.faults.add(fault)
    world.say("begins \(fault)")
  }

  private func endFault() {
    let faults = world.faults.all
    guard let fault = world.fate.roll({ $0.pick(faults) }) else { return }
    world.faults.remove(fault)
    world.say("ends \(fault)")
  }

  private func meddle() {
    let (fate, world) = (world.fate, world)
    if let what = fate.roll({ world.meddle(&$0) }) { world.say("somebody \(what)") }
  }

  private func killSomething() {
    let processes = live
    guard let process = world.fate.roll({ $0.pick(processes) }) else { return }
    world.scheduler.afterJobs(world.fate.int(0...400)) { [self] in kill(process) }
  }

  private func pauseSomething() async {
    let processes = live
    guard let process = world.fate.roll({ $0.pick(processes) }) else { return }
    world.say("pauses \(process.name)")
    world.scheduler.pause(process.executor)
    try? await world.time.sleep(Int64(world.fate.int(1...60)) * 1_000_000)
    world.say("resumes \(process.name)")
    world.scheduler.resume(process.executor)
  }

  private func setClock() {
    let spans: [Int64] = [-7200, -300, -5, 5, 300, 7200, 86_400]
    let span = TimeSpan(seconds: world.fate.roll { $0.pick(spans) } ?? 5)
    world.say("sets the clock by \(span.seconds) s")
    world.time.setWallClock(by: span)
  }

  private func applyBeside() async {
    guard !world.isOrderly else { return }
    if world.fate.percent(50) { commit() }
    _ = startApply(allowances: Allowances(prune: world.fate.percent(30)))
  }

  private func rollBack() async {
    guard !world.isOrderly else { return }
    guard let newest = try? await world.store.latestRevision(of: World.environment)?.number, newest > 1 else {
      return
    }
    _ = startApply(revision: Int64(world.fate.int(1...Int(newest - 1))))
  }

  private func restart() {
    for process in loops {
      world.say("asks \(process.name) to stop")
      process.terminate()
    }
  }

  // MARK: The end

  /// Ends all faults and waits for commands under way; from here on everything must become as the last manifests say.
  func calm() async {
    world.faults.clear()
    world.systems.things.setGates([:])
    while live.contains(where: { !$0.name.hasPrefix("loop") }),
      (try? await world.time.sleep(500_000)) != nil
    {}
    let last = state.withLock { $0.blueprint }
    let mended = world.fate.roll { Blueprint(mending: last, &$0) }
    state.withLock { $0.blueprint = mended }
    world.say("ends all faults")
    publish("commits the last manifests")
  }

  /// Begins a fault that stays while something is changed.
  func beginLasting() -> Fault {
    let kinds = Set(world.manifests.withLock { $0 }.resources.map(\.id.kind)).sorted()
    let number = state.withLock { state in
      state.faultCount += 1
      return state.faultCount
    }
    let fault = world.fate.roll { random in
      Fault(
        number: number, place: random.pick(kinds + ["engine 1"]) ?? "Fake",
        effect: random.pick([.unseen, .unseen, .failsBefore, .failsBefore, .failsAfter, .hangs]) ?? .unseen,
        percent: 100)
    }
    world.faults.add(fault)
    world.say("begins \(fault), which lasts")
    commit()
    return fault
  }

  func end(_ fault: Fault) {
    world.faults.remove(fault)
    world.say("ends \(fault)")
  }

  /// What a person does who sees that a guard holds something back.
  func allow() async {
    let process = startApply(allowances: Allowances(Set(GuardRule.allCases.map { Allowance($0) })))
    while !process.hasEnded.withLock({ $0 }), (try? await world.time.sleep(500_000)) != nil {}
  }

  func stopAll() async {
    state.withLock { $0.isSupervised = false }
    for process in live {
      world.say("asks \(process.name) to stop")
      process.terminate()
    }
    while !live.isEmpty, (try? await world.time.sleep(500_000)) != nil {}
  }

  /// Starts a loop that finds what was left open, and ends it.
  func recover() async {
    let process = startLoop()
    try? await world.time.sleep(10_000_000)
    process.terminate()
    while !live.isEmpty, (try? await world.time.sleep(500_000)) != nil {}
  }

  /// A look by a new process that changes nothing.
  func prepare(_ desired: DesiredState) async throws(StoreError) -> (SimulatedPlatform, Engine.Preparation) {
    let (process, world) = (start("plan"), world)
    let platform = SimulatedPlatform(world, process)
    let engine = platform.engine { Program.note($0, world, process) }
    return (platform, try await engine.prepare(desired))
  }
}
