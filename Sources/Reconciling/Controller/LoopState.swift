package import Model

/// The state of the loop between passes. A value: decides what to do, which the controller then does.
package struct LoopState: Sendable {
  package private(set) var desired: DesiredState
  package private(set) var revision: Int64
  package var queue = WorkQueue()
  /// Resources that may be in the inventory.
  package private(set) var known: Set<ResourceID>
  /// The known resources that are no longer desired.
  package private(set) var leaving: Set<ResourceID> = []
  /// Manifests of which something is not recorded as a revision yet.
  var unrecorded: (DesiredState, Authorship)?
  /// The waits for resources that the manifests remove.
  var quietPeriod = QuietPeriod(TimeSpan(seconds: 0))
  /// Whether the revision precedes manifests that remove resources; see `Revision.interimFor`.
  var isInterim = false
  /// What the removals were last computed from; nil when they must be computed.
  var comparison: Comparison?
  /// The former names of resources that the manifests declare under another name, as of `comparison`.
  var movedFrom: Set<ResourceID> = []
  /// Whether the stored pending removals are not those of `quietPeriod`.
  var mustAnnounceRemovals = false
  /// The manifests as last read; nil when they could not be read since.
  var lastRead: (DesiredState, Authorship)?
  /// Whether another controller ended, which may have led without recording the manifests that it had read.
  var mayInherit = false
  var isStoreFailing = false
  /// Guards that are overridden for the newest revision.
  var allowances = Allowances()
  /// When the loop began to yield to an exclusive process; nil when it does not.
  var yieldsSince: Timestamp?
  var driftFlaps = DriftFlapDetector()
  /// Whether an atomic apply of the newest revision may exist.
  var mayHaveAtomicApply = true
  /// The leases of this replica, as of the last processed heartbeat; see `LoopState+Leases.swift`.
  package internal(set) var leaseStatus: LeaseStatus
  /// Controls of the running passes.
  var controls: [Int: PassControl] = [:]

  /// Observed resources that are not ready.
  private var unsettled: Set<ResourceID> = []
  /// Resources that others may be built on, as last observed.
  private var usable: Set<ResourceID> = []
  /// The resources that reference each resource.
  private var dependents: [ResourceID: [ResourceID]] = [:]
  /// The pass of each resource in flight.
  private(set) var flights: [ResourceID: Int] = [:]
  private var passCount = 0
  /// Resources in flight for an older revision, with their references in that revision.
  private var stale: [ResourceID: [ResourceID]] = [:]

  /// The digests of manifests and of the desired state that they follow.
  struct Comparison: Hashable, Sendable {
    let manifests: Digest
    let former: Digest
  }

  /// - Parameter leaseStatus: Nil when no other replica shares the environment.
  package init(
    _ desired: DesiredState, revision: Int64, inventory: some Sequence<ResourceID>,
    leaseStatus: LeaseStatus? = nil
  ) {
    self.leaseStatus = leaseStatus ?? .alone
    self.desired = desired
    self.revision = revision
    known = Set(inventory)
    index()
  }

  /// Adopts a new revision. The resources that it changes, those that reference them, and those that are not
  /// ready are due now. The others, for which only the number is new, are due a moment later.
  package mutating func adopt(
    _ desired: DesiredState, _ revision: Int64, _ allowances: Allowances = Allowances(), at now: Timestamp
  ) {
    self.allowances = allowances
    for id in flights.keys where stale[id] == nil {
      stale[id] = self.desired[id]?.references.map(\.target) ?? []
    }
    let former = self.desired
    let changes = DesiredChanges(from: former, to: desired)
    known.formUnion(changes.gone)
    self.desired = desired
    self.revision = revision
    if changes.affectsReferences { index() }
    enqueue(changes, since: former, at: now)
    forEachPass { control, scope in
      let changed = scope.filter { !desired.hasSameResource($0, as: former) }
      control.supersede(by: revision, scope: scope, changed: changed)
    }
  }

  /// The delay of resources for which only the revision number is new.
  private static let unchangedDelay = TimeSpan(seconds: 2)

  private mutating func enqueue(_ changes: DesiredChanges, since former: DesiredState, at now: Timestamp) {
    guard former.environment == desired.environment, former.allowsMockGPUs == desired.allowsMockGPUs else {
      return enqueueAll(at: now)
    }
    var touched: Set<ResourceID> = []
    var open = changes.changed.map(\.id) + changes.gone
    while let id = open.popLast() {
      if touched.insert(id).inserted { open.append(contentsOf: dependents[id] ?? []) }
    }
    let unproven = flights.keys.filter { !usable.contains($0) }
    let soon = touched.union(leaving).union(unsettled).union(unproven)
    let owned = owned
    let ownsAll = owned.count == KeyRange.count
    for id in soon where ownsAll || owned.contains(KeyRange(of: id)) {
      if desired[id] != nil || known.contains(id) { queue.add(id, at: now, isUrgent: true) }
    }
    for resource in desired.resources
    where !soon.contains(resource.id) && (ownsAll || owned.contains(KeyRange(of: resource.id))) {
      queue.add(resource.id, at: now + LoopState.unchangedDelay, isRoutine: true)
    }
  }

  /// Whether a check of the resource is routine, as far as is known.
  private func isRoutine(_ id: ResourceID) -> Bool {
    usable.contains(id) && !unsettled.contains(id) && stale[id] == nil
  }

  /// Yields the resources in flight to a process that needs the environment exclusively.
  /// - Parameter cancelsSteps: Whether running steps are cancelled too.
  func yield(to other: String, cancelsSteps: Bool) {
    forEachPass { control, scope in control.yield(to: other, scope: scope, cancelsSteps: cancelsSteps) }
  }

  /// Calls the body for each running pass with its resources in flight, in the order of the passes.
  private func forEachPass(_ body: (PassControl, Set<ResourceID>) -> Void) {
    let passes = Dictionary(grouping: flights.keys, by: { flights[$0] ?? 0 }).sorted { $0.key < $1.key }
    for (number, scope) in passes {
      if let control = controls[number] { body(control, Set(scope)) }
    }
  }

  /// Ends the flight of resources that a pass has released, so that another pass can take them.
  package mutating func release(_ ids: Set<ResourceID>, from pass: Int) {
    for id in ids where flights[id] == pass {
      flights[id] = nil
      stale[id] = nil
      queue.finish(id)
    }
  }

  package mutating func learn(_ inventory: some Sequence<ResourceID>) {
    known.formUnion(inventory)
    leaving = known.filter { desired[$0] == nil }
  }

  /// Adds a resource that is in the inventory now.
  mutating func learn(_ id: ResourceID) {
    known.insert(id)
    if desired[id] == nil { leaving.insert(id) }
  }

  private mutating func index() {
    leaving = known.filter { desired[$0] == nil }
    dependents = [:]
    for resource in desired.resources {
      for target in Set(resource.references.lazy.map(\.target)) {
        dependents[target, default: []].append(resource.id)
      }
    }
  }

  /// Requests a check of everything in the ranges of this replica, including what rests after a failure.
  package mutating func enqueueAll(at now: Timestamp) { enqueueAll(in: owned, at: now) }

  mutating func enqueueAll(in ranges: Set<KeyRange>, at now: Timestamp) {
    let isAll = ranges.count == KeyRange.count
    for id in desired.resources.lazy.map(\.id) where isAll || ranges.contains(KeyRange(of: id)) {
      queue.add(id, at: now, isUrgent: true, isRoutine: isRoutine(id))
    }
    for id in leaving where isAll || ranges.contains(KeyRange(of: id)) {
      queue.add(id, at: now, isUrgent: true)
    }
  }

  /// Requests a check of resources that wait, and of those in flight, which may turn out to wait.
  mutating func enqueueUnsettled(at now: Timestamp) {
    for id in unsettled.union(flights.keys) where owns(id) { queue.add(id, at: now) }
  }

  /// Applies the findings of a pass about some of its resources. Returns how long after each became due.
  @discardableResult
  package mutating func settle(
    _ findings: [ResourceID: ResourceFinding], _ results: [ResourceID: Executor.Result], at now: Timestamp
  ) -> [ResourceID: TimeSpan] {
    var improved: Set<ResourceID> = []
    var latencies: [ResourceID: TimeSpan] = [:]
    for (id, finding) in findings {
      latencies[id] = queue.dueTime(of: id).map { now - $0 }
      if update(id, finding) || results[id] == .done { improved.insert(id) }
      flights[id] = nil
      stale[id] = nil
      queue.finish(
        id, retry: finding.status.nextAttempt ?? driftFlaps.rest(after: finding, at: now),
        check: finding.nextCheck)
      if desired[id] != nil, finding.isRemoved, owns(id) { queue.add(id, at: now) }
    }
    wake(improved, at: now)
    return latencies
  }

  /// Returns whether others that waited for the resource may continue.
  private mutating func update(_ id: ResourceID, _ finding: ResourceFinding) -> Bool {
    guard !finding.isRemoved else {
      forget(id)
      return false
    }
    learn(id)
    var isBetter = false
    if finding.status.isReady {
      isBetter = unsettled.remove(id) != nil
    } else if finding.status.blockedReason == .guarded {
      unsettled.remove(id)
    } else {
      unsettled.insert(id)
    }
    if finding.isApplied {
      if usable.insert(id).inserted { isBetter = true }
    } else {
      usable.remove(id)
    }
    return isBetter
  }

  /// Requests a check of what may have waited for these resources. Includes resources in flight, whose pass
  /// may have begun before. A leaving resource waits for everything that was built on it, which only the
  /// inventory knows.
  mutating func wake(_ ids: Set<ResourceID>, at now: Timestamp) {
    guard !ids.isEmpty else { return }
    func mayWait(_ id: ResourceID) -> Bool {
      (unsettled.contains(id) || queue.isInFlight(id)) && owns(id)
    }
    for id in ids {
      for dependent in dependents[id] ?? [] where mayWait(dependent) {
        queue.add(dependent, at: now, isUrgent: true)
      }
    }
    for id in leaving where !ids.contains(id) && mayWait(id) {
      queue.add(id, at: now)
    }
  }

  /// Takes the resources that are due; nil when there are none. While steps of an older revision run,
  /// resources that are built on theirs, or that theirs are built on, stay due.
  package mutating func beginPass(at now: Timestamp) -> (number: Int, scope: Set<ResourceID>)? {
    let used = Set(stale.values.joined())
    let (stale, desired, owned) = (stale, desired, owned)
    guard revision > 0, !owned.isEmpty else { return nil }
    let ownsAll = owned.count == KeyRange.count
    let scope = queue.take(now: now) { id in
      guard ownsAll || owned.contains(KeyRange(of: id)) else { return true }
      guard !stale.isEmpty else { return false }
      guard let resource = desired[id] else { return used.contains(id) }
      return resource.references.contains { stale[$0.target] != nil }
    }
    guard !scope.isEmpty else { return nil }
    passCount += 1
    for id in scope { flights[id] = passCount }
    return (passCount, scope)
  }

  /// Ends a pass. The resources that it did not settle are neither desired nor in the inventory, unless it
  /// failed.
  /// - Parameter retry: When to retry after a failed pass; nil for a pass that did not fail.
  package mutating func endPass(_ number: Int, _ scope: Set<ResourceID>, retry: Timestamp?) {
    controls[number] = nil
    for id in scope where flights[id] == number {
      flights[id] = nil
      stale[id] = nil
      queue.finish(id, retry: retry)
      if retry == nil { forget(id) }
    }
  }

  mutating func forget(_ id: ResourceID) {
    known.remove(id)
    leaving.remove(id)
    unsettled.remove(id)
    usable.remove(id)
  }
}

extension DesiredState {
  /// Whether both have a resource with the same spec, labels and mode, or both have none.
  func hasSameResource(_ id: ResourceID, as other: DesiredState) -> Bool {
    let (mine, theirs) = (self[id], other[id])
    return mine?.digest == theirs?.digest && mine?.metadata.mode == theirs?.metadata.mode
  }
}
