import ContainerSupport
import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Model
import Postgres
import Subprocess
import Testing

/// Runs the built program against a real PostgreSQL server and a real container engine.
///
/// Entry file: this one. Every test runs inside `Installation.with`, which creates a state folder and a
/// manifest folder for the test and removes everything that the program created. Tests run one at a time
/// because they share an engine and some measure durations.
@Suite(
  .serialized, .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(5)))
enum EndToEnd {}

/// The program with a state folder and a manifest folder.
struct Installation: Sendable {
  /// Readable by every user, because PostgreSQL runs as another user.
  let folder: String
  let bed: DockerTestBed

  var state: String { folder + "/state" }
  var manifestFolder: String { folder + "/manifests" }
  var engine: DockerEngine { bed.engine }

  /// Creates an installation, runs `work`, and removes everything that it created, also after an error.
  static func with<Output: Sendable>(
    _ work: (Installation) async throws -> Output
  ) async throws -> Output {
    let bed = try await DockerTestBed.shared()
    var template = Array("\(bed.folder)/e2e-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SupportError("mkdtemp failed: \(errno)") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for path in [bed.folder, folder] { chmod(path, 0o755) }
    let installation = Installation(folder: folder, bed: bed)
    try FileManager.default.createDirectory(
      atPath: installation.manifestFolder, withIntermediateDirectories: true)
    let result: Result<Output, any Error>
    do { result = .success(try await work(installation)) } catch { result = .failure(error) }
    // In a new task, because a test that exceeds its time limit is cancelled.
    await Task { await installation.cleanUp() }.value
    return try result.get()
  }

  private func cleanUp() async {
    if let containers = try? await containers() {
      for container in containers { try? await engine.remove(container.id, force: true) }
    }
    if let owner = try? owner(),
      let volumes = try? await engine.listVolumes(labels: [ContainerLabels.owner: owner])
    {
      for volume in volumes { try? await engine.removeVolume(volume.name) }
    }
    let server = PostgresServer(stateFolder: state)
    if access(state, F_OK) == 0, (try? await server.start()) != nil { _ = try? await server.stop() }
    try? FileManager.default.removeItem(atPath: folder)
  }
}

// MARK: - Manifests

extension Installation {
  /// Writes a file in the manifest folder.
  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(manifestFolder)/\(name)", atomically: true, encoding: .utf8)
  }

  /// Writes each manifest to a file named `kind-name.yaml`, so that it can be changed and removed by itself.
  func write(_ manifests: [Manifest]) throws {
    for manifest in manifests { try write(manifest.text, to: manifest.file) }
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(manifestFolder)/\(name)")
  }

  func image(_ key: String) throws -> String {
    guard let image = bed.images[key] else { throw SupportError("there is no image \(key)") }
    return image
  }
}

// MARK: - Containers and databases

extension Installation {
  /// The owner label of everything that this installation created.
  func owner() throws -> String {
    try String(contentsOfFile: "\(state)/owner", encoding: .utf8).split(separator: "\n").joined()
  }

  /// All containers of the installation, running or not; none before the first command created the state.
  func containers() async throws -> [ContainerSummary] {
    guard access("\(state)/owner", F_OK) == 0 else { return [] }
    return try await engine.listContainers(labels: [ContainerLabels.owner: try owner()])
  }

  /// The containers of a resource, sorted by replica.
  func containers(of id: String) async throws -> [ContainerSummary] {
    try await containers().filter { $0.labels[ContainerLabels.resource] == id }
      .sorted { $0.labels[ContainerLabels.replica] ?? "" < $1.labels[ContainerLabels.replica] ?? "" }
  }

  /// The only container of a resource.
  func container(of id: String) async throws -> ContainerSummary {
    let found = try await containers(of: id)
    guard let only = found.first, found.count == 1 else {
      throw SupportError("\(id) has \(found.count) containers: \(found.map(\.name))")
    }
    return only
  }

  /// Queries a database of the private server and starts the server if it does not run.
  @discardableResult
  func query(
    _ sql: String, _ parameters: [SQLValue] = [], in database: String = "rendertrust"
  ) async throws -> Rows {
    let server = PostgresServer(stateFolder: state)
    try await server.start()
    let pool = PostgresPool(try await server.configuration(database: database), connections: 1)
    let result: Result<Rows, any Error>
    do { result = .success(try await pool.query(sql, parameters)) } catch { result = .failure(error) }
    await pool.close()
    try await server.stop()
    return try result.get()
  }

  /// The number of PostgreSQL servers on the data folder of this installation: 0 or 1.
  func serverCount() throws -> Int {
    let data = state + "/postgres/data"
    var parents: [Int: Int] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
      guard let pid = Int(name), let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"),
        let status = FileManager.default.contents(atPath: "/proc/\(pid)/stat")
      else { continue }
      let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      guard words.first?.hasSuffix("/postgres") == true, words.contains(where: { $0.contains(data) }) else {
        continue
      }
      let fields =
        String(decoding: status, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
      parents[pid] = fields.count > 1 ? Int(fields[1]) : nil
    }
    // Child processes of a server have its command line until they set their own title.
    return parents.values.count { parents[$0] == nil }
  }

  /// Whether the private server has stopped. It releases its data folder shortly before its process ends.
  func hasStopped() async throws -> Bool {
    try await eventually(within: 5) { try serverCount() == 0 } != nil
  }

  /// Polls until `condition` is true.
  /// - Returns: the time that it took; nil if the condition was not true within `seconds`.
  func eventually(
    within seconds: Int, _ condition: () async throws -> Bool
  ) async throws -> Duration? {
    let clock = ContinuousClock()
    let start = clock.now
    while clock.now - start < .seconds(seconds) {
      if try await condition() { return clock.now - start }
      try await clock.sleep(for: .milliseconds(50))
    }
    return nil
  }
}
