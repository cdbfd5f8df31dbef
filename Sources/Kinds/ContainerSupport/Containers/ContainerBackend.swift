package import Model
package import Reconciling

/// What a kind supplies to `ContainerBackend`.
package protocol ContainerAdapter: Sendable {
  associatedtype Spec: ContainerizedSpec

  /// The containers that a resource may have, and the engines that may run them.
  /// - Throws: where the resource may have containers on an engine that is unknown. The observation then
  ///   fails.
  static func query(
    for subject: Subject<Spec>, in context: ReconcileContext
  ) throws(BackendError) -> ContainerQuery

  /// Whether the containers run jobs. False by default.
  static var runsJobs: Bool { get }
}

extension ContainerAdapter {
  package static var runsJobs: Bool { false }
}

/// The backend of a kind whose resources are containers.
package struct ContainerBackend<Adapter: ContainerAdapter>: ResourceBackend {
  package typealias Spec = Adapter.Spec
  package typealias Observed = WorkloadObservation
  package typealias Operation = ContainerOperation

  private let toolkit: ContainerToolkit

  package init(_ toolkit: ContainerToolkit) { self.toolkit = toolkit }

  package var system: String { "Docker" }

  package func observe(_ subjects: [Subject<Spec>], in context: ReconcileContext) async
    -> [ResourceID: Result<WorkloadObservation?, BackendError>]
  {
    var failures: [ResourceID: Result<WorkloadObservation?, BackendError>] = [:]
    var queries: [ContainerQuery] = []
    for subject in subjects {
      do throws(BackendError) {
        queries.append(try Adapter.query(for: subject, in: context))
      } catch {
        failures[subject.id] = .failure(error)
      }
    }
    let observed = failures.merging(await toolkit.observer.observe(queries, in: context)) { failure, _ in
      failure
    }
    guard Adapter.runsJobs, let directory = toolkit.work else { return observed }
    let work = await directory.work(of: Set(subjects.map(\.id)), in: context)
    return Dictionary(
      uniqueKeysWithValues: observed.map { id, result in
        (id, result.map { $0?.running(work[id] ?? .unscheduled) })
      })
  }

  package func apply(
    _ operation: ContainerOperation, to subject: Subject<Spec>, in context: ReconcileContext
  ) async throws(BackendError) {
    switch (operation, toolkit.drainer) {
    case (.drain(let scope, let successor, within: let limit, because: let reason), let drainer?):
      try await drainer.drain(scope, successor: successor, within: limit, because: reason, in: context)
    case (.release(let scope), let drainer?): try await drainer.release(scope, in: context).get()
    default: try await toolkit.runner.run(operation, Marks(of: context))
    }
  }

  package func deadline(of operation: ContainerOperation, for subject: Subject<Spec>) -> TimeSpan {
    operation.deadline
  }

  package func health(
    of subject: Subject<Spec>, observed: WorkloadObservation, in context: ReconcileContext
  ) -> Health {
    observed.health
  }
}
