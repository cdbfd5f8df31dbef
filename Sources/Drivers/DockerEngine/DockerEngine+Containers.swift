import FoundationEssentials
import HTTP
package import Model

// Containers. `id` is a container's id or name everywhere.
extension DockerEngine {
  /// All containers with these labels, stopped ones included, in one request; sorted by name.
  package func listContainers(
    labels: [String: String] = [:], all: Bool = true
  ) async throws(DockerError) -> [ContainerSummary] {
    let filters = DockerEngine.filters(["label": labels.map { "\($0.key)=\($0.value)" }])
    let containers: [ContainerSummary] = try await get(
      "/containers/json", query: [("all", all ? "1" : "0"), ("filters", filters)])
    return containers.sorted { $0.name < $1.name }
  }

  /// Nil when there is no such container.
  package func inspectContainer(_ id: String) async throws(DockerError) -> ContainerState? {
    do {
      return try await get(path(id, "json"), about: "container \(id)")
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// Everything that the engine reports about the container, values of variables included; nil when there is
  /// no such container.
  package func inspection(ofContainer id: String) async throws(DockerError) -> Value? {
    try await inspection(path(id, "json"), about: "container \(id)")
  }

  /// The values of the variables that the container does not have from its image; empty when there is no such
  /// container. They may be secret.
  package func ownVariables(of id: String) async throws(DockerError) -> [Secret] {
    guard let found = try await inspection(ofContainer: id), let image = found["Image"],
      case .array(let lines)? = found["Config"]?["Env"]
    else { return [] }
    let common = try await imageDefaults(image.plainText)?.environment ?? [:]
    return lines.compactMap { line in
      let parts = line.plainText.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, common[String(parts[0])] != Digest(of: String(parts[1])) else { return nil }
      return Secret(String(parts[1]))
    }
  }

  /// Everything that the engine reports about an image; nil when it does not have it.
  package func inspection(ofImage reference: String) async throws(DockerError) -> Value? {
    try await inspection("/images/\(reference)/json", about: "image \(reference)")
  }

  private func inspection(_ path: String, about subject: String) async throws(DockerError) -> Value? {
    let response: HTTPResponse
    do {
      response = try await call(.get, path, about: subject)
    } catch {
      guard error.code == .notFound || error.code == .imageMissing else { throw error }
      return nil
    }
    guard let value = try? Value(json: response.body) else {
      throw DockerError(
        .unexpectedAnswer, "\(endpoint.name) answered \(path) with something that is not JSON",
        hint: "check the engine's version: 20.10 or later is needed")
    }
    return value
  }

  /// Inspects many containers with at most 16 concurrent requests. Every id has a result; a failure says
  /// nothing about the others.
  package func inspectContainers(_ ids: [String]) async -> [String: Result<ContainerState?, DockerError>] {
    await withTaskGroup(of: (String, Result<ContainerState?, DockerError>).self) { group in
      var results: [String: Result<ContainerState?, DockerError>] = [:]
      var rest = Set(ids).sorted()[...]
      func addNext() {
        guard let id = rest.popFirst() else { return }
        group.addTask { (id, await attemptInspection(of: id)) }
      }
      for _ in 0..<16 { addNext() }
      while let (id, result) = await group.next() {
        results[id] = result
        addNext()
      }
      return results
    }
  }

  /// A function of its own, because a typed `do` that returns a tuple from a task's closure is miscompiled
  /// with -O (Swift 6.3).
  private func attemptInspection(of id: String) async -> Result<ContainerState?, DockerError> {
    do throws(DockerError) {
      return .success(try await inspectContainer(id))
    } catch {
      return .failure(error)
    }
  }

  /// Creates the container and returns its id. Fails with `nameTaken`, and with `imageMissing` when the image
  /// was not pulled.
  package func createContainer(
    name: String, _ configuration: ContainerConfiguration
  ) async throws(DockerError) -> String {
    let body = try configuration.requestBody()
    do {
      let response = try await call(
        .post, "/containers/create", query: [("name", name)], body: body, about: "container \(name)")
      let created: Created = try decode(response.body, about: "/containers/create")
      return created.Id
    } catch {
      throw error.redacting(configuration.secrets)
    }
  }

  /// Starts the container; does nothing when it runs. Fails with `portTaken` when a host port is not free.
  package func start(_ id: String) async throws(DockerError) {
    try await signal("start", id)
  }

  /// Stops the container; does nothing when it does not run.
  /// - Parameter timeoutSeconds: Until it is killed; nil for the container's own timeout.
  package func stop(_ id: String, timeoutSeconds: Int? = nil) async throws(DockerError) {
    try await end("stop", id, timeoutSeconds)
  }

  /// Freezes all its processes. Fails with `conflict` when it does not run.
  package func pause(_ id: String) async throws(DockerError) {
    try await signal("pause", id)
  }

  /// Ends the container at once, without the stop signal. Fails with `conflict` when it does not run.
  package func kill(_ id: String) async throws(DockerError) {
    try await signal("kill", id)
  }

  /// Resumes a paused container. Fails with `conflict` when it is not paused.
  package func unpause(_ id: String) async throws(DockerError) {
    try await signal("unpause", id)
  }

  package func restart(_ id: String, timeoutSeconds: Int? = nil) async throws(DockerError) {
    try await end("restart", id, timeoutSeconds)
  }

  private func signal(_ action: String, _ id: String) async throws(DockerError) {
    try await call(.post, path(id, action), about: "container \(id)")
  }

  private func end(_ action: String, _ id: String, _ timeoutSeconds: Int?) async throws(DockerError) {
    try await call(
      .post, path(id, action), query: timeoutSeconds.map { [("t", String($0))] } ?? [],
      about: "container \(id)", timeout: timeoutSeconds.map { .seconds($0 + 60) })
  }

  /// Removes the container; succeeds when it does not exist or is being removed. Named volumes stay.
  /// - Parameter keepsVolumes: Whether anonymous volumes stay as well.
  package func remove(
    _ id: String, force: Bool = false, keepsVolumes: Bool = false
  ) async throws(DockerError) {
    do {
      try await call(
        .delete, path(id), query: [("force", force ? "1" : "0"), ("v", keepsVolumes ? "0" : "1")],
        about: "container \(id)")
    } catch {
      let isGoing = error.code == .conflict && error.message.contains("already in progress")
      guard error.code == .notFound || isGoing else { throw error }
    }
  }

  package func rename(_ id: String, to name: String) async throws(DockerError) {
    try await call(.post, path(id, "rename"), query: [("name", name)], about: "container \(id)")
  }

  /// Changes the limits, also while it runs. Sets all three, and no swap: zero removes a limit.
  /// - Parameter restart: Nil keeps the current policy.
  package func update(
    _ id: String, resources: ContainerResources, restart: RestartPolicy? = nil
  ) async throws(DockerError) {
    let policy = restart.map { [Value.Member("RestartPolicy", $0.requestBody)] } ?? []
    try await call(
      .post, path(id, "update"), body: .object(resources.members + policy), about: "container \(id)")
  }

  /// Waits for the end of the container and returns its exit code.
  package func wait(_ id: String) async throws(DockerError) -> Int {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    struct Answer: Decodable { let StatusCode: Int }
    let response = try await call(.post, path(id, "wait"), about: "container \(id)", timeout: nil)
    let answer: Answer = try decode(response.body, about: "/containers/wait")
    return answer.StatusCode
  }

  /// The last lines of standard output and standard error, in the order in which they were written.
  package func logs(_ id: String, tail: Int = 100) async throws(DockerError) -> String {
    let query = [("stdout", "1"), ("stderr", "1"), ("tail", String(tail))]
    let response = try await call(.get, path(id, "logs"), query: query, about: "container \(id)")
    return DockerEngine.text(ofLogFrames: response.body)
  }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  private struct Created: Decodable { let Id: String }

  private func path(_ id: String, _ action: String? = nil) -> String {
    "/containers/\(PercentEncoding.encode(id))" + (action.map { "/\($0)" } ?? "")
  }

  /// Frames have a header of 8 bytes: stream (1 byte), three zeros, length (4 bytes, big-endian). With a
  /// terminal there are no frames and the bytes are the text.
  static func text(ofLogFrames bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    var index = 0
    while index + 8 <= bytes.count {
      guard bytes[index] <= 2, bytes[index + 1] == 0, bytes[index + 2] == 0, bytes[index + 3] == 0 else {
        return String(decoding: bytes, as: UTF8.self)
      }
      let length = bytes[index + 4..<index + 8].reduce(0) { $0 << 8 | Int($1) }
      let end = min(bytes.count, index + 8 + length)
      text += bytes[index + 8..<end]
      index = end
    }
    return String(decoding: text, as: UTF8.self)
  }
}
