package import ContainerSupport
internal import Manifests
package import Model
package import Reconciling

/// Observes and changes the containers of services.
package typealias ServiceBackend = ContainerBackend<ServiceContainers>

package enum ServiceContainers: ContainerAdapter {
  package static func query(
    for subject: Subject<ServiceSpec>, in context: ReconcileContext
  ) throws(BackendError) -> ContainerQuery {
    try checkNode(of: subject, in: context)
    let adoptions = [subject.desired?.metadata.adoption, subject.lastApplied?.metadata.adoption]
    return ContainerQuery(
      for: subject, engines: subject.specs.compactMap { ServicePlanner.engine(for: $0, in: context.offers) },
      adoptions: Set(adoptions.compactMap { $0 }), node: subject.spec?.node?.id, in: context)
  }

  /// - Throws: `node.undeclared` where the service was created on a node that is no longer declared. The
  ///   container may still exist there, so it must not count as absent.
  private static func checkNode(
    of subject: Subject<ServiceSpec>, in context: ReconcileContext
  ) throws(BackendError) {
    guard let applied = subject.lastApplied?.spec, let node = applied.node,
      ServicePlanner.engine(for: applied, in: context.offers) == nil,
      subject.desired?.spec.node != node
    else { return }
    throw BackendError(
      code: "node.undeclared",
      "\(subject.id) was created on \(node), which is not declared any more, so its container cannot be "
        + "observed",
      hint: "declare \(node) until \(subject.id) has left it", retry: .afterChange)
  }
}
