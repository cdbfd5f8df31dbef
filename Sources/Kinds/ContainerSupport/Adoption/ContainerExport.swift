package import KindSupport
package import Model

/// The inverse of comparing containers with a plan: a spec corrected by the containers of its resource.
package enum ContainerExport {
  package static func export<Spec: ContainerizedSpec>(
    _ resource: Resource<Spec>, _ observed: WorkloadObservation, _ context: ReconcileContext
  ) -> Exported<Spec> {
    var spec = resource.spec
    var remarks = correct(&spec, by: observed.containers)
    for container in observed.containers {
      let fields = outsideChanges(of: container, resource, context)
      if !fields.isEmpty {
        remarks.append("container \(container.name) was changed outside: \(fields.joined(separator: ", "))")
      }
    }
    return Exported(spec, remarks: remarks)
  }

  /// The fields in which a container differs from the manifest, apart from image and limits.
  private static func outsideChanges<Spec: ContainerizedSpec>(
    of container: ContainerObservation, _ resource: Resource<Spec>, _ context: ReconcileContext
  ) -> [String] {
    let offer = container.labels.node.flatMap { context.offers.compute[$0] }
    guard let template = resource.spec.template(on: offer) else { return [] }
    let plan = ContainerPlan(
      for: resource, node: container.labels.node, engine: container.engine, template: template,
      volumes: context.claims.mounts(of: resource))
    return container.changes(to: plan).map(\.change.path)
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
