import KindSupport
package import Model
internal import Reconciling

/// The records of the controller, and the jobs that its steps wait for.
package struct ExplanationContext: QueryContext {
  let records: RecordsContext
  private let platform: Platform
  private let work: any WorkDirectory
  private let owner: String

  package init(_ state: StateSession) {
    records = RecordsContext(state)
    platform = state.platform
    work = state.foundations.work
    owner = state.owner
  }

  /// The drains that a running step of the explained resources may wait for. Empty while no step runs, and
  /// where the jobs cannot be read.
  func drains(of explanation: Explanation, in environment: String) async throws -> [RunningDrain] {
    guard case .running = explanation.next else { return [] }
    let offers = try await offers(in: environment)
    let modules = Set(explanation.chain.map(\.id).filter { offers.work[$0] != nil })
    guard !modules.isEmpty else { return [] }
    let context = ReconcileContext(
      environment: environment, owner: owner, now: records.now(), allowsMockGPUs: false, offers: offers)
    var drains: [RunningDrain] = []
    for case .known(let attempts, let drained) in await work.work(of: modules, in: context).values {
      for (scope, state) in drained {
        let jobs = attempts.filter { $0.scope == scope }.map(\.job)
        if !jobs.isEmpty {
          drains.append(
            RunningDrain(
              module: scope.module, node: scope.node, reason: state.reason, until: state.until, jobs: jobs))
        }
      }
    }
    return drains.sorted { ($0.module, $0.node) < ($1.module, $1.node) }
  }

  /// Of the desired resources and of those that leave.
  private func offers(in environment: String) async throws -> Offers {
    guard let revision = try await records.store.latestRevision(of: environment),
      let desired = try await records.store.desiredState(of: environment, at: revision.number)
    else { return Offers() }
    let inventory = try await records.store.inventory(of: environment, knowing: desired.resources)
    let leaving = inventory.values.filter { desired[$0.id] == nil }.map(\.resource)
    return platform.kinds.offers(leaving + desired.resources)
  }
}

/// Jobs that must end before a container is changed or removed.
package struct RunningDrain: Hashable, Sendable {
  package let module: ResourceID
  package let node: ResourceID
  package let reason: String
  /// Jobs that run then start again elsewhere.
  package let until: Timestamp
  /// The ids of the jobs, the oldest first.
  package let jobs: [String]

  package init(module: ResourceID, node: ResourceID, reason: String, until: Timestamp, jobs: [String]) {
    self.module = module
    self.node = node
    self.reason = reason
    self.until = until
    self.jobs = jobs
  }

  private static let shownLimit = 5

  /// `waits for the jobs 01J…, 01K… of Module/echo on Node/a until 10:42 (image changed …)`.
  package var sentence: String {
    let shown = jobs.prefix(Self.shownLimit).joined(separator: ", ")
    let rest = jobs.count > Self.shownLimit ? " and \(jobs.count - Self.shownLimit) more" : ""
    return "waits for \(jobs.count == 1 ? "the job" : "the jobs") \(shown)\(rest) of \(module) on \(node) "
      + "until \(until): \(reason)"
  }
}

extension RunningDrain: JSONRepresentable {
  package var value: Value {
    .members([
      "module": .string(module.description), "node": .string(node.description), "reason": .string(reason),
      "until": .string(until.description), "jobs": .array(jobs.map(Value.string)),
      "sentence": .string(sentence),
    ])
  }

  package init?(_ value: Value) {
    guard let module = value.id(at: "module"), let node = value.id(at: "node"),
      let reason = value.text(at: "reason"), let until = value.time(at: "until"),
      let jobs = value.list(at: "jobs")
    else { return nil }
    self.init(module: module, node: node, reason: reason, until: until, jobs: jobs.map(\.plainText))
  }
}
