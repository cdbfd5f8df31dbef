internal import Concurrency
internal import ContainerSupport
internal import JobModel
internal import Model
internal import Reconciling

/// What is on a node.
struct NodeLook: Hashable, Sendable {
  /// Digests of the images of its healthy containers, sorted.
  var images: [String]
  var containers: Int
  /// Of the engine's answer to the least of calls.
  var roundTripMicroseconds: Int64

  /// - Parameter running: attempts.
  func heartbeat(of node: DirectNode, running: Int) -> WorkerHeartbeat {
    WorkerHeartbeat(
      node: node.name, images: images, canPull: false, roundTripMicroseconds: roundTripMicroseconds,
      report: .members([
        "engine": .string(node.engine.description), "healthyContainers": .integer(Int64(containers)),
        "attempts": .integer(Int64(running)),
      ]))
  }
}

extension DirectRunner.Parts {
  private static let probesAtOnce = 16

  func look(at node: DirectNode) async -> Result<NodeLook, BackendError> {
    do throws(BackendError) {
      let engine = try engines.engine(at: node.engine)
      let before = time.now()
      try await engine.ping()
      let roundTrip = max(time.now().microseconds - before.microseconds, 0)
      let modules = Dictionary(await modules().map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
      let there = try await engine.containers(of: Set(modules.keys), owner: owner).filter {
        $0.observation.labels.node == node.id
      }
      let checked = await mapConcurrently(there, limit: Self.probesAtOnce) { [probe, time] facts in
        let rule = modules[facts.observation.labels.resource]?.health ?? .running
        return await probe.check(facts, by: rule, now: time.now())
      }
      let healthy = checked.filter(\.isHealthy)
      let images = Set(healthy.compactMap { PinnedImage($0.image)?.digest.hex }).sorted()
      return .success(
        NodeLook(images: images, containers: healthy.count, roundTripMicroseconds: roundTrip))
    } catch {
      return .failure(error)
    }
  }
}
