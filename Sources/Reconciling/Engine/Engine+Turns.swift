internal import Model

extension Engine {
  /// How long those that were seen wait for kinds that have not answered.
  private static let patience = TimeSpan(milliseconds: 400)

  private enum Signal: Sendable {
    case seen([ResourceID: Result<Observation, BackendError>])
    case patienceEnded
    case worked(StoreError?)
  }

  /// The same as `prepare` for a part of the resources, in turns: usually one; where a kind does not answer, those that
  /// have to do with none of its resources go first.
  /// - Parameters:
  ///   - leaving: as for `prepare`.
  ///   - work: given each turn as soon as it is planned; turns may run at the same time.
  func prepareInBatches(
    _ desired: DesiredState, revision: Int64, scope: Set<ResourceID>, leaving: Set<ResourceID>,
    allowances: Allowances = Allowances(),
    work: @escaping @Sendable (Preparation) async -> StoreError?
  ) async throws(StoreError) {
    let inventory = try await inventory(for: desired, scope, leaving)
    let left = inventory.values.map(\.resource).filter { desired[$0.id] == nil }.sorted { $0.id < $1.id }
    let context = context(for: desired, leaving: left)
    let subjects = subjects(of: desired, inventory, scope)
    progress(.observing(count: subjects.count))
    var turns = Batches(scope: scope, subjects: subjects)
    let failure = await withTaskGroup(of: Signal.self) { group -> StoreError? in
      for (backend, subjects) in questions(about: subjects.values) {
        turns.wait(for: subjects.lazy.map(\.id))
        group.addTask {
          .seen(await Observing(backend: backend, time: time, tell: tell).observe(subjects, in: context))
        }
      }
      group.addTask {
        _ = try? await time.sleep(Engine.patience)
        return .patienceEnded
      }
      var (failure, isPatient, working): (StoreError?, Bool, Int) = (nil, true, 0)
      func begin() {
        guard let turn = turns.next(mayLeaveSomeOut: !isPatient) else { return }
        working += 1
        group.addTask { [turns] in
          let observations = turns.observations.filter { turn.contains($0.key) }
          let part = turn.count == scope.count ? subjects : subjects.filter { turn.contains($0.key) }
          return .worked(
            await work(
              decide(
                desired, revision, inventory, turn, allowances, part, observations: observations, context)))
        }
      }
      begin()
      while working > 0 || !turns.isOver, let signal = await group.next() {
        switch signal {
        case .seen(let observations): turns.take(observations)
        case .patienceEnded: isPatient = false
        case .worked(let error):
          working -= 1
          failure = failure ?? error
        }
        begin()
      }
      group.cancelAll()
      return failure
    }
    if let failure { throw failure }
  }
}

/// Which resources of a pass can be planned, while some are still being looked at. A value.
struct Batches: Sendable {
  private(set) var observations: [ResourceID: Result<Observation, BackendError>] = [:]
  private var left: Set<ResourceID>
  private var unseen: Set<ResourceID> = []
  private let subjects: [ResourceID: AnySubject]

  init(scope: Set<ResourceID>, subjects: [ResourceID: AnySubject]) {
    left = scope
    self.subjects = subjects
  }

  mutating func wait(for ids: some Sequence<ResourceID>) { unseen.formUnion(ids) }

  mutating func take(_ seen: [ResourceID: Result<Observation, BackendError>]) {
    observations.merge(seen) { _, new in new }
    unseen.subtract(seen.keys)
  }

  /// Whether everything has had its turn.
  var isOver: Bool { left.isEmpty }

  /// Takes the next turn; nil when there is none now. It may leave out what nobody has seen yet, with everything that
  /// is or was built on that.
  mutating func next(mayLeaveSomeOut: Bool) -> Set<ResourceID>? {
    guard !left.isEmpty else { return nil }
    var turn = left
    if !unseen.isEmpty {
      guard mayLeaveSomeOut else { return nil }
      turn.subtract(held)
      guard !turn.isEmpty else { return nil }
    }
    left.subtract(turn)
    return turn
  }

  /// What is not seen, with what refers to it, directly or not; and what leaves, for which others may have to go first.
  private var held: Set<ResourceID> {
    var dependents: [ResourceID: [ResourceID]] = [:]
    for (id, subject) in subjects {
      let targets = (subject.desired?.references ?? []) + (subject.lastApplied?.references ?? [])
      for target in targets { dependents[target.target, default: []].append(id) }
    }
    var held: Set<ResourceID> = []
    var next = Array(unseen)
    while let id = next.popLast() {
      guard held.insert(id).inserted else { continue }
      next += dependents[id] ?? []
    }
    return held
  }
}
