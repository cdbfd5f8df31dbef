package import ContainerSupport
internal import Manifests
package import Model
package import Reconciling

/// Sees and changes the containers of services.
package struct ServiceBackend: ResourceBackend {
  package typealias Spec = ServiceSpec
  package typealias Observed = WorkloadObservation
  package typealias Operation = ContainerOperation

  private let observer: ContainerObserver
  private let runner: ContainerRunner

  package init(observer: ContainerObserver, runner: ContainerRunner) {
    self.observer = observer
    self.runner = runner
  }

  package func observe(_ subjects: [Subject<ServiceSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<WorkloadObservation?, BackendError>]
  {
    var unknown: [ResourceID: Result<WorkloadObservation?, BackendError>] = [:]
    for subject in subjects { unknown[subject.id] = lostNode(of: subject, in: context).map { .failure($0) } }
    let sought = subjects.filter { unknown[$0.id] == nil }.map { subject in
      let specs = [subject.desired?.spec, subject.lastApplied?.spec].compactMap { $0 }
      // Where it was to move away from, if it never did: its container may be there still.
      let former =
        subject.lastApplied?.references.compactMap { context.offers.compute[$0.target]?.engine } ?? []
      let engines = specs.compactMap { ServicePlanner.engine(for: $0, in: context.offers) } + former
      let adoptions = [subject.desired?.metadata.adoption, subject.lastApplied?.metadata.adoption]
      return ContainerObserver.Query(
        id: subject.id, engines: Set(engines + subject.formerEngines(in: context.offers)),
        health: subject.spec?.healthRule ?? .running,
        adoptions: Set(adoptions.compactMap { $0 }), node: subject.spec?.node?.id)
    }
    let seen = await observer.observe(sought, in: context)
    return unknown.merging(seen) { error, _ in error }
  }

  /// Where a service was made on a node that nobody declares any more, its container cannot be looked for; that is not
  /// absence.
  private func lostNode(of subject: Subject<ServiceSpec>, in context: ReconcileContext) -> BackendError? {
    guard let applied = subject.lastApplied?.spec, let node = applied.node,
      ServicePlanner.engine(for: applied, in: context.offers) == nil,
      subject.desired?.spec.node != node
    else { return nil }
    return BackendError(
      code: "node.undeclared",
      "\(subject.id) was made on \(node), which is not declared any more, so its container cannot be seen",
      hint: "declare \(node) until \(subject.id) has left it", retry: .afterChange)
  }

  package func apply(
    _ operation: ContainerOperation, to subject: Subject<ServiceSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    try await runner.run(operation, owner: context.owner)
  }

  package var system: String { "Docker" }

  package func deadline(of operation: ContainerOperation, for subject: Subject<ServiceSpec>) -> TimeSpan {
    operation.deadline
  }

  package func health(
    of subject: Subject<ServiceSpec>, observed: WorkloadObservation, in context: ReconcileContext
  ) -> Health {
    observed.health
  }
}
