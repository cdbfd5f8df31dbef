package import KindSupport
package import Model

/// The inverse of comparing containers with a plan: a spec corrected by the containers of its resource.
package enum ContainerExport {
  package static func export<Spec: ContainerizedSpec>(
    _ resource: Resource<Spec>, _ observed: WorkloadObservation, _ context: ReconcileContext
  ) -> Exported<Spec> {
    var spec = resource.spec
    let remarks = correct(&spec, by: observed.containers)
    return Exported(spec, remarks: remarks)
  }

  /// Corrects image and limits where all containers agree.
  /// - Returns: the differences that a plan would still change.
  private static func correct<Spec: ContainerizedSpec>(
    _ spec: inout Spec, by containers: [ContainerObservation]
  ) -> [String] {
    var remarks: [String] = []
    let images = Set(containers.map(\.image))
    if let image = images.first, images.count == 1 {
      let isDeclared = containers.contains { $0.adopted != nil } || image == spec.image.pullReference
      if !isDeclared, let image = PinnedImage(image) { spec.image = image }
    } else {
      remarks.append("its containers run \(images.count) different images")
    }
    let allLimits = Set(containers.map(\.limits))
    if let limits = allLimits.first, allLimits.count == 1 {
      if limits != spec.containerLimits { spec.setLimits(limits) }
      if limits.memory == nil || limits.cores == nil || limits.pids == nil {
        remarks.append("a limit was removed, which no manifest can declare")
      }
    } else {
      remarks.append("its containers have different limits")
    }
    for container in containers where container.state != .running {
      remarks.append("container \(container.name) does not run")
    }
    return remarks
  }
}
