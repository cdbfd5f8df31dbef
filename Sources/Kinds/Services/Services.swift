package import ContainerSupport
package import KindSupport

/// The kind `Service`: a platform service as one hardened container on the controller's engine or a node's.
///
/// `ServiceSpec` says what an operator may write, `ServicePlanner` decides, `ServiceBackend` acts through
/// `ContainerSupport`. A service has one container. Because its successor wants the same ports and volumes, a replacement
/// stops it first and starts it again when the successor does not become healthy; the image is pulled before
/// anything stops. Volumes are made when they are first needed and never deleted from here: whoever wants to lose
/// data does it by hand. Other components are not imported. Tested in `Tests/ServicesTests`: the planner by tables,
/// the way from manifest to container on an engine in memory and on a real one.
package enum Services {
  package static func kinds(_ workloads: WorkloadSupport) -> [Kind] {
    [
      Kind(
        ServiceSpec.self, planner: ServicePlanner(),
        backend: ServiceBackend(observer: workloads.observer, runner: workloads.runner),
        offer: { ServiceAdoption.offer(of: $0) },
        importing: { await ServiceImport(engines: workloads.engines).find($0, $1) },
        export: ServiceExport.export)
    ]
  }
}
