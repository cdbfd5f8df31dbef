/// Measures what an engine takes for containers when nothing but its API is called, as a yardstick:
///
///     DOCKER_HOST=unix://… bench-containers IMAGE [CONTAINERS] [CONCURRENCY…]
///
/// For each concurrency, creates and starts the containers, two calls each, with as many at work at once, and
/// prints the seconds; then removes them, which is not timed. They are hardened and limited as a `Service`
/// would be. The last line is the best: `best SECONDS at CONCURRENCY`.
import DockerEngine
import FoundationEssentials
import HTTP
import Model

@main
enum ContainerBench {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let image = arguments.first else {
      print("usage: bench-containers IMAGE [CONTAINERS] [CONCURRENCY…]")
      return
    }
    let numbers = arguments.dropFirst().compactMap { Int($0) }
    let count = numbers.first ?? 100
    let widths = numbers.count > 1 ? Array(numbers.dropFirst()) : [1, 2, 4, 8, 16, 32]
    let client = HTTPClient()
    let endpoint = try EngineEndpoint(environment: ProcessInfo.processInfo.environment)
    let engine = DockerEngine(endpoint: endpoint, client: client)
    try await engine.pullImage(image)
    var best: (seconds: Double, width: Int)?
    for width in widths {
      let (seconds, ids) = try await run(count, of: image, width: width, on: engine)
      print("bare API, \(width) at once: \(seconds) s")
      if seconds < best?.seconds ?? .infinity { best = (seconds, width) }
      _ = try await concurrently(ids, width: 16) { id in try await engine.remove(id, force: true) }
    }
    if let best { print("best \(best.seconds) at \(best.width)") }
    client.shutdown()
  }

  private static func run(
    _ count: Int, of image: String, width: Int, on engine: DockerEngine
  ) async throws -> (seconds: Double, ids: [String]) {
    let clock = ContinuousClock()
    let begun = clock.now
    let ids = try await concurrently(Array(0..<count), width: width) { number in
      var configuration = ContainerConfiguration(image: image)
      configuration.resources = ContainerResources(memory: 64 << 20, nanoCPUs: 250_000_000, pids: 32)
      configuration.restart = .unlessStopped
      let id = try await engine.createContainer(name: "bare-\(number)", configuration)
      try await engine.start(id)
      return id
    }
    let milliseconds = (clock.now - begun) / .milliseconds(1)
    return (milliseconds.rounded() / 1000, ids)
  }

  private static func concurrently<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], width: Int, _ body: @escaping @Sendable (Input) async throws -> Output
  ) async throws -> [Output] {
    try await withThrowingTaskGroup(of: Output.self) { group in
      var outputs: [Output] = []
      for (index, input) in inputs.enumerated() {
        if index >= width, let output = try await group.next() { outputs.append(output) }
        group.addTask { try await body(input) }
      }
      for try await output in group { outputs.append(output) }
      return outputs
    }
  }
}
