package import Model

/// What is needed of an engine. `DockerHost` does it through the Docker driver, tests do it in memory. All calls may
/// be repeated, and all errors name the engine.
package protocol ContainerEngine: Sendable {
  /// Containers of these resources, in any state, that carry this owner's label; one call to the engine, plus what cannot
  /// be read from a list. Their health says what the engine knows: checks from outside are the observer's.
  func containers(
    of resources: Set<ResourceID>, owner: String
  ) async throws(BackendError) -> [ContainerFacts]

  /// One container; nil: there is none of this id.
  func container(_ id: String) async throws(BackendError) -> ContainerFacts?

  /// A container that was not made here, by its id or name, with all that a manifest could say about it; nil: there is
  /// none.
  func foreignContainer(_ id: String) async throws(BackendError) -> ForeignContainer?

  /// Whoever holds a name, also a container that was not made here; nil: the name is free.
  func holder(ofName name: String) async throws(BackendError) -> NameHolder?

  /// Makes a volume unless it is there; throws `volume.foreign` when one of that name belongs to somebody else.
  func provideVolume(_ name: String, labels: [String: String]) async throws(BackendError)

  /// Makes a container, stopped, and fetches its image before unless it is there. Returns its id; throws
  /// `docker.nameTaken` when the name is in use.
  func create(_ request: ContainerRequest) async throws(BackendError) -> String

  /// Also unpauses. Starting what runs is no error.
  func start(_ id: String) async throws(BackendError)
  /// Stopping what does not run, or is gone, is no error.
  func stop(_ id: String) async throws(BackendError)
  /// Removes in any state, without its named volumes. Removing what is gone is no error.
  func remove(_ id: String) async throws(BackendError)
  /// The same, and anonymous volumes stay too: they may hold what somebody else put there.
  func removeKeepingVolumes(_ id: String) async throws(BackendError)
  func rename(_ id: String, to name: String) async throws(BackendError)
  func update(_ id: String, to limits: ContainerLimits) async throws(BackendError)
  /// Tells of every container of this owner whose state, limits or health change, until the engine ends the
  /// conversation. Own changes are told too.
  /// - Parameter connected: called once, when nothing after is missed.
  func watch(
    owner: String, connected: @Sendable () -> Void, changed: @Sendable (ResourceID) -> Void
  ) async throws(BackendError)

  /// What the engine says about itself and its machine.
  func facts() async throws(BackendError) -> EngineFacts
  /// Labels of the volumes that carry all of these labels, by name.
  func volumes(labelled labels: [String: String]) async throws(BackendError) -> [String: [String: String]]
  /// Removes a volume with what it holds. Removing what is gone is no error.
  func removeVolume(_ name: String) async throws(BackendError)
  /// Names of this owner's containers by the node that they were placed on, sorted.
  func residents(owner: String) async throws(BackendError) -> [ResourceID: [String]]
  /// Succeeds when the engine answers, with as little work as can be.
  func ping() async throws(BackendError)
  /// Runs a command inside a container to its end. It does not outlive the call, also where the task is cancelled.
  /// - Parameter errorLine: each line of its standard error, as it comes.
  func run(
    _ command: ContainerCommand, in id: String, errorLine: @escaping @Sendable ([UInt8]) -> Void
  ) async throws(BackendError) -> CommandResult
  /// The last lines of output and errors.
  func lastLines(of id: String, count: Int) async throws(BackendError) -> [String]
}

extension ContainerEngine {
  package func foreignContainer(_ id: String) async throws(BackendError) -> ForeignContainer? { nil }
  package func removeKeepingVolumes(_ id: String) async throws(BackendError) { try await remove(id) }
  package func ping() async throws(BackendError) { _ = try await facts() }
  package func run(
    _ command: ContainerCommand, in id: String, errorLine: @escaping @Sendable ([UInt8]) -> Void
  ) async throws(BackendError) -> CommandResult {
    throw BackendError(
      code: "engine.runsNothing", "this engine runs no commands in its containers", retry: .afterChange)
  }
}

/// The container that a name belongs to.
package struct NameHolder: Hashable, Sendable {
  package let id: String
  package let labels: [String: String]

  package init(id: String, labels: [String: String]) {
    self.id = id
    self.labels = labels
  }
}

/// One container to be made.
package struct ContainerRequest: Sendable {
  package let name: String
  package let labels: ContainerLabels
  package let template: ContainerTemplate
  package let limits: ContainerLimits
  /// How long the template's health command may fail before it counts.
  package let startPeriod: TimeSpan
  /// Names and values, with secrets resolved.
  package let environment: [String: Secret]
  /// The engine's names of volumes, and where they stand inside.
  package let mounts: [String: String]

  package init(
    name: String, labels: ContainerLabels, template: ContainerTemplate, limits: ContainerLimits,
    startPeriod: TimeSpan, environment: [String: Secret], mounts: [String: String]
  ) {
    self.name = name
    self.labels = labels
    self.template = template
    self.limits = limits
    self.startPeriod = startPeriod
    self.environment = environment
    self.mounts = mounts
  }
}

/// One container as an engine tells it.
package struct ContainerFacts: Sendable {
  package var observation: ContainerObservation
  /// Its address in the engine's network; nil while it does not run.
  package var address: String?
  /// Host addresses of its published TCP ports, by the port inside.
  package var published: [Int: HostPort]

  package struct HostPort: Hashable, Sendable {
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
