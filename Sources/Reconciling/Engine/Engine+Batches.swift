internal import Model

extension Engine {
  /// How long observed resources wait for kinds that have not answered.
  private static let observationGracePeriod = TimeSpan(milliseconds: 400)

  private enum Signal: Sendable {
    case observed([ResourceID: Result<Observation, BackendError>])
    case gracePeriodEnded
    case worked(StoreError?)
  }

  /// Does the same as `prepare` for a scope, in batches: usually one. While a kind does not answer, the
  /// resources that do not depend on it come first.
  /// - Parameters:
  ///   - leaving: As for `prepare`.
  ///   - work: Called with each batch as soon as it is planned. Batches may run at the same time.
  func prepareInBatches(
    _ desired: DesiredState, revision: Int64, scope: Set<ResourceID>, leaving: Set<ResourceID>,
    allowances: Allowances = Allowances(),
    work: @escaping @Sendable (Preparation) async -> StoreError?
  ) async throws(StoreError) {
    let inventory = try await inventory(for: desired, scope, leaving)
    let ownership = try await store.ownership()
    let left = self.leaving(desired, inventory)
    let moves = moves(to: desired, inventory, left, scope, ownership)
    let context = context(for: desired, leaving: left, ownership, moves)
    let subjects = subjects(of: desired, inventory, scope, moves)
    progress(.observing(count: subjects.count))
    var batches = Batches(scope: scope, subjects: subjects)
    let failure = await withTaskGroup(of: Signal.self) { group -> StoreError? in
      for (call, subjects) in observationCalls(for: subjects.values) {
        batches.wait(for: subjects.lazy.map(\.id))
        group.addTask { .observed(await call.observe(subjects, in: context)) }
      }
      group.addTask {
        _ = try? await time.sleep(Engine.observationGracePeriod)
        return .gracePeriodEnded
      }
      var (failure, waitsForAll, working): (StoreError?, Bool, Int) = (nil, true, 0)
      func begin() {
        guard let batch = batches.next(allowsPartial: !waitsForAll) else { return }
        working += 1
        group.addTask { [batches] in
          let observations = batches.observations.filter { batch.contains($0.key) }
          let part = batch.count == scope.count ? subjects : subjects.filter { batch.contains($0.key) }
          return .worked(
            await work(
              plan(
                desired, revision, inventory, batch, allowances, part, observations: observations, context)))
        }
      }
      begin()
      while working > 0 || !batches.isEmpty, let signal = await group.next() {
        switch signal {
        case .observed(let observations): batches.add(observations)
        case .gracePeriodEnded: waitsForAll = false
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

/// The resources of a pass that can be planned while others are still being observed. A value.
struct Batches: Sendable {
  private(set) var observations: [ResourceID: Result<Observation, BackendError>] = [:]
  private var remaining: Set<ResourceID>
  private var unobserved: Set<ResourceID> = []
  private let subjects: [ResourceID: AnySubject]

  init(scope: Set<ResourceID>, subjects: [ResourceID: AnySubject]) {
    remaining = scope
    self.subjects = subjects
  }

  mutating func wait(for ids: some Sequence<ResourceID>) { unobserved.formUnion(ids) }

  mutating func add(_ observed: [ResourceID: Result<Observation, BackendError>]) {
    observations.merge(observed) { _, new in new }
    unobserved.subtract(observed.keys)
  }

  /// Whether every resource was part of a batch.
  var isEmpty: Bool { remaining.isEmpty }

  /// Takes the next batch; nil when there is none now.
  /// - Parameter allowsPartial: Whether resources that are not observed yet, and those that depend on them,
  ///   may be left for a later batch.
  mutating func next(allowsPartial: Bool) -> Set<ResourceID>? {
    guard !remaining.isEmpty else { return nil }
    var batch = remaining
    if !unobserved.isEmpty {
      guard allowsPartial else { return nil }
      batch.subtract(unobservedWithDependents)
      guard !batch.isEmpty else { return nil }
    }
    remaining.subtract(batch)
    return batch
  }

  /// The unobserved resources and everything that references one of them now or did when last applied,
  /// directly or not.
  private var unobservedWithDependents: Set<ResourceID> {
    var dependents: [ResourceID: [ResourceID]] = [:]
    for (id, subject) in subjects {
      let targets = (subject.desired?.references ?? []) + (subject.lastApplied?.references ?? [])
      for target in targets { dependents[target.target, default: []].append(id) }
    }
    var found: Set<ResourceID> = []
    var next = Array(unobserved)
    while let id = next.popLast() {
      guard found.insert(id).inserted else { continue }
      next += dependents[id] ?? []
    }
    return found
  }
}
