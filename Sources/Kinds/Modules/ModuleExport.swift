package import ContainerSupport
package import KindSupport
package import Model

/// The inverse of `ModulePlanner`: the spec of a module corrected by its containers.
package enum ModuleExport {
  package static func export(
    _ module: Resource<ModuleSpec>, _ observed: WorkloadObservation, _ context: ReconcileContext
  ) -> Exported<ModuleSpec> {
    let exported = ContainerExport.export(module, observed, context)
    var (spec, remarks) = (exported.spec, exported.remarks)
    let replicas = Set(observed.containers.map(\.labels.replica))
    if replicas == Set(0..<replicas.count) {
      spec.placement.replicas = replicas.count
    } else {
      let missing = Set(0..<(replicas.max() ?? 0)).subtracting(replicas).sorted().map(String.init)
      remarks.append("replica \(missing.joined(separator: ", ")) is missing while later ones exist")
    }
    return Exported(spec, remarks: remarks)
  }
}
