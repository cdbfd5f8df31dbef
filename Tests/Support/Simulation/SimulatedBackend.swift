import Model
import RandomSupport
import Reconciling
import ReconcilingSupport
import Synchronization

/// Earlier observations of each resource, for stale reads.
final class ObservationHistory<Observed: Sendable>: Sendable {
  private let observations = Mutex<[ResourceID: [(at: Int64, state: Observed?)]]>([:])
  /// The greatest age of a stale answer, in microseconds.
  private static var maxAge: Int64 { 30_000_000 }

  /// Records `state` and returns it, or an earlier one for a stale read.
  func answer(for id: ResourceID, _ state: Observed?, at time: Int64, isStale: Bool) -> Observed? {
    observations.withLock { observations in
      let earlier = (observations[id] ?? []).filter { $0.at >= time - ObservationHistory.maxAge }
      observations[id] = earlier + [(time, state)]
      return isStale ? earlier.first?.state ?? state : state
    }
  }
}

/// The backend of a kind in one process: the given backend with the active faults of its system.
struct SimulatedBackend<Inner: ResourceBackend>: ResourceBackend {
  typealias Spec = Inner.Spec
  typealias Observed = Inner.Observed
  typealias Operation = Inner.Operation

  private let inner: Inner
  private let kind: String
  private let world: World
  private let process: SimulatedProcess
  private let history: ObservationHistory<Inner.Observed>
  /// Whether the operation removes the whole resource.
  private let removes: @Sendable (Inner.Operation) -> Bool

  init(
    _ inner: Inner, _ kind: String, in world: World, for process: SimulatedProcess,
    history: ObservationHistory<Inner.Observed>,
    removes: @escaping @Sendable (Inner.Operation) -> Bool
  ) {
    self.inner = inner
    self.kind = kind
    self.world = world
    self.process = process
    self.history = history
    self.removes = removes
  }

  func observe(_ subjects: [Subject<Spec>], in context: ReconcileContext) async
    -> [ResourceID: Result<Observed?, BackendError>]
  {
    let start = world.scheduler.now
    await world.networkDelay()
    let ids = subjects.map(\.id)
    var answers: [ResourceID: Result<Observed?, BackendError>] = [:]
    if let fault = world.faults.fault(at: kind, .unobservable) {
      world.trace.record(process.name, "observes \(ids.count) × \(kind) ✗ \(fault)")
      for id in ids { answers[id] = .failure(World.error(fault, "failed to observe anything")) }
    } else {
      answers = await inner.observe(subjects, in: context)
      let partial = world.faults.all.first { $0.target == kind && $0.effect == .partlyObservable }
      let isStale = world.faults.fault(at: kind, .stale) != nil
      for id in ids {
        guard case .success(let observed)? = answers[id] else { continue }
        if let partial, world.callRandom.percent(partial.percent) {
          answers[id] = .failure(World.error(partial, "failed to observe \(id)"))
        } else {
          answers[id] = .success(history.answer(for: id, observed, at: world.scheduler.now, isStale: isStale))
        }
      }
      world.trace.record(process.name, "observes \(ids.count) × \(kind)\(isStale ? ", stale" : "")")
    }
    let unobserved = ids.filter { if case .success? = answers[$0] { false } else { true } }
    world.invariants.recordObservation(
      by: process.executor.number, of: ids, unobserved: Set(unobserved), since: start)
    await world.networkDelay()
    return answers
  }

  func apply(_ operation: Operation, to subject: Subject<Spec>, in context: ReconcileContext)
    async throws(BackendError)
  {
    let (id, number) = (subject.id, process.executor.number)
    guard !world.scheduler.isOver else { throw World.error(nil, "the world has ended") }
    world.invariants.beginStep(
      number, id, removes: removes(operation),
      holder: await world.holder(of: id, in: context.environment))
    await checkIntent(of: id, in: context.environment)
    defer { world.invariants.endStep(number, id) }
    if let fault = world.faults.fault(at: kind, .falseSuccess) {
      return world.trace.record(process.name, "\(id) \(World.name(of: operation)) ✗ \(fault)")
    }
    let inner = inner
    try await world.call(kind, "\(id) \(World.name(of: operation))", by: process.name) {
      await SimulatedBackend.attempt(inner, operation, subject, context)
    }
  }

  private static func attempt(
    _ inner: Inner, _ operation: Operation, _ subject: Subject<Spec>, _ context: ReconcileContext
  ) async -> Result<Void, BackendError> {
    do throws(BackendError) {
      try await inner.apply(operation, to: subject, in: context)
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  /// Checks that the journal holds an intent for the step.
  private func checkIntent(of id: ResourceID, in environment: String) async {
    let entries = try? await world.store.journal(of: environment, id: id, limit: 6)
    // A controller that starts closes the open intents of others as interrupted.
    let isOpen = entries?.contains { $0.outcome == nil || $0.outcome == .interrupted } ?? false
    if !isOpen { world.invariants.violate("\(id) is changed without an open intent in the journal") }
  }

  var system: String { inner.system }
  var observationDeadline: TimeSpan { inner.observationDeadline }
  func deadline(of operation: Operation, for subject: Subject<Spec>) -> TimeSpan {
    inner.deadline(of: operation, for: subject)
  }

  func identity(of observed: Observed) -> DataIdentity? { inner.identity(of: observed) }

  func health(of subject: Subject<Spec>, observed: Observed, in context: ReconcileContext) -> Health {
    inner.health(of: subject, observed: observed, in: context)
  }
}

extension World {
  /// The process that holds the lease of a resource.
  func holder(of id: ResourceID, in environment: String) async -> Int? {
    guard let table = try? await store.leases(of: environment).table,
      let name = table[KeyRange(of: id)].holder
    else { return nil }
    return processes.withLock { $0[name] }?.executor.number
  }

  /// Whether the process of a replica has ended, as far as other processes of its machine can observe.
  func isGone(_ replica: ControllerReplica) -> Bool {
    guard isOneMachine, let process = processes.withLock({ $0[replica.name] }) else { return false }
    return scheduler.isDead(process.executor) || process.hasEnded.withLock { $0 }
  }

  /// The name of an operation without its associated values.
  static func name(of operation: some Sendable) -> String {
    let text = "\(operation)"
    return String(text.prefix { $0 != "(" }.split(separator: ".").last ?? "")
  }
}
