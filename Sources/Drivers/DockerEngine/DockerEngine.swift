import FoundationEssentials
package import HTTP
import Model

/// Client of the Docker Engine API 1.41 (Docker 20.10 and later) over a Unix socket or TCP. Knows no kinds.
///
/// Entry file: this one; the requests are in `DockerEngine+….swift`, by subject. Containers are hardened
/// unless their configuration says otherwise (`ContainerConfiguration`). Repeatable requests succeed when
/// repeated: starting a running container, stopping a stopped one, removing an absent one. Absence is nil,
/// never an error; an unreachable engine is an error, never absence.
///
/// Must not import any module of this package but `HTTP` and `Model`. Tested in `Tests/DockerEngineTests`
/// against a private engine that the tests start (`Tests/Support/Docker`).
package struct DockerEngine: Sendable {
  package let endpoint: EngineEndpoint
  let client: HTTPClient

  /// Connects with the first request.
  package init(endpoint: EngineEndpoint, client: HTTPClient) {
    self.endpoint = endpoint
    self.client = client
  }

  /// Succeeds when the engine answers.
  package func ping() async throws(DockerError) {
    _ = try await call(.get, "/_ping", versioned: false, timeout: .seconds(10))
  }

  package func version() async throws(DockerError) -> EngineVersion {
    try await get("/version")
  }

  package func info() async throws(DockerError) -> EngineInfo {
    try await get("/info")
  }
}

/// The version of the engine.
package struct EngineVersion: Sendable, Hashable, Decodable {
  package let version: String
  package let apiVersion: String
  package let operatingSystem: String
  package let architecture: String

  private enum CodingKeys: String, CodingKey {
    case version = "Version"
    case apiVersion = "ApiVersion"
    case operatingSystem = "Os"
    case architecture = "Arch"
  }
}

/// The machine of the engine.
package struct EngineInfo: Sendable, Hashable, Decodable {
  package let name: String
  package let storageDriver: String
  package let cores: Int
  /// Bytes.
  package let memory: Int64
  package let containers: Int
  package let containersRunning: Int
  /// Such as `name=seccomp,profile=default` and `name=rootless`.
  package let securityOptions: [String]
  package let defaultRuntime: String
  /// Names of all runtimes, sorted: `nvidia` is there where the NVIDIA container toolkit is set up.
  package let runtimes: [String]
  /// Such as `20.10.24`.
  package let serverVersion: String
  /// `1` or `2`.
  package let cgroupVersion: String
  /// Whether the kernel limits the swap of containers. Without it, engines report unlimited swap.
  package let hasSwapLimit: Bool

  package var isRootless: Bool { securityOptions.contains { $0.hasPrefix("name=rootless") } }
  package var hasSeccomp: Bool { securityOptions.contains { $0.hasPrefix("name=seccomp") } }

  private enum CodingKeys: String, CodingKey {
    case name = "Name"
    case storageDriver = "Driver"
    case cores = "NCPU"
    case memory = "MemTotal"
    case containers = "Containers"
    case containersRunning = "ContainersRunning"
    case securityOptions = "SecurityOptions"
    case defaultRuntime = "DefaultRuntime"
    case runtimes = "Runtimes"
    case serverVersion = "ServerVersion"
    case cgroupVersion = "CgroupVersion"
    case hasSwapLimit = "SwapLimit"
  }

  private struct Runtime: Decodable {}

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decode(String.self, forKey: .name)
    storageDriver = try values.decode(String.self, forKey: .storageDriver)
    cores = try values.decode(Int.self, forKey: .cores)
    memory = try values.decode(Int64.self, forKey: .memory)
    containers = try values.decode(Int.self, forKey: .containers)
    containersRunning = try values.decode(Int.self, forKey: .containersRunning)
    securityOptions = try values.decodeIfPresent([String].self, forKey: .securityOptions) ?? []
    defaultRuntime = try values.decodeIfPresent(String.self, forKey: .defaultRuntime) ?? ""
    runtimes = (try values.decodeIfPresent([String: Runtime].self, forKey: .runtimes) ?? [:]).keys.sorted()
    serverVersion = try values.decodeIfPresent(String.self, forKey: .serverVersion) ?? ""
    cgroupVersion = try values.decodeIfPresent(String.self, forKey: .cgroupVersion) ?? ""
    hasSwapLimit = try values.decodeIfPresent(Bool.self, forKey: .hasSwapLimit) ?? true
  }
}

// Sends requests and decodes responses.
extension DockerEngine {
  static let apiPrefix = "/v1.41"

  func request(
    _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], body: Value? = nil,
    versioned: Bool = true, timeout: Duration? = .seconds(120)
  ) -> HTTPRequest {
    let prefix = versioned ? DockerEngine.apiPrefix : ""
    let tail = query.map { "\(PercentEncoding.encode($0.0))=\(PercentEncoding.encode($0.1))" }
    let target = prefix + path + (tail.isEmpty ? "" : "?" + tail.joined(separator: "&"))
    var request: HTTPRequest
    switch endpoint.address {
    case .unix(let socket): request = HTTPRequest(method, "http://docker" + target, unixSocket: socket)
    case .tcp(let host, let port): request = HTTPRequest(method, "http://\(host):\(port)" + target)
    }
    request.totalTimeout = timeout
    if let body {
      request.body = body.jsonBytes()
      request.add("Content-Type", "application/json")
    }
    return request
  }

  /// Sends the request; fails on a status of 400 and above.
  /// - Parameter subject: The object of the request, for errors.
  @discardableResult
  func call(
    _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], body: Value? = nil,
    about subject: String = "", versioned: Bool = true, timeout: Duration? = .seconds(120)
  ) async throws(DockerError) -> HTTPResponse {
    let request = request(method, path, query: query, body: body, versioned: versioned, timeout: timeout)
    return try await send(request, about: subject)
  }

  /// Checks the mutation fence before requests other than GET.
  /// - Parameter isUncancellable: Whether the request completes in a cancelled task too, and without the
  ///   lease: it ends what this controller has begun.
  func send(
    _ request: HTTPRequest, about subject: String, isUncancellable: Bool = false
  ) async throws(DockerError) -> HTTPResponse {
    if request.method != .get {
      try MutationFence.require(DockerErrorCode.leaseLost, ignoresLease: isUncancellable)
    }
    let response: HTTPResponse
    do {
      response = try await (isUncancellable ? client.sendUncancellable(request) : client.send(request))
    } catch {
      throw DockerError(error, endpoint: endpoint)
    }
    guard response.status < 400 else {
      throw DockerError(status: response.status, body: response.body, subject: subject, endpoint: endpoint)
    }
    return response
  }

  func get<Answer: Decodable>(
    _ path: String, query: [(String, String)] = [], about subject: String = ""
  ) async throws(DockerError) -> Answer {
    let response = try await call(.get, path, query: query, about: subject)
    return try decode(response.body, about: path)
  }

  func decode<Answer: Decodable>(_ bytes: [UInt8], about path: String) throws(DockerError) -> Answer {
    do {
      return try JSONDecoder().decode(Answer.self, from: Data(bytes))
    } catch {
      throw DockerError(
        .unexpectedAnswer, "\(endpoint.name) answered \(path) in a form that API 1.41 does not have",
        hint: "check the engine's version: 20.10 or later is needed",
        detail: String(describing: error))
    }
  }

  /// A filter query such as `{"label":["a=b"]}`, sorted.
  static func filters(_ filters: [String: [String]]) -> String {
    Value.object(filters.mapValues { Value.array($0.sorted().map(Value.string)) }).json
  }
}
