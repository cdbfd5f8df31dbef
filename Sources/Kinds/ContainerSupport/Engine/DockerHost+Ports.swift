internal import DockerEngine
internal import Model

extension DockerHost {
  /// The same error with the program that has the port.
  /// - Parameter id: the container that could not be started.
  func portTaken(_ error: DockerError, by id: String) async -> BackendError {
    guard let wanted = try? await docker.inspectContainer(id)?.ports.compactMap({ PortBinding($0)?.host }),
      let others = try? await docker.listContainers(all: false)
    else { return error.backendError }
    for other in others where other.id != id {
      for host in other.ports.compactMap({ PortBinding($0)?.host })
      where wanted.contains(where: host.overlaps) {
        return taken(
          "host port \(host) is published by container \(other.name), which belongs to "
            + ContainerLabels.ownerPhrase(other.labels), error)
      }
    }
    let ports = wanted.map(\.description).joined(separator: ", ")
    return taken("a program outside Docker listens on one of the host ports \(ports)", error)
  }

  private func taken(_ message: String, _ error: DockerError) -> BackendError {
    let translated = error.backendError
    return BackendError(
      code: "port.taken", "Docker at \(docker.endpoint): \(message)", hint: translated.hint,
      retry: translated.retry, effect: translated.effect)
  }
}
