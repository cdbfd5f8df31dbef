import ContainerSupport
import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Model
import Postgres
import Subprocess
import Testing

/// What operators do, done with the built program on a real PostgreSQL and a real engine.
///
/// Entry file: this one. Every test works inside `Installation.with`, which gives it a state folder and a folder of
/// manifests of its own and takes away whatever the program made. One after the other: they share an engine, and
/// some measure how long things take.
@Suite(
  .serialized, .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(5)))
enum EndToEnd {}

/// A folder with state and manifests, and the program as an operator has it.
struct Installation: Sendable {
  /// The test's own, readable by everybody, because PostgreSQL runs as another user.
  let folder: String
  let bed: DockerTestBed

  var state: String { folder + "/state" }
  var manifests: String { folder + "/manifests" }
  var engine: DockerEngine { bed.engine }

  /// Makes an installation, runs `work`, and takes away everything that it made, whatever happened.
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
      atPath: installation.manifests, withIntermediateDirectories: true)
    let result: Result<Output, any Error>
    do { result = .success(try await work(installation)) } catch { result = .failure(error) }
    // A cancelled test (time limit) cleans up too.
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
  /// Writes one file of manifests.
  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(manifests)/\(name)", atomically: true, encoding: .utf8)
  }

  /// Writes one file for each document, named `kind-name.yaml`, so that it can be changed and removed by itself.
  func write(_ documents: [Document]) throws {
    for document in documents { try write(document.text, to: document.file) }
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(manifests)/\(name)")
  }

  func image(_ key: String) throws -> String {
    guard let image = bed.images[key] else { throw SupportError("there is no image \(key)") }
    return image
  }
}

// MARK: - What there is

extension Installation {
  /// The mark on everything that this installation owns.
  func owner() throws -> String {
    try String(contentsOfFile: "\(state)/owner", encoding: .utf8).split(separator: "\n").joined()
  }

  /// All containers of the installation, running or not; none before the first command made the state.
  func containers() async throws -> [ContainerSummary] {
    guard access("\(state)/owner", F_OK) == 0 else { return [] }
    return try await engine.listContainers(labels: [ContainerLabels.owner: try owner()])
  }

  /// Those of one resource, by replica.
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

  /// Asks a database of the private server, which is started for that where no command keeps it running.
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

  /// How many PostgreSQL servers work on this installation's data: 0 or 1, else something went wrong.
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
    // A server's own processes look like it until they have given themselves a title.
    return parents.values.count { parents[$0] == nil }
  }

  /// Whether the private server is gone, or is so in a moment: it lets go of its data before its process ends.
  func hasStopped() async throws -> Bool {
    try await eventually(within: 5) { try serverCount() == 0 } != nil
  }

  /// Polls until `condition` holds; the time that it took, nil where it did not hold within `seconds`.
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
