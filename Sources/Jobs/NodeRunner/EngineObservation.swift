internal import Concurrency
internal import ContainerSupport
internal import JobModel
internal import Model
internal import Reconciling

/// The containers of a node as its engine reports them.
struct EngineObservation: Hashable, Sendable {
  /// Digests of the images of the healthy containers, sorted.
  var images: [String]
  var healthyContainers: Int
  /// How long the engine took to answer a ping.
  var roundTripMicroseconds: Int64

  /// - Parameter running: the number of attempts that run on the node.
  func heartbeat(of node: ResourceID, on engine: EngineAddress, running: Int) -> WorkerHeartbeat {
    WorkerHeartbeat(
      node: node.name, images: images, canPull: false, roundTripMicroseconds: roundTripMicroseconds,
      report: .members([
        "engine": .string(engine.description), "healthyContainers": .integer(Int64(healthyContainers)),
        "attempts": .integer(Int64(running)),
      ]))
  }
}

extension LocalRunner.Dependencies {
  private static let maxConcurrentProbes = 16

  /// Fails when the engine does not answer.
  func observe(
    _ node: ResourceID, on address: EngineAddress
  ) async -> Result<EngineObservation, BackendError> {
    do throws(BackendError) {
      let engine = try engines.engine(at: address)
      let start = time.now()
      try await engine.ping()
      let roundTrip = max(time.now().microseconds - start.microseconds, 0)
      let containers = try await engine.containers(of: Set(await modules().keys), marks).filter {
        $0.observation.labels.node == node
      }
      let checked = await mapConcurrently(containers, limit: Self.maxConcurrentProbes) {
        [probe, time] facts in
        await probe.check(facts, by: .running, now: time.now())
      }
      let healthy = checked.filter(\.isHealthy)
      let images = Set(healthy.compactMap { PinnedImage($0.image)?.digest.hex }).sorted()
      return .success(
        EngineObservation(
          images: images, healthyContainers: healthy.count, roundTripMicroseconds: roundTrip))
    } catch {
      return .failure(error)
    }
  }
}
