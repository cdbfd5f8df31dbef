package import ContainerSupport
package import KindSupport
package import Model

/// What a module is written as so that its containers are as declared.
package enum ModuleExport {
  package static func export(
    _ module: Resource<ModuleSpec>, _ observed: WorkloadObservation, _ context: ReconcileContext
  ) -> Exported<ModuleSpec> {
    var spec = module.spec
    let seen = WorkloadExport(
      observed.containers, declared: (image: spec.image, limits: spec.containerLimits))
    var remarks = seen.remarks
    if let image = seen.image { spec.image = image }
    if let limits = seen.limits, limits != spec.containerLimits {
      spec.limits = LimitSettings(limits, else: spec.limits ?? LimitSettings())
    }
    let replicas = Set(observed.containers.map(\.labels.replica))
    if replicas == Set(0..<replicas.count) {
      spec.placement.replicas = replicas.count
    } else {
      let missing = Set(0..<(replicas.max() ?? 0)).subtracting(replicas).sorted().map(String.init)
      remarks.append("replica \(missing.joined(separator: ", ")) is missing while later ones are there")
    }
    return Exported(spec, remarks: remarks)
  }
}
