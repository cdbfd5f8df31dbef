package import DockerEngine
import FoundationEssentials
import Glibc
package import HTTP
import Model

/// A Docker engine and a registry with the development images, for tests against a real engine.
///
/// Entry file: this one. Started once per test process on first use, below a temporary folder, by the same
/// scripts that `make up` uses (`scripts/docker-engine.sh`, `scripts/images.sh`), and stopped when the
/// process ends, even when it is killed (`Reaper`). `RENDERTRUST_TEST_DOCKER_HOST` selects an existing engine
/// instead of a private one. Each test runs inside `withScope`, which removes what the test created.
package struct DockerTestBed: Sendable {
  package let engine: DockerEngine
  package let client: HTTPClient
  /// `echoImage`, `echoImageNext`, `storyboardImage`, `voiceImage`, `webImage`, … → pinned reference.
  package let images: [String: String]
  /// `127.0.0.1:port`.
  package let registry: String
  /// For sockets and files of tests; removed when the process ends.
  package let folder: String

  /// Whether an engine is available, for `.enabled(if:)`.
  package static var isAvailable: Bool {
    environment(givenEngine) != nil || (getuid() == 0 && access("/usr/sbin/dockerd", X_OK) == 0)
  }

  package static let requirement: String =
    "needs RENDERTRUST_TEST_DOCKER_HOST, or root with docker.io, docker-registry and busybox-static"

  package static func shared() async throws -> DockerTestBed { try await starting.value }

  private static let starting = Task { try await start() }
  private static let givenEngine = "RENDERTRUST_TEST_DOCKER_HOST"

  private static func start() async throws -> DockerTestBed {
    let folder = try temporaryFolder()
    let scripts = Self.scripts
    let state = "\(folder)/registry"
    let lifeline = try Reaper.watch(scripts: scripts, folder: folder, registryState: state)

    let registry = "127.0.0.1:\(try Loopback.freePort())"
    let file = "\(folder)/images.yaml"
    var settings = ["RENDERTRUST_REGISTRY_STATE": state, "RENDERTRUST_IMAGES_FILE": file]
    settings["RENDERTRUST_LIFELINE"] = "1"
    settings["RENDERTRUST_REGISTRY_PORT"] = String(registry.split(separator: ":")[1])
    let endpoint: EngineEndpoint
    if let given = environment(givenEngine) {
      endpoint = try EngineEndpoint(parsing: given)
    } else {
      try await ChildProcess.run(
        "\(scripts)/docker-engine.sh", ["start", "\(folder)/engine"],
        environment: ["RENDERTRUST_LIFELINE": "1"],
        input: lifeline)
      endpoint = EngineEndpoint(.unix("\(folder)/engine/docker.sock"))
    }
    try await ChildProcess.run("\(scripts)/images.sh", [], environment: settings, input: lifeline)

    var images: [String: String] = [:]
    for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
      let parts = line.split(separator: "\"")
      if parts.count == 2 { images[String(parts[0].prefix { $0 != ":" })] = String(parts[1]) }
    }
    let client = HTTPClient()
    return DockerTestBed(
      engine: DockerEngine(endpoint: endpoint, client: client), client: client, images: images,
      registry: registry,
      folder: folder)
  }

  /// Kills the daemon of the private engine, and starts it again in the background, as the service manager of
  /// a machine would. Does nothing to an existing engine.
  package func killEngine() throws {
    guard Self.environment(Self.givenEngine) == nil else { return }
    let text = try String(contentsOfFile: "\(folder)/engine/dockerd.pid", encoding: .utf8)
    guard let daemon = text.split(separator: "\n").first.flatMap({ pid_t($0) }) else { return }
    kill(daemon, SIGKILL)
    let line = ["\(Self.scripts)/docker-engine.sh", "start", "\(folder)/engine"]
    Task { try await ChildProcess.run(line[0], Array(line.dropFirst())) }
  }

  private static let scripts =
    "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/scripts"

  /// Pulls an image by its key in `images` and returns its reference.
  package func pulled(_ key: String) async throws -> String {
    guard let reference = images[key] else { throw SupportError("there is no image \(key)") }
    try await engine.pullImage(reference)
    return ImageReference(reference)?.pinned ?? reference
  }

  /// Runs a test and removes all containers and volumes with the scope's labels, even when the test fails.
  package func withScope<Result>(
    _ work: (DockerScope) async throws -> Result
  ) async throws -> Result {
    let scope = DockerScope()
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await work(scope))
    } catch {
      result = .failure(error)
    }
    // A cancelled test (time limit) cleans up too.
    try await Task { [engine] in
      for container in try await engine.listContainers(labels: scope.labels) {
        try await engine.remove(container.id, force: true)
      }
      for volume in try await engine.listVolumes(labels: scope.labels) {
        try await engine.removeVolume(volume.name)
      }
    }.value
    return try result.get()
  }

  private static func temporaryFolder() throws -> String {
    // Short: a Unix socket's path has at most 107 bytes.
    var template = Array("\(environment("TMPDIR") ?? "/tmp")/rt-docker-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SupportError("mkdtemp failed: \(errno)") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// The names and labels of one test.
package struct DockerScope: Sendable {
  /// Unique on the engine; the prefix of every name.
  package let prefix: String
  /// The labels of everything that the test creates.
  package let labels: [String: String]

  init() {
    prefix = "rt-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    labels = ["\(Model.labelPrefix)/test": prefix]
  }

  package func name(_ text: String) -> String { "\(prefix)-\(text)" }

  /// A hardened container that carries the scope's labels.
  package func configuration(image: String) -> ContainerConfiguration {
    var configuration = ContainerConfiguration(image: image)
    configuration.labels = labels
    return configuration
  }
}

package struct SupportError: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}
