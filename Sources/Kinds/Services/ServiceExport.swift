package import ContainerSupport
package import KindSupport
package import Model

/// What a service is written as so that its container is as declared.
package enum ServiceExport {
  package static func export(
    _ service: Resource<ServiceSpec>, _ observed: WorkloadObservation, _ context: ReconcileContext
  ) -> Exported<ServiceSpec> {
    var spec = service.spec
    let seen = WorkloadExport(
      observed.containers, declared: (image: spec.image, limits: spec.limits.limits))
    if let image = seen.image { spec.image = image }
    if let limits = seen.limits { spec.limits = LimitSettings(limits, else: spec.limits) }
    return Exported(spec, remarks: seen.remarks)
  }
}
