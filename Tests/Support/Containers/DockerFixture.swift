package import ContainerSupport
package import DockerEngine
package import DockerSupport
internal import HTTP
package import Model
import Synchronization

/// A real engine for one test. Everything that the test creates has the test's owner, by which it is removed.
package struct DockerFixture: Sendable {
  package let bed: DockerTestBed
  package let owner: String
  package let support: ContainerToolkit

  package var engine: DockerEngine { bed.engine }

  /// - Parameter secrets: values by reference. Other references cannot be resolved.
  package static func with<Result: Sendable>(
    secrets: [SecretReference: String] = [:], _ work: (DockerFixture) async throws -> Result
  ) async throws -> Result {
    let bed = try await DockerTestBed.shared()
    let fixture = DockerFixture(bed: bed, owner: "t\(UInt32.random(in: 0...UInt32.max))", secrets: secrets)
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await work(fixture))
    } catch {
      result = .failure(error)
    }
    // A cancelled test (time limit) cleans up too.
    try await Task { try await fixture.cleanUp() }.value
    return try result.get()
  }

  private init(bed: DockerTestBed, owner: String, secrets: [SecretReference: String]) {
    self.bed = bed
    self.owner = owner
    let engine = bed.engine
    let pool = EnginePool(local: .unix(path: "the engine of the tests")) { _ in DockerHost(engine) }
    support = ContainerToolkit(
      engines: pool, probe: HealthProbe.over(bed.client),
      secrets: { reference throws(BackendError) in
        guard let value = secrets[reference] else {
          throw BackendError(code: "secret.missing", "\(reference) is not set", retry: .afterChange)
        }
        return Secret(value)
      })
  }

  private func cleanUp() async throws {
    let labels = [ContainerLabels.owner: owner]
    for container in try await engine.listContainers(labels: labels) {
      try await engine.remove(container.id, force: true)
    }
    for volume in try await engine.listVolumes(labels: labels) { try await engine.removeVolume(volume.name) }
  }

  package func image(_ key: String) throws -> PinnedImage {
    guard let image = bed.images[key].flatMap({ PinnedImage($0) }) else {
      throw SupportError("there is no image \(key)")
    }
    return image
  }

  /// All containers of this test, sorted by name.
  package func containers() async throws -> [ContainerState] {
    let listed = try await engine.listContainers(labels: [ContainerLabels.owner: owner])
    var states: [ContainerState] = []
    for container in listed {
      if let state = try await engine.inspectContainer(container.id) { states.append(state) }
    }
    return states
  }

  /// Changes a container as other clients of the engine do, such as `docker update`.
  /// - Parameter path: below `/v1.41`, such as `/containers/ID/update`.
  package func post(_ path: String, _ body: String) async throws { try await send(.post, path, body) }
  /// Creates a container again as it is, stopped, with other labels.
  package func createAgain(_ container: ContainerState, labels: [String: String]) async throws {
    let found = try await engine.inspection(ofContainer: container.id)
    guard let found, case .object(var config)? = found["Config"], let host = found["HostConfig"] else {
      throw SupportError("container \(container.name) is gone")
    }
    config.removeAll { $0.key == "Labels" || $0.key == "Hostname" }
    config.append(Value.Member("Labels", .object(labels.mapValues(Value.string))))
    config.append(Value.Member("HostConfig", host))
    try await engine.remove(container.id, force: true)
    try await post("/containers/create?name=\(container.name)", Value.object(config).json)
  }

  package func delete(_ path: String) async throws { try await send(.delete, path, "") }

  private func send(_ method: HTTPMethod, _ path: String, _ body: String) async throws {
    guard case .unix(let socket) = engine.endpoint.address else {
      throw SupportError("the engine of the tests has no socket")
    }
    var request = HTTPRequest(method, "http://docker/v1.41\(path)", unixSocket: socket)
    request.body = Array(body.utf8)
    request.add("Content-Type", "application/json")
    let answer = try await bed.client.send(request)
    guard answer.status < 400 else { throw SupportError("\(path): \(answer.status) \(answer.text)") }
  }

  package func volumes() async throws -> [VolumeState] {
    try await engine.listVolumes(labels: [ContainerLabels.owner: owner])
  }

  /// The marks of what the test creates.
  package var marks: Marks { Marks(controller: owner, environment: "dev") }

  package func context(_ compute: [String: ComputeOffer] = [:]) -> ReconcileContext {
    .test(owner: owner, compute: compute)
  }
}
