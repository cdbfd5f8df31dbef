package import Manifests
package import Model

// What manifests say about containers, the same in every kind that runs them.

extension PinnedImage: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { description }
  package static var expectation: String { "an image by digest" }
  package static var examples: [String] { ["grafana/grafana:10.4.2@sha256:…"] }
  package static var pattern: String? { "^[A-Za-z0-9][A-Za-z0-9._/:-]*@sha256:[0-9a-f]{64}$" }
  package static func hint(for text: String) -> String? {
    text.contains("@")
      ? "write `repository:tag@sha256:` and 64 hexadecimal digits"
      : "pin it: `\(text)@sha256:…`; `docker image inspect \(text)` shows it under RepoDigests"
  }
}

extension PortBinding: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { description }
  package static var expectation: String { "`[host address:]host port:container port[/udp]`" }
  package static var examples: [String] { ["127.0.0.1:9119:3000", "9119:3000", "127.0.0.1:8089:8089/udp"] }
  package static var pattern: String? {
    "^([0-9]{1,3}(\\.[0-9]{1,3}){3}:)?[0-9]{1,5}:[0-9]{1,5}(/(tcp|udp))?$"
  }
}

extension EnvironmentSource: ManifestValue {
  package static var shape: Shape {
    var shape = SecretReference.shape
    shape.name = "text or secret reference"
    shape.doc = "Text, or where a secret value is found: {secret: Secret/name}, {env: NAME} or {file: /path}"
    shape.takesText = true
    shape.examples = ["debug", "{secret: Secret/grafana-admin}"]
    return shape
  }

  package var manifestValue: Value? {
    switch self {
    case .plain(let text): .string(text)
    case .secret(let reference): reference.manifestValue
    }
  }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> EnvironmentSource? {
    if node.kind == .scalar { return .plain(node.text) }
    return SecretReference.decode(node, &decoder).map(EnvironmentSource.secret)
  }
}

/// What a container may use at most.
package struct LimitSettings: ManifestObject, Hashable {
  package var memory = ByteCount(bytes: 512 << 20)
  package var cores = CoreCount(cores: 1)
  package var pids: Int64 = 256

  package init() {}

  package static let fields = Fields<Self>("What a container may use at most; can be changed while it runs") {
    Field(
      "memory", \.memory, "Memory without swap; beyond it the container is stopped and started again",
      .atLeast(ByteCount(bytes: 6 << 20)))
    Field("cores", \.cores, "Processor time", .range(CoreCount(thousandths: 10)...CoreCount(cores: 1024)))
    Field("pids", \.pids, "Processes and threads", .range(1...1_000_000))
  }

  package var limits: ContainerLimits { ContainerLimits(memory: memory, cores: cores, pids: pids) }
}

/// How far a container is let out of the strict defaults. Every field here widens what a break-out could reach.
package struct SecuritySettings: ManifestObject, Hashable {
  package var user = ContainerSecurity.nobody
  package var readOnlyRoot = true
  package var capabilities: [String] = []
  package var writable = ["/tmp": ContainerSecurity.temporaryFolderSize]

  package init() {}

  package static let fields = Fields<Self>(
    "Lets a container out of the strict defaults: no capabilities, no new privileges, default seccomp always"
  ) {
    Field(
      "user", \.user, "User and group inside, such as the one that the image's files belong to", .nonEmpty)
    Field("readOnlyRoot", \.readOnlyRoot, "Whether the image's own files are protected from being changed")
    Field(
      "capabilities", \.capabilities, "Linux capabilities given back after all were dropped", .unique(),
      .each(.pattern("[A-Z][A-Z_]*", "a capability such as NET_BIND_SERVICE")))
    Field("writable", \.writable, "Folders in memory that can be written, with their size")
  }

  package func validate(_ report: inout FieldReport) {
    for path in writable.keys.sorted() where !path.hasPrefix("/") || path == "/" {
      report.error(
        at: "writable.\(path)", "folders are absolute paths below /", hint: "for example `/tmp: 64Mi`")
    }
    for capability in capabilities where SecuritySettings.isForbidden(capability) {
      report.error(
        at: "capabilities", "\(capability) would undo the sandbox",
        hint: "give the narrowest capability needed")
    }
    let name = user.split(separator: ":").first.map(String.init) ?? "root"
    if name == "root" || Int(name) == 0 {
      report.error(
        at: "user", "containers never run as root", hint: "leave it out for \(ContainerSecurity.nobody)")
    }
  }

  /// Would undo the sandbox.
  static func isForbidden(_ capability: String) -> Bool {
    ["SYS_ADMIN", "ALL", "SYS_MODULE", "SYS_PTRACE"].contains(capability)
  }

  package var security: ContainerSecurity {
    ContainerSecurity(
      user: user, readOnlyRoot: readOnlyRoot, addedCapabilities: capabilities.sorted(), writable: writable)
  }
}

/// How it is told that a container works.
package struct HealthSettings: ManifestObject, Hashable {
  package var http: HTTPHealthSettings?
  package var command: [String]?
  package var within = TimeSpan(seconds: 60)

  package init() {}

  package static let fields = Fields<Self>("How it is told that a container works: over HTTP or by a command")
  {
    Field("http", \.http, "A GET that answers 2xx or 3xx, sent by the controller")
    Field(
      "command", \.command,
      "A program of the image and its arguments that exits with 0, run inside by the engine",
      .present(.nonEmpty), .example("[/bin/healthy, --quick]"))
    Field("within", \.within, "How long a new container may take until it works", .range(shortest...longest))
  }

  private static let shortest = TimeSpan(seconds: 1)
  private static let longest = TimeSpan(seconds: 3600)

  package func validate(_ report: inout FieldReport) {
    if (http == nil) == (command == nil) {
      report.error(
        at: http == nil ? "within" : "command", "a health check is either `http` or `command`",
        hint: "for example `health: {http: {port: 3000, path: /health}, within: 60s}`")
    }
  }

  package var rule: HealthRule {
    if let http { return .http(port: Int(http.port.number), path: http.path.path, within: within) }
    return command == nil ? .running : .command(within: within)
  }
}

/// Where a container answers over HTTP whether it works.
package struct HTTPHealthSettings: ManifestObject, Hashable {
  package var port: Port = 80
  package var path: HTTPPath = "/"

  package init() {}

  package static let fields = Fields<Self>("Where a container says over HTTP whether it works") {
    Field(
      "port", \.port, "Port inside the container; asked at the host port where it is published", .required)
    Field("path", \.path, "Path of the request")
  }
}
