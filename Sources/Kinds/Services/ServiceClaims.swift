internal import ContainerSupport
internal import Manifests
package import Model

/// The host ports and volumes of a service, and the container that it adopts.
package enum ServiceClaims {
  /// - Parameter canonical: the address under which the controller knows an engine.
  package static func of(
    _ service: Resource<ServiceSpec>, in context: ClaimContext,
    canonical: (EngineAddress) -> EngineAddress
  ) -> [ThingClaim] {
    var claims: [ThingClaim] = []
    guard let engine = ServicePlanner.engine(for: service.spec, in: context.offers).map(canonical) else {
      return claims
    }
    for (index, port) in service.spec.ports.enumerated() {
      claims.append(
        ThingClaim(
          .hostPort(port.host, on: engine), field: "spec.ports[\(index)]", role: "port.\(port.host)"))
    }
    for volume in service.spec.volumes.keys.sorted() {
      claims.append(
        ThingClaim(
          .volume(context.volumeName(volume, of: service.id), on: engine), field: "spec.volumes.\(volume)",
          role: ClaimContext.role(ofVolume: volume)))
    }
    // A volume that the platform created has one owner; others may be shared.
    for volume in service.spec.externalVolumes.keys.sorted() where Marks.isOwnName(volume) {
      claims.append(
        ThingClaim(
          .volume(volume, on: engine), field: "spec.externalVolumes.\(volume)",
          role: "externalVolume.\(volume)"))
    }
    if let adoption = service.metadata.adoption {
      claims.append(
        ThingClaim(
          .container(adoption.description, on: engine), field: "metadata.annotations", role: "adopted"))
    }
    return claims
  }
}
