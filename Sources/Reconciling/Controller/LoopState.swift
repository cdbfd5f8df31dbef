package import Model

/// What the loop knows between its passes. A value: the controller asks it what to do and does it.
package struct LoopState: Sendable {
  package private(set) var desired: DesiredState
  package private(set) var revision: Int64
  package var queue = WorkQueue()
  /// Resources that the inventory may hold.
  package private(set) var known: Set<ResourceID>
  /// Those of them that are no longer desired.
  package private(set) var leaving: Set<ResourceID> = []
  /// Manifests that could not be recorded as a revision yet.
  var unrecorded: (DesiredState, Authorship)?
  /// The manifests as they were read last.
  var lastRead: (DesiredState, Authorship)?
  /// Whether another loop ended, which may have led and not have recorded what it had read.
  var mayInherit = false
  var isStoreFailing = false
  /// What the newest revision may do without asking.
  var allowances = Allowances()
  /// Since when somebody waits for the environment.
  var yieldsSince: Timestamp?
  var driftFlaps = DriftFlapDetector()
  /// Somebody may be applying the newest revision as a whole.
  var hasPromise = true
  /// What this replica holds, as of the last heartbeat that was taken up; see `LoopState+Leases.swift`.
  package internal(set) var leaseStatus: LeaseStatus
  /// Of the passes under way.
  var controls: [Int: PassControl] = [:]

  /// Looked at, and not ready.
  private var unsettled: Set<ResourceID> = []
  /// What others may build on, as last seen.
  private var usable: Set<ResourceID> = []
  /// For each resource those that refer to it.
  private var dependents: [ResourceID: [ResourceID]] = [:]
  /// By which pass a resource is looked at.
  private(set) var flights: [ResourceID: Int] = [:]
  private var passCount = 0
  /// In flight for an older revision, with what that says they are built on.
  private var stale: [ResourceID: [ResourceID]] = [:]

  /// - Parameter leaseStatus: nil where nobody shares the environment.
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

  /// Takes up a new revision. What it changes, whatever refers to that, and what is not ready is looked at now; the
  /// rest, for which only the number is new, a moment later.
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
    let passes = Dictionary(grouping: flights.keys, by: { flights[$0] ?? 0 }).sorted { $0.key < $1.key }
    for (number, scope) in passes {
      let changed = scope.filter { !desired.says(of: $0, theSameAs: former) }
      controls[number]?.supersede(by: revision, scope: Set(scope), changed: Set(changed))
    }
  }

  private static let restDelay = TimeSpan(seconds: 2)

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
      queue.add(resource.id, at: now + LoopState.restDelay, isRoutine: true)
    }
  }

  /// Whether nothing is known that would make another look at it anything but routine.
  private func isCalm(_ id: ResourceID) -> Bool {
    usable.contains(id) && !unsettled.contains(id) && stale[id] == nil
  }

  /// Lets go of what is in flight for somebody who wants the environment for himself: at once what is only looked at, and
  /// with `givesUp` steps under way too.
  mutating func yield(for other: String, givesUp: Bool) {
    for (number, scope) in Dictionary(grouping: flights.keys, by: { flights[$0] ?? 0 }).sorted(by: {
      $0.key < $1.key
    }) {
      controls[number]?.yield(for: other, scope: Set(scope), givesUp: givesUp)
    }
  }

  /// Takes back what a pass has let go of, so that it can be looked at anew.
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

  /// The inventory has it now.
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

  /// Asks for a look at everything that this replica answers for, at what rests after a failure too.
  package mutating func enqueueAll(at now: Timestamp) { enqueueAll(in: owned, at: now) }

  mutating func enqueueAll(in ranges: Set<KeyRange>, at now: Timestamp) {
    let isAll = ranges.count == KeyRange.count
    for id in desired.resources.lazy.map(\.id) where isAll || ranges.contains(KeyRange(of: id)) {
      queue.add(id, at: now, isUrgent: true, isRoutine: isCalm(id))
    }
    for id in leaving where isAll || ranges.contains(KeyRange(of: id)) {
      queue.add(id, at: now, isUrgent: true)
    }
  }

  /// Asks for a look at what waits, or may turn out to.
  mutating func enqueueUnsettled(at now: Timestamp) {
    for id in unsettled.union(flights.keys) where owns(id) { queue.add(id, at: now) }
  }

  /// Takes up what a pass found out about some of its resources; answers with how long after each became due.
  @discardableResult
  package mutating func settle(
    _ findings: [ResourceID: ResourceFinding], _ results: [ResourceID: Executor.Result], at now: Timestamp
  ) -> [ResourceID: TimeSpan] {
    var woken: Set<ResourceID> = []
    var latencies: [ResourceID: TimeSpan] = [:]
    for (id, finding) in findings {
      latencies[id] = queue.dueTime(of: id).map { now - $0 }
      let isDone = results[id] == .done
      var isBetter = isDone
      if finding.isRemoved {
        forget(id)
      } else {
        known.insert(id)
        if desired[id] == nil { leaving.insert(id) }
        if finding.status.isReady {
          if unsettled.remove(id) != nil { isBetter = true }
        } else if finding.status.condition(.blocked)?.reason == "Guarded" {
          unsettled.remove(id)
        } else {
          unsettled.insert(id)
        }
        if finding.isApplied {
          if usable.insert(id).inserted { isBetter = true }
        } else {
          usable.remove(id)
        }
      }
      flights[id] = nil
      stale[id] = nil
      queue.finish(
        id, rest: finding.status.nextAttempt ?? driftFlaps.rest(after: finding, at: now), look: finding.nextCheck)
      if isBetter { woken.insert(id) }
      if desired[id] != nil, finding.isRemoved, owns(id) { queue.add(id, at: now) }
    }
    wake(woken, at: now)
    return latencies
  }

  /// Asks for a look at what may have waited for these. Also at what is in flight: its pass may have begun before.
  /// What leaves waits for whatever was built on it, which only the inventory knows.
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

  /// Takes what is due now; nil when that is nothing. Steps of an older revision may still be under way: nothing is
  /// built on their resources, and nothing that those are built on is taken away, before they are over.
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

  /// Ends a pass. What it did not settle is neither desired nor in the inventory, unless the pass failed.
  /// - Parameter retry: when to look again after a failed pass; nil for one that did not fail.
  package mutating func endPass(_ number: Int, _ scope: Set<ResourceID>, retry: Timestamp?) {
    controls[number] = nil
    for id in scope where flights[id] == number {
      flights[id] = nil
      stale[id] = nil
      queue.finish(id, rest: retry)
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
  /// Whether both want the same of a resource: the same spec, labels and mode, or that it is not there.
  func says(of id: ResourceID, theSameAs other: DesiredState) -> Bool {
    let (mine, theirs) = (self[id], other[id])
    return mine?.digest == theirs?.digest && mine?.metadata.mode == theirs?.metadata.mode
  }
}
