internal import ContainerSupport
internal import HTTP
internal import JobModel
internal import Model
internal import Reconciling

/// Does the work of one attempt in a container of its module.
struct AttemptExecution: Sendable {
  private let order: WorkOrder
  private let module: DirectModule
  private let node: DirectNode
  private let parts: DirectRunner.Parts
  private let running: RunningAttempts
  private let lease: TimeSpan

  init(
    _ order: WorkOrder, of module: DirectModule, on node: DirectNode, parts: DirectRunner.Parts,
    running: RunningAttempts, lease: TimeSpan
  ) {
    self.order = order
    self.module = module
    self.node = node
    self.parts = parts
    self.running = running
    self.lease = lease
  }

  /// What a module finds of the attempt in its environment; over HTTP the same is said by `gpuHeader`.
  private var environment: [String: String] {
    guard let gpu = order.gpu else { return [:] }
    return ["RENDERTRUST_GPU": String(gpu), "CUDA_VISIBLE_DEVICES": String(gpu)]
  }

  private static let gpuHeader = "RenderTrust-GPU"

  /// How long it may take. Both times of an order are the scheduler's, whose clock need not agree with this
  /// one: where this one goes ahead, it is they that count. That a job's time is up is also said by the
  /// scheduler itself.
  private var timeLeft: TimeSpan {
    max(
      order.stopAt - parts.time.now(),
      TimeSpan(milliseconds: (order.stopAt - order.leaseUntil).milliseconds + lease.milliseconds))
  }

  /// Nothing of it goes on when this returns; what a container makes of a request that was broken off is its
  /// own affair.
  /// - Parameter hear: what the module says about how it goes.
  func run(hear: @escaping @Sendable (ProgressLine) -> Void) async -> ExecutionEnd {
    do throws(BackendError) {
      let engine = try parts.engines.engine(at: node.engine)
      guard let container = try await container(on: engine) else { return .noContainer }
      let left = timeLeft
      guard left.milliseconds > 0 else { return .timedOut }
      switch module.interface {
      case .stdio(let line):
        let command = ContainerCommand(
          line, input: order.input.jsonBytes(), environment: environment,
          mostOutput: AttemptOutcome.mostOutput, timeout: left.duration)
        return await run(command, in: container, on: engine, hear: hear)
      case .http(let port, let path):
        return await post(to: port, path, within: left, in: container, on: engine)
      }
    } catch {
      return end(of: error)
    }
  }

  private func container(on engine: any ContainerEngine) async throws(BackendError) -> ContainerFacts? {
    let all = try await engine.containers(of: [module.id], owner: parts.owner)
    let fit = all.filter {
      $0.observation.labels.node == node.id && $0.observation.isHealthy
        && PinnedImage($0.observation.image)?.digest.hex == order.image
    }
    let chosen = running.choose(among: fit.map(\.observation.id), for: order.attempt)
    return fit.first { $0.observation.id == chosen }
  }

  private func run(
    _ command: ContainerCommand, in container: ContainerFacts, on engine: any ContainerEngine,
    hear: @escaping @Sendable (ProgressLine) -> Void
  ) async -> ExecutionEnd {
    do throws(BackendError) {
      let result = try await engine.run(command, in: container.observation.id) { line in
        if let progress = ProgressLine(line) { hear(progress) }
      }
      if result.end == .exited(137), await isGone(container, on: engine) { return .containerGone }
      return .command(result, command: command.line)
    } catch {
      return await isGone(container, on: engine) ? .containerGone : end(of: error)
    }
  }

  private func post(
    to port: Int, _ path: String, within left: TimeSpan, in container: ContainerFacts,
    on engine: any ContainerEngine
  ) async -> ExecutionEnd {
    guard let target = container.reachablePort(port) else {
      return .unreachable("its container has no address for port \(port)")
    }
    var request = HTTPRequest(.post, "http://\(target.address):\(target.port)\(path)")
    request.add("Content-Type", "application/json")
    if let gpu = order.gpu { request.add(Self.gpuHeader, String(gpu)) }
    request.body = order.input.jsonBytes()
    request.connectTimeout = min(left.duration, .seconds(10))
    request.totalTimeout = left.duration
    request.maximumResponseBytes = AttemptOutcome.mostOutput
    do throws(HTTPError) {
      let response = try await parts.http.send(request)
      return .answer(status: response.status, body: response.body)
    } catch {
      switch error.code {
      case .cancelled, .closed: return .runnerEnds
      case .tooLarge: return .tooMuchOutput
      case .timedOut where parts.time.now() >= order.stopAt: return .timedOut
      default: return await isGone(container, on: engine) ? .containerGone : .unreachable(error.description)
      }
    }
  }

  private static let looks = 10
  private static let lookPause = TimeSpan(milliseconds: 100)

  /// Whether it is known not to run on since the work began. An engine tells of the end of a container a
  /// moment after that of the processes in it.
  private func isGone(_ container: ContainerFacts, on engine: any ContainerEngine) async -> Bool {
    for look in 0..<Self.looks {
      if look > 0, (try? await parts.time.sleep(Self.lookPause)) == nil { return false }
      let now: ContainerFacts?
      do throws(BackendError) {
        now = try await engine.container(container.observation.id)
      } catch {
        return false
      }
      guard let now = now?.observation, now.state == .running,
        now.startedAt == container.observation.startedAt
      else { return true }
    }
    return false
  }

  private func end(of error: BackendError) -> ExecutionEnd {
    error.code == "docker.cancelled" || Task.isCancelled ? .runnerEnds : .unreachable(error.message)
  }
}
