import Model
import Reconciling
import ReconcilingSupport
import Synchronization

/// What was seen of each resource before, for reads that answer from an earlier time.
final class Past<Observed: Sendable>: Sendable {
  private let seen = Mutex<[ResourceID: [(at: Int64, state: Observed?)]]>([:])
  /// How old a stale answer may be, in microseconds.
  private static var oldest: Int64 { 30_000_000 }

  /// What is seen at a time: `state`, or what it was a while ago.
  func look(_ id: ResourceID, _ state: Observed?, at time: Int64, isStale: Bool) -> Observed? {
    seen.withLock { seen in
      let earlier = (seen[id] ?? []).filter { $0.at >= time - Past.oldest }
      seen[id] = earlier + [(time, state)]
      return isStale ? earlier.first?.state ?? state : state
    }
  }
}

/// The backend of a kind as one process has it: the given one, with whatever is wrong now with the system behind it.
struct SimulatedBackend<Inner: ResourceBackend>: ResourceBackend {
  typealias Spec = Inner.Spec
  typealias Observed = Inner.Observed
  typealias Operation = Inner.Operation

  private let inner: Inner
  private let kind: String
  private let world: World
  private let process: SimulatedProcess
  private let past: Past<Inner.Observed>
  /// Whether the operation takes the whole resource out of the world.
  private let removes: @Sendable (Inner.Operation) -> Bool

  init(
    _ inner: Inner, _ kind: String, in world: World, for process: SimulatedProcess,
    past: Past<Inner.Observed>,
    removes: @escaping @Sendable (Inner.Operation) -> Bool
  ) {
    self.inner = inner
    self.kind = kind
    self.world = world
    self.process = process
    self.past = past
    self.removes = removes
  }

  func observe(_ subjects: [Subject<Spec>], in context: ReconcileContext) async
    -> [ResourceID: Result<Observed?, BackendError>]
  {
    let start = world.scheduler.now
    await world.wire()
    let ids = subjects.map(\.id)
    var answers: [ResourceID: Result<Observed?, BackendError>] = [:]
    if let fault = world.faults.strike(kind, .unseen) {
      world.trace.note(process.name, "looks at \(ids.count) × \(kind) ✗ \(fault)")
      for id in ids { answers[id] = .failure(World.error(fault, "shows nothing")) }
    } else {
      answers = await inner.observe(subjects, in: context)
      let partly = world.faults.all.first { $0.place == kind && $0.effect == .partlySeen }
      let isStale = world.faults.strike(kind, .stale) != nil
      for id in ids {
        guard case .success(let observed)? = answers[id] else { continue }
        if let partly, world.dice.percent(partly.percent) {
          answers[id] = .failure(World.error(partly, "does not show \(id)"))
        } else {
          answers[id] = .success(past.look(id, observed, at: world.scheduler.now, isStale: isStale))
        }
      }
      world.trace.note(process.name, "looks at \(ids.count) × \(kind)\(isStale ? ", as they were" : "")")
    }
    let unseen = ids.filter { if case .success? = answers[$0] { false } else { true } }
    world.rules.looked(process.executor.number, at: ids, unseen: Set(unseen), since: start)
    await world.wire()
    return answers
  }

  func apply(_ operation: Operation, to subject: Subject<Spec>, in context: ReconcileContext)
    async throws(BackendError)
  {
    let (id, number) = (subject.id, process.executor.number)
    guard !world.scheduler.isOver else { throw World.error(nil, "the world is over") }
    world.rules.begin(number, id, removes: removes(operation), holder: await world.holder(of: id))
    await checkIntent(of: id)
    defer { world.rules.end(number, id) }
    if let fault = world.faults.strike(kind, .lies) {
      return world.trace.note(process.name, "\(id) \(World.name(of: operation)) ✗ \(fault)")
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

  /// Nothing is executed before it stands in the journal.
  private func checkIntent(of id: ResourceID) async {
    let entries = try? await world.store.journal(of: World.environment, id: id, limit: 6)
    // Another controller that starts marks it as interrupted, because it cannot know better.
    let isOpen = entries?.contains { $0.outcome == nil || $0.outcome == .interrupted } ?? false
    if !isOpen { world.rules.violate("\(id) is changed without an open intent in the journal") }
  }

  var system: String { inner.system }
  var observationDeadline: TimeSpan { inner.observationDeadline }
  func deadline(of operation: Operation, for subject: Subject<Spec>) -> TimeSpan {
    inner.deadline(of: operation, for: subject)
  }

  func health(of subject: Subject<Spec>, observed: Observed, in context: ReconcileContext) -> Health {
    inner.health(of: subject, observed: observed, in: context)
  }
}

extension World {
  /// The process that holds the lease of a resource.
  func holder(of id: ResourceID) async -> Int? {
    guard let table = try? await store.leases(of: World.environment).table,
      let name = table[KeyRange(of: id)].holder
    else { return nil }
    return processes.withLock { $0[name] }?.executor.number
  }

  /// Whether the process of a replica has ended, as whoever runs on the same machine can see.
  func isGone(_ replica: Replica) -> Bool {
    guard isOneMachine, let process = processes.withLock({ $0[replica.name] }) else { return false }
    return scheduler.isDead(process.executor) || process.hasEnded.withLock { $0 }
  }

  /// The name of an operation, without what it holds.
  static func name(of operation: some Sendable) -> String {
    let text = "\(operation)"
    return String(text.prefix { $0 != "(" }.split(separator: ".").last ?? "")
  }
}
