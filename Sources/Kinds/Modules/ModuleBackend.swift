package import ContainerSupport
package import Model
package import Reconciling

/// Sees and changes the containers of modules, on the engines of all nodes.
package struct ModuleBackend: ResourceBackend {
  package typealias Spec = ModuleSpec
  package typealias Observed = WorkloadObservation
  package typealias Operation = ContainerOperation

  private let observer: ContainerObserver
  private let runner: ContainerRunner

  package init(observer: ContainerObserver, runner: ContainerRunner) {
    self.observer = observer
    self.runner = runner
  }

  /// A module is unknown while any node that it may be on does not answer: its containers may be there.
  package func observe(_ subjects: [Subject<ModuleSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<WorkloadObservation?, BackendError>]
  {
    let sought = subjects.map { subject in
      let specs = [subject.desired?.spec, subject.lastApplied?.spec].compactMap { $0 }
      let engines = specs.flatMap { spec in
        Placement(spec: spec, offers: context.offers).capable.values.compactMap(\.engine)
      }
      return ContainerObserver.Query(
        id: subject.id, engines: Set(engines + subject.formerEngines(in: context.offers)),
        health: subject.spec?.healthRule ?? .running)
    }
    return await observer.observe(sought, in: context)
  }

  package func apply(
    _ operation: ContainerOperation, to subject: Subject<ModuleSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    try await runner.run(operation, owner: context.owner)
  }

  package var system: String { "Docker" }

  package func deadline(of operation: ContainerOperation, for subject: Subject<ModuleSpec>) -> TimeSpan {
    operation.deadline
  }

  package func health(
    of subject: Subject<ModuleSpec>, observed: WorkloadObservation, in context: ReconcileContext
  ) -> Health {
    observed.health
  }
}
