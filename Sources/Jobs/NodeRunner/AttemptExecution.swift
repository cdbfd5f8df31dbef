internal import ContainerSupport
internal import HTTP
internal import JobModel
internal import Model
internal import Reconciling

/// Executes one attempt in a container of its module.
struct AttemptExecution: Sendable {
  private let order: WorkOrder
  private let module: WorkOffer
  private let node: ResourceID
  private let engine: EngineAddress
  private let dependencies: LocalRunner.Dependencies
  private let running: RunningAttempts
  private let lease: TimeSpan

  init(
    _ order: WorkOrder, of module: WorkOffer, on node: ResourceID, engine: EngineAddress,
    dependencies: LocalRunner.Dependencies, running: RunningAttempts, lease: TimeSpan
  ) {
    self.order = order
    self.module = module
    self.node = node
    self.engine = engine
    self.dependencies = dependencies
    self.running = running
    self.lease = lease
  }

  /// The variables that describe the attempt to a command. An HTTP request carries `gpuHeader` instead.
  private var environment: [String: String] {
    guard let gpu = order.gpu else { return [:] }
    return ["RENDERTRUST_GPU": String(gpu), "CUDA_VISIBLE_DEVICES": String(gpu)]
  }

  private static let gpuHeader = "RenderTrust-GPU"

  /// The time that the attempt may take. Both times of the order come from the scheduler's clock; where this
  /// clock is ahead of it, the difference between the two counts. The scheduler also reports when the job's
  /// time is up.
  private var timeLeft: TimeSpan {
    max(order.stopAt - dependencies.time.now(), order.stopAt - order.leaseUntil + lease)
  }

  /// Returns once the command or request has ended. A container may still work on a request that was aborted.
  /// - Parameter onProgress: receives the progress that the module reports.
  func run(onProgress: @escaping @Sendable (ProgressLine) -> Void) async -> ExecutionEnd {
    do throws(BackendError) {
      let engine = try dependencies.engines.engine(at: engine)
      guard let container = try await container(on: engine) else { return .noContainer }
      let timeout = timeLeft
      guard timeout.milliseconds > 0 else { return .timedOut }
      switch module.interface {
      case .stdio(let line):
        var command = ContainerCommand(
          line, input: order.input.jsonBytes(), maxOutputBytes: AttemptOutcome.maxOutputBytes,
          timeout: timeout.duration)
        command.environment = environment
        return await run(command, in: container, on: engine, onProgress: onProgress)
      case .http(let port, let path):
        return await post(to: port, path, timeout: timeout, in: container, on: engine)
      }
    } catch {
      return end(of: error)
    }
  }

  private func container(on engine: any ContainerEngine) async throws(BackendError) -> InspectedContainer? {
    let all = try await engine.containers(of: [order.moduleID], dependencies.marks)
    let candidates = all.filter {
      $0.observation.labels.node == node && $0.observation.isHealthy
        && PinnedImage($0.observation.image)?.digest.hex == order.image
    }
    let chosen = running.assignContainer(from: candidates.map(\.observation.id), to: order.attempt)
    return candidates.first { $0.observation.id == chosen }
  }

  private func run(
    _ command: ContainerCommand, in container: InspectedContainer, on engine: any ContainerEngine,
    onProgress: @escaping @Sendable (ProgressLine) -> Void
  ) async -> ExecutionEnd {
    do throws(BackendError) {
      let result = try await engine.run(command, in: container.observation.id) { line in
        if let progress = ProgressLine(line) { onProgress(progress) }
      }
      if result.end == .exited(137), await hasExited(container, on: engine) { return .containerExited }
      return .command(result, command: command.line)
    } catch {
      return await hasExited(container, on: engine) ? .containerExited : end(of: error)
    }
  }

  private func post(
    to port: Int, _ path: String, timeout: TimeSpan, in container: InspectedContainer,
    on engine: any ContainerEngine
  ) async -> ExecutionEnd {
    guard let target = container.reachablePort(port) else {
      return .unreachable("the container has no address for port \(port)")
    }
    var request = HTTPRequest(.post, "http://\(target.address):\(target.port)\(path)")
    request.add("Content-Type", "application/json")
    if let gpu = order.gpu { request.add(Self.gpuHeader, String(gpu)) }
    request.body = order.input.jsonBytes()
    request.connectTimeout = min(timeout.duration, .seconds(10))
    request.totalTimeout = timeout.duration
    request.maximumResponseBytes = AttemptOutcome.maxOutputBytes
    do throws(HTTPError) {
      let response = try await dependencies.http.send(request)
      return .answer(status: response.status, body: response.body)
    } catch {
      switch error.code {
      case .cancelled, .closed: return .runnerStopped
      case .tooLarge: return .tooMuchOutput
      case .timedOut where dependencies.time.now() >= order.stopAt: return .timedOut
      default:
        return await hasExited(container, on: engine) ? .containerExited : .unreachable(error.description)
      }
    }
  }

  private static let exitChecks = 10
  private static let exitCheckInterval = TimeSpan(milliseconds: 100)

  /// Whether the container is known to have exited or restarted since the attempt began. Checks repeatedly,
  /// because an engine reports the exit of a container slightly later than that of its processes.
  private func hasExited(_ container: InspectedContainer, on engine: any ContainerEngine) async -> Bool {
    for check in 0..<Self.exitChecks {
      if check > 0, (try? await dependencies.time.sleep(Self.exitCheckInterval)) == nil { return false }
      let current: InspectedContainer?
      do throws(BackendError) {
        current = try await engine.container(container.observation.id)
      } catch {
        return false
      }
      guard let current = current?.observation, current.state == .running,
        current.startedAt == container.observation.startedAt
      else { return true }
    }
    return false
  }

  private func end(of error: BackendError) -> ExecutionEnd {
    error.code == "docker.cancelled" || Task.isCancelled ? .runnerStopped : .unreachable(error.message)
  }
}

extension WorkOrder {
  var moduleID: ResourceID { ResourceID(kind: "Module", name: module) }
}
