internal import ContainerSupport
internal import Manifests
package import Model

extension ModuleSpec {
  /// What the module offers to the scheduler.
  package var work: WorkOffer {
    WorkOffer(
      jobType: jobType, image: image.digest, imageReference: image.pullReference, needs: computeNeeds,
      developer: String(developer.dropFirst("account/".count)), price: price?.credits,
      unit: price?.per ?? "job", interface: serves.work)
  }
}

extension ModuleInterface {
  fileprivate var work: WorkInterface {
    switch self {
    case .http(let http): .http(port: Int(http.port.number), path: http.run.path)
    case .stdio(let stdio): .stdio(command: stdio.command)
    }
  }
}
