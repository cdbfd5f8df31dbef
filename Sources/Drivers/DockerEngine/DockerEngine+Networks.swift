import HTTP
import Model

// The networks of containers. `id` is a container's id or name, `network` a network's id or name.
extension DockerEngine {
  /// Connects the container. While it runs, its ports are published again. Fails where it is connected
  /// already.
  package func connect(_ id: String, to network: String) async throws(DockerError) {
    try await change("connect", id, network)
  }

  /// Disconnects the container, also while it runs. Its ports are no longer published where it has no other
  /// network.
  package func disconnect(_ id: String, from network: String) async throws(DockerError) {
    try await change("disconnect", id, network)
  }

  private func change(_ action: String, _ id: String, _ network: String) async throws(DockerError) {
    try await call(
      .post, "/networks/\(PercentEncoding.encode(network))/\(action)",
      body: .members(["Container": .string(id)]), about: "container \(id) and network \(network)")
  }
}
