package import ContainerSupport
package import KindSupport

/// The kind `Service`: a platform service as one hardened container on the controller's engine or on that of
/// a node.
///
/// `ServiceSpec` declares the fields, `ServicePlanner` decides, and `ContainerBackend` of `ContainerSupport`
/// acts. A service has one container. Its successor needs the same ports and volumes, so a replacement pulls
/// the image, stops the old container, starts the new one, and starts the old one again if the new one does
/// not become healthy. Volumes are created on first use and never deleted.
///
/// Entry file: `ServiceSpec.swift`. Must not import another kind. Tested in `Tests/ServicesTests`: the kind
/// on an engine in memory and on a real one.
package enum Services {
  package static func kinds(_ toolkit: ContainerToolkit) -> [Kind] {
    [
      Kind(
        ServiceSpec.self, planner: ServicePlanner(), backend: ServiceBackend(toolkit),
        offer: { ServiceAdoption.offer(of: $0) },
        claims: { ServiceClaims.of($0, in: $1, canonical: { toolkit.engines.canonical($0) }) },
        isMovable: true,
        importing: { await ServiceImport(engines: toolkit.engines).find($0, $1) },
        export: ContainerExport.export)
    ]
  }
}
