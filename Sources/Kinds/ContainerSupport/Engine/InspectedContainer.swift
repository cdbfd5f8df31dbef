internal import Model

/// A container as an engine reports it.
package struct InspectedContainer: Sendable {
  package var observation: ContainerObservation
  /// Its address in the engine's network; nil while it does not run.
  package var address: String?
  /// Host addresses of its published TCP ports, by container port.
  package var published: [Int: HostPort]

  package struct HostPort: Hashable, Sendable {
    /// As in a URL: IPv6 in brackets.
    package let address: String
    package let port: Int

    package init(address: String, port: Int) {
      self.address = address
      self.port = port
    }
  }

  package init(observation: ContainerObservation, address: String?, published: [Int: HostPort] = [:]) {
    self.observation = observation
    self.address = address
    self.published = published
  }
}
