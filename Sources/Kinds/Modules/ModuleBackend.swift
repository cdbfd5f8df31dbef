package import ContainerSupport
package import Model
package import Reconciling

/// Observes and changes the containers of modules on the engines of all nodes.
package typealias ModuleBackend = ContainerBackend<ModuleContainers>

package enum ModuleContainers: ContainerAdapter {
  package static var runsJobs: Bool { true }

  /// The containers of a module may be on every node that it could be placed on.
  package static func query(
    for subject: Subject<ModuleSpec>, in context: ReconcileContext
  ) throws(BackendError) -> ContainerQuery {
    let engines = subject.specs.flatMap { spec in
      Placement(spec: spec, offers: context.offers).capable.values.compactMap(\.engine)
    }
    return ContainerQuery(for: subject, engines: engines, in: context)
  }
}
