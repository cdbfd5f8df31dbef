package import Model

/// Sends a health check over HTTP. Returns nil when it passes, else the problem in a few words.
package typealias HTTPProbe =
  @Sendable (_ address: InspectedContainer.HostPort, _ path: String) async -> String?

/// Determines the health of containers from the engine's report and from checks over HTTP.
package struct HealthProbe: Sendable {
  private let get: HTTPProbe

  package init(get: @escaping HTTPProbe) { self.get = get }

  /// A container that was restarted a moment ago is not healthy, whatever its check says.
  /// - Parameter now: a container that fails its check but is younger than the rule allows then counts as
  ///   starting. Nil: age does not matter, for a caller that waits for the container and reports its problem.
  package func check(
    _ container: InspectedContainer, by rule: HealthRule, now: Timestamp?
  ) async -> ContainerObservation {
    var observation = container.observation
    if let now, let loop = observation.crashLoop(at: now) {
      observation.crashLoop = loop
      observation.health = .failing("it \(loop.message)")
      return observation
    }
    guard observation.state == .running else { return observation }
    guard case .http(let port, let path, let within) = rule else { return observation }
    guard let target = container.reachablePort(port) else {
      observation.health = .failing("it has no address for the request")
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

extension InspectedContainer {
  /// Where the controller reaches a port of the container: the published host port, else the container's own
  /// address, which works only for engines on the same machine. Nil: the container has neither.
  package func reachablePort(_ port: Int) -> HostPort? {
    if let published = published[port] {
      let address =
        switch published.address {
        case "", HostAddress.any4.description: HostAddress.loopback4.description
        case HostAddress.any6.description: "[::1]"
        default: published.address
        }
      return HostPort(address: address, port: published.port)
    }
    return address.map { HostPort(address: $0, port: port) }
  }
}
