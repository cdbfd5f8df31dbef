package import Model

/// Asks a container over HTTP whether it works. Returns nil when it does, else what was wrong, in a few words.
package typealias HTTPProbe = @Sendable (_ address: ContainerFacts.HostPort, _ path: String) async -> String?

/// Tells how containers are doing: what the engine knows, completed by checks from outside.
package struct HealthProbe: Sendable {
  private let get: HTTPProbe

  package init(get: @escaping HTTPProbe) { self.get = get }

  /// - Parameter now: a container that is too young to be judged by then counts as starting; nil while somebody waits
  ///   for the container, who is told what is wrong with it at any age.
  package func check(
    _ facts: ContainerFacts, by check: HealthRule, now: Timestamp?
  ) async -> ContainerObservation {
    var observation = facts.observation
    guard observation.state == .running else { return observation }
    if check == .running, let now, observation.wasRestartedJustBefore(now) {
      observation.health = .failing("it exits again and again, \(observation.restarts) restarts so far")
    }
    guard case .http(let port, let path, let within) = check else { return observation }
    guard let target = facts.reachablePort(port) else {
      observation.health = .failing("it has no address to be asked at")
      return observation
    }
    guard let problem = await get(target, path) else {
      observation.health = .good
      return observation
    }
    let isYoung =
      now.map { now in observation.startedAt.map { now < $0 + within } ?? false } ?? false
    observation.health = isYoung ? .starting : .failing("GET \(path) on port \(port): \(problem)")
    return observation
  }
}

extension ContainerObservation {
  /// A container that exits at once is seen running most of the time.
  fileprivate func wasRestartedJustBefore(_ now: Timestamp) -> Bool {
    restarts > 0 && startedAt.map { now < $0 + TimeSpan(seconds: 10) } ?? false
  }
}

extension ContainerFacts {
  /// Where a port inside is reached from here: through the host where it is published, else at the container's own
  /// address, which only works for engines on this machine.
  package func reachablePort(_ port: Int) -> HostPort? {
    if let published = published[port] {
      let isAny = published.address.isEmpty || published.address == "0.0.0.0"
      return HostPort(address: isAny ? PortBinding.loopback : published.address, port: published.port)
    }
    return address.map { HostPort(address: $0, port: port) }
  }
}
