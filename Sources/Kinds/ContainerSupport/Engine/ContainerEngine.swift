package import Model

/// A container engine. `DockerHost` implements it with the Docker driver, tests implement it in memory. Every
/// call may be repeated, and every error names the engine.
package protocol ContainerEngine: Sendable {
  /// The containers of these resources, in any state, that carry these marks: one list call, and one
  /// inspection per container. Their health is the engine's report; `HealthProbe` adds the checks over HTTP.
  func containers(
    of resources: Set<ResourceID>, _ marks: Marks
  ) async throws(BackendError) -> [InspectedContainer]

  /// Nil where no container has this id.
  func container(_ id: String) async throws(BackendError) -> InspectedContainer?

  /// A container by its id or name, with everything that a manifest could declare about it. Nil where there
  /// is none.
  func unmanagedContainer(_ id: String) async throws(BackendError) -> UnmanagedContainer?

  /// The container that has a name, managed or not. Nil: the name is free.
  func holder(ofName name: String) async throws(BackendError) -> NameHolder?

  /// Creates a volume unless it exists.
  /// - Parameter isOwn: whether an existing volume with these labels may be used.
  /// - Throws: `volume.foreign` where it may not.
  func ensureVolume(
    _ name: String, labels: [String: String], isOwn: @escaping @Sendable ([String: String]) -> Bool
  ) async throws(BackendError)

  /// Creates a stopped container, after pulling its image where the engine does not have it.
  /// - Returns: the container's id.
  /// - Throws: `docker.nameTaken` where the name is in use.
  func create(_ request: ContainerRequest) async throws(BackendError) -> String

  /// Starts or unpauses. Does nothing where the container runs.
  func start(_ id: String) async throws(BackendError)
  /// Does nothing where the container does not run or does not exist.
  func stop(_ id: String) async throws(BackendError)
  /// Removes a container in any state; its named volumes stay. Does nothing where it does not exist.
  func remove(_ id: String) async throws(BackendError)
  /// As `remove`, and anonymous volumes stay too: those of an adopted container may hold its data.
  func removeKeepingVolumes(_ id: String) async throws(BackendError)
  func rename(_ id: String, to name: String) async throws(BackendError)
  /// Sets the limits, and the restart policy and swap of every container of the platform.
  func update(_ id: String, to limits: ContainerLimits) async throws(BackendError)
  /// Connects a container to a network to which it is not connected. Publishes its ports again while it runs.
  func connect(_ id: String, to network: String) async throws(BackendError)
  func disconnect(_ id: String, from network: String) async throws(BackendError)
  /// Reports the resource of every container of this owner whose state, limits or health change, including
  /// changes by this process, until the engine closes the connection.
  /// - Parameter connected: called once, when the subscription is established.
  func watch(
    owner: String, connected: @Sendable () -> Void, changed: @Sendable (ResourceID) -> Void
  ) async throws(BackendError)

  func info() async throws(BackendError) -> EngineInfo
  /// The labels of the volumes that carry all of these labels, by volume name.
  func volumes(labelled labels: [String: String]) async throws(BackendError) -> [String: [String: String]]
  /// Removes a volume with its data. Does nothing where it does not exist.
  func removeVolume(_ name: String) async throws(BackendError)
  /// The names of the containers with these marks by the node on which they are placed, sorted.
  func containersByNode(_ marks: Marks) async throws(BackendError) -> [ResourceID: [String]]
  /// Succeeds when the engine answers; the cheapest call.
  func ping() async throws(BackendError)
  /// Runs a command inside a container until it exits. The command does not outlive the call, even where the
  /// task is cancelled.
  /// - Parameter errorLine: receives each line of standard error as it is written.
  func run(
    _ command: ContainerCommand, in id: String, errorLine: @escaping @Sendable ([UInt8]) -> Void
  ) async throws(BackendError) -> CommandResult
  /// The last lines of the container's output and errors, without the values of its variables.
  func lastLines(of id: String, count: Int) async throws(BackendError) -> [String]
}

extension ContainerEngine {
  package func unmanagedContainer(_ id: String) async throws(BackendError) -> UnmanagedContainer? { nil }
  package func removeKeepingVolumes(_ id: String) async throws(BackendError) { try await remove(id) }
  package func ping() async throws(BackendError) { _ = try await info() }
  package func run(
    _ command: ContainerCommand, in id: String, errorLine: @escaping @Sendable ([UInt8]) -> Void
  ) async throws(BackendError) -> CommandResult {
    throw BackendError(
      code: "engine.runsNothing", "this engine cannot run commands in containers", retry: .afterChange)
  }
}
