internal import ContainerSupport
internal import Manifests
internal import Model
internal import Planning

/// The adoption of an existing container by a service.
enum ServiceAdoption {
  /// Checks that the annotation is valid and that no other service adopts the same container: each would
  /// remove what the other needs.
  static func check(_ desired: Resource<ServiceSpec>?, _ context: PlanContext) throws(PlanError) {
    let metadata = desired?.metadata ?? context.lastApplied?.metadata
    guard let text = metadata?.annotations[Adoption.annotation] else { return }
    guard let adoption = Adoption(text) else {
      guard desired != nil else { return }
      throw PlanError(
        "\(context.id) cannot adopt ‘\(text)’",
        hint: "write the container’s name and the first 12 digits of its id: "
          + "`\(Adoption.annotation): legacy-web@0123456789ab`")
    }
    let others = context.reconcile.offers.adoptions.filter {
      $0.key != context.id && $0.value.overlaps(adoption)
    }
    guard let other = others.keys.min() else { return }
    throw PlanError(
      "container \(adoption.name) is adopted by \(other) as well as by \(context.id)",
      hint:
        "a container belongs to one resource; remove the annotation \(Adoption.annotation) from one of them")
  }

  /// The containers of a service. A container that the manifest no longer adopts still belongs to the service
  /// but matches no plan, so it is replaced.
  static func containers(
    _ observed: WorkloadObservation?, for desired: Resource<ServiceSpec>
  ) -> [ContainerObservation] {
    (observed?.containers ?? []).map { container in
      guard let adopted = container.adopted,
        desired.metadata.adoption?.matches(containerID: container.id) != true
      else { return container }
      var container = container
      container.adopted = adopted.released
      return container
    }
  }

  /// The offer of a service: the container that it adopts is taken.
  static func offer(of service: Resource<ServiceSpec>) -> Offer? {
    service.metadata.adoption.map(Offer.adoption)
  }
}
