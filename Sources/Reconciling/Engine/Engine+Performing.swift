package import Model
internal import Synchronization

extension Engine {
  /// Receives the findings about some resources while other resources of the same pass are still being worked
  /// on.
  package typealias SettledHandler =
    @Sendable ([ResourceID: ResourceFinding], [ResourceID: Executor.Result]) -> Void

  /// Executes a preparation, observes again what changed, and records the status of everything. Resources
  /// without steps are recorded at once and finished ones about every second, so that none waits for the
  /// slowest.
  /// - Parameters:
  ///   - control: Takes resources out of this pass when there is a newer revision.
  ///   - settled: Called once for each resource after it is recorded.
  package func perform(
    _ preparation: Preparation, allowances: Allowances = Allowances(), control: PassControl = PassControl(),
    settled: @escaping SettledHandler = { _, _ in }
  ) async throws(StoreError) -> PassReport {
    let plan = preparation.plan
    progress(.planned(plan))
    let executable = plan.resources.filter(\.isExecutable)
    let acquired = control.acquire(executable.lazy.map(\.id))
    let claimed = await tryClaiming(executable.filter { acquired.contains($0.id) }, preparation)
    control.release(acquired)
    let work = try claimed.get()
    var pass = Pass(allowances: allowances, control: control, settled: settled)
    let idle = plan.resources.filter { !$0.isExecutable }
    pass.add(try await conclude(idle, of: work, results: [:], pass))
    try await forgetAbsent(work, control)
    if !executable.isEmpty { try await execute(work, &pass) }
    return PassReport(plan: plan, results: pass.results, findings: pass.findings)
  }

  /// Adds the resources that are going to be applied to the inventory, without those that will be skipped: a
  /// resource in the inventory may rely on what it references being there too. Records what they claim. Marks
  /// the resources that are going to be removed as no longer applied.
  private func tryClaiming(_ executable: [ResourcePlan], _ preparation: Preparation) async -> Result<
    Preparation, StoreError
  > {
    let plan = preparation.plan
    let skipped = ExecutionGraph(plan, isSatisfied: preparation.isSatisfied).skipped
    let working = executable.filter { !$0.steps.isEmpty && skipped[$0.id] == nil }
    let new = working.compactMap(\.desired)
      .filter { preparation.inventory[$0.id]?.resource.digest != $0.digest }
      .map { $0.keepingReferences(of: preparation.inventory[$0.id]?.resource) }
    let request = claimRequest(new, working, preparation)
    let removals = executable.lazy.filter { $0.desired == nil && !$0.steps.isEmpty }.map(\.id)
      .filter { preparation.inventory[$0]?.digest != nil || preparation.isHoldingWithoutLeaving($0) }
    do throws(StoreError) {
      if !request.isEmpty { try await store.claim(request, in: plan.environment, revision: plan.revision) }
      if !removals.isEmpty {
        try await store.disclaim(
          Array(removals), in: plan.environment, revision: plan.revision, at: time.now())
      }
      return .success(new.isEmpty ? preparation : preparation.claiming(new))
    } catch {
      return .failure(error)
    }
  }

  /// The claims to record: those of new and changed resources, of resources that exist as declared and were
  /// not applied yet, and all that are not recorded of resources with steps.
  /// - Parameters:
  ///   - new: The resources to add to the inventory.
  ///   - working: The resources whose steps run.
  private func claimRequest(
    _ new: [AnyResource], _ working: [ResourcePlan], _ preparation: Preparation
  ) -> ClaimRequest {
    let claims = claims(in: preparation.context)
    let moves = preparation.context.moves
    let found = preparation.plan.resources.filter { $0.outcome == .unchanged }.compactMap(\.desired)
      .filter { resource in
        let entry = preparation.inventory[resource.id]
        return moves.move(to: resource.id) != nil
          || entry?.digest != resource.digest && (entry != nil || resource.metadata.mode == .enforce)
      }
    var request = ClaimRequest(new, mark: preparation.context.environmentMark, at: time.now())
    for resource in working.compactMap(\.desired) + found {
      let declared = claims(resource)
      guard !preparation.holds(declared, by: resource.id) else { continue }
      request.claims[resource.id] = declared
      for holding in declared.flatMap({ preparation.context.holdings.overlapping($0.thing) })
      where holding.environment == preparation.plan.environment {
        request.formerHolders[holding.thing] = holding.resource
      }
    }
    request.moves = (working.compactMap(\.desired) + found).compactMap { moves.move(to: $0.id) }
      .filter { !preparation.context.holdings.of($0.from, in: preparation.plan.environment).isEmpty }
    return request
  }

  /// The results of a pass so far.
  struct Pass: Sendable {
    let allowances: Allowances
    let control: PassControl
    let settled: SettledHandler
    var results: [ResourceID: Executor.Result] = [:]
    var findings: [ResourceID: ResourceFinding] = [:]

    mutating func add(_ conclusion: Conclusion) {
      results.merge(conclusion.results) { _, new in new }
      findings.merge(conclusion.findings) { _, new in new }
    }
  }

  /// How often finished resources are observed and recorded while others are being worked on.
  private static let concludingInterval = TimeSpan(seconds: 1)

  private enum Signal: Sendable {
    case timer, executed
    case concluded(Result<Conclusion, StoreError>)
  }

  /// Observes each kind separately, so that a kind whose system does not answer delays no other.
  private func execute(_ work: Preparation, _ pass: inout Pass) async throws(StoreError) {
    let planned = Dictionary(uniqueKeysWithValues: work.plan.resources.map { ($0.id, $0) })
    let finished = FinishedResults()
    let (signals, feed) = AsyncStream<Signal>.makeStream()
    let name = nextPassName()
    let begun = pass
    var failure: StoreError?
    await withDiscardingTaskGroup { group in
      group.addTask {
        _ = await executor(pass: begun).execute(
          work.plan, subjects: work.subjects, in: work.context, pass: name, isSatisfied: work.isSatisfied
        ) { id, result in finished.add(id, result) }
        feed.yield(.executed)
      }
      group.addTask {
        while (try? await time.sleep(Engine.concludingInterval)) != nil { feed.yield(.timer) }
      }
      var (isExecuted, concluding) = (false, 0)
      for await signal in signals {
        switch signal {
        case .timer: break
        case .executed: isExecuted = true
        case .concluded(let result):
          concluding -= 1
          switch result {
          case .success(let conclusion): pass.add(conclusion)
          case .failure(let error): failure = failure ?? error
          }
        }
        for part in failure == nil ? finished.takeByKind() : [] {
          concluding += 1
          group.addTask {
            let resources = part.keys.sorted().compactMap { planned[$0] }
            feed.yield(.concluded(await tryConcluding(resources, of: work, results: part, begun)))
          }
        }
        if isExecuted && concluding == 0 { break }
      }
      group.cancelAll()
    }
    if let failure { throw failure }
  }

  private func executor(pass: Pass) -> Executor {
    Executor(
      backends: backends, store: store, time: time, progress: progress, width: 64,
      gracefulStop: gracefulStop, control: pass.control, mayBegin: mayBegin)
  }
}

/// Results that the executor reported and that are not concluded yet.
private final class FinishedResults: Sendable {
  private let results = Mutex<[ResourceID: Executor.Result]>([:])
  func add(_ id: ResourceID, _ result: Executor.Result) { results.withLock { $0[id] = result } }
  /// Removes and returns all results, one element for each kind, sorted by kind.
  func takeByKind() -> [[ResourceID: Executor.Result]] {
    let taken = results.withLock { results in
      defer { results = [:] }
      return results
    }
    return Dictionary(grouping: taken, by: \.key.kind).sorted { $0.key < $1.key }.map { part in
      Dictionary(part.value.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
  }
}

extension Engine.Preparation {
  /// Whether all claims of a resource are recorded as its own.
  fileprivate func holds(_ claims: [ThingClaim], by id: ResourceID) -> Bool {
    let held = context.holdings.of(id, in: plan.environment)
    guard !held.contains(where: { $0.leavingSince != nil }) else { return false }
    let things = Set(held.map(\.thing))
    return claims.allSatisfy { things.contains($0.thing) }
  }

  /// Whether a resource holds something that is not marked as leaving.
  fileprivate func isHoldingWithoutLeaving(_ id: ResourceID) -> Bool {
    context.holdings.of(id, in: plan.environment).contains { $0.leavingSince == nil }
  }

  /// The same after these resources were added to the inventory.
  fileprivate func claiming(_ resources: [AnyResource]) -> Engine.Preparation {
    var inventory = inventory
    for resource in resources {
      inventory[resource.id] = InventoryEntry(
        id: resource.id, digest: inventory[resource.id]?.digest, resource: resource)
    }
    return Engine.Preparation(
      plan: plan, desired: desired, scope: scope, inventory: inventory, observations: observations,
      subjects: subjects, context: context)
  }
}
