package import Manifests
package import Model

/// A machine that runs containers (seeds 4.1, 8.1).
package struct NodeSpec: ManifestSpec {
  package static let kind = "Node"

  package var owner = ""
  package var engine = NodeEngine.local
  package var gpu: GPUSettings?
  package var cores = 4
  package var memory = ByteCount(bytes: 8 << 30)
  /// Nil: the number of cores.
  package var slots: Int?
  package var sandbox = SandboxSettings()
  package var tunnel: TunnelSettings?
  package var schedulable = true
  package var overflow = false

  package init() {}

  package static let fields = Fields<Self>("A machine that runs containers") {
    Field("owner", \.owner, "The account that receives its earnings", .required, .account)
    Field("engine", \.engine, "The connection to its Docker engine", .required)
    Field("gpu", \.gpu, "Its GPUs; omitted on machines without one")
    Field("cores", \.cores, "Processor cores that the node offers", .range(1...1024))
    Field("memory", \.memory, "Memory that the node offers", .min(ByteCount(bytes: 64 << 20)))
    Field(
      "slots", \.slots, "Jobs that it runs at the same time; default: the number of cores", .range(1...1024))
    Field("sandbox", \.sandbox, "The isolation that its engine must provide")
    Field("tunnel", \.tunnel, "The protection of traffic between it and the control plane")
    Field(
      "schedulable", \.schedulable, "Whether it accepts new work; false cordons it, and what runs there stays"
    )
    Field(
      "overflow", \.overflow,
      "Whether it belongs to the cloud overflow pool, which runs only jobs that failed elsewhere")
  }

  /// The owner's name without `account/`.
  var ownerAccount: String { String(owner.dropFirst("account/".count)) }
}

/// The connection to the Docker engine of a node.
package enum NodeEngine: ManifestChoice {
  case local
  case socket(UnixSocket)
  case tcp(EngineHost)
  case relay

  package static let cases = Cases<Self>("The connection to the Docker engine of a node") {
    Case("local", "The controller's own engine: `DOCKER_HOST`, or /var/run/docker.sock", NodeEngine.local)
    Case("socket", "A Unix socket on the controller's machine", NodeEngine.socket) {
      if case .socket(let socket) = $0 { socket } else { nil }
    }
    Case("tcp", "Plain TCP, for networks that a tunnel protects", NodeEngine.tcp) {
      if case .tcp(let host) = $0 { host } else { nil }
    }
    Case("relay", "Through the relay on the node, which needs no inbound port", NodeEngine.relay)
  }

  /// Nil behind a relay.
  var address: EngineAddress? {
    switch self {
    case .local: .local
    case .socket(let socket): .unix(path: socket.path)
    case .tcp(let engine): .tcp(host: engine.host, port: engine.port)
    case .relay: nil
    }
  }
}

/// A Unix socket, written `unix:///var/run/docker.sock`.
package struct UnixSocket: ManifestText, Hashable {
  let path: String

  package init?(manifestText: String) {
    guard manifestText.hasPrefix("unix:///"), manifestText.utf8.count > 8 else { return nil }
    path = String(manifestText.dropFirst("unix://".count))
  }

  package var manifestText: String { "unix://\(path)" }
  package static var expectation: String { "a Unix socket such as `unix:///var/run/docker.sock`" }
  package static var examples: [String] { ["unix:///var/run/docker.sock"] }
  package static var pattern: String? { "^unix:///.+$" }
  package static func hint(for text: String) -> String? {
    text.hasPrefix("/") ? "did you mean `unix://\(text)`?" : nil
  }
}

/// A host and a port, written `10.8.0.2:2375`.
package struct EngineHost: ManifestText, Hashable {
  let host: String
  let port: Int

  package init?(manifestText: String) {
    guard let colon = manifestText.lastIndex(of: ":"),
      let port = Int(manifestText[manifestText.index(after: colon)...]), (1...65535).contains(port)
    else { return nil }
    host = String(manifestText[..<colon])
    self.port = port
    guard !host.isEmpty, !host.contains(where: { "/@? #".contains($0) }) else { return nil }
  }

  package var manifestText: String { "\(host):\(port)" }
  package static var expectation: String { "a host and a port such as `10.8.0.2:2375`" }
  package static var examples: [String] { ["10.8.0.2:2375"] }
  package static func hint(for text: String) -> String? {
    EngineHost(manifestText: text + ":2375") == nil ? nil : "add the port: `\(text):2375`"
  }
}

/// GPUs of a node, all of one model.
package struct GPUSettings: ManifestObject, Hashable {
  package var mock = false
  package var model: String?
  package var memory = ByteCount(bytes: 12 << 30)
  package var count = 1

  package init() {}

  package static let fields = Fields<Self>("GPUs of a node, all of one model") {
    Field("mock", \.mock, "Simulated, for development; `mockGPUs` of the Environment allows it")
    Field("model", \.model, "The model's name, for people", .example("RTX3060"))
    Field("memory", \.memory, "Memory of one GPU", .required, .min(ByteCount(bytes: 1 << 20)))
    Field("count", \.count, "The number of GPUs", .range(1...64))
  }
}

/// The isolation that an engine must provide.
package struct SandboxSettings: ManifestObject, Hashable {
  package var rootless = false
  package var seccomp = SeccompRequirement.default
  package var runtime = "runc"

  package init() {}

  package static let fields = Fields<Self>(
    "The isolation that the engine must provide; a node without it is degraded"
  ) {
    Field("rootless", \.rootless, "Whether the engine must run without root")
    Field("seccomp", \.seccomp, "The system calls that containers may make")
    Field("runtime", \.runtime, "The OCI runtime that the engine must have", .nonEmpty)
  }
}

package enum SeccompRequirement: String, ManifestWord {
  case `default`

  package var meaning: String { "the engine's default profile, which is never switched off" }
}

/// The protection of traffic between a node and the control plane.
package enum TunnelSettings: ManifestChoice {
  case mtls
  case wireguard(WireGuardSettings)

  package static let cases = Cases<Self>("The protection of traffic between a node and the control plane") {
    Case("mtls", "Mutual TLS", TunnelSettings.mtls)
    Case("wireguard", "WireGuard, for machines on premises", TunnelSettings.wireguard) {
      if case .wireguard(let settings) = $0 { settings } else { nil }
    }
  }
}

package struct WireGuardSettings: ManifestObject, Hashable {
  package var endpoint = ""
  package var publicKey = ""

  package init() {}

  package static let fields = Fields<Self>("The remote end of a WireGuard tunnel") {
    Field("endpoint", \.endpoint, "Host and port", .required, .nonEmpty, .example("10.8.0.1:51820"))
    Field("publicKey", \.publicKey, "The public key, 44 characters of Base64", .required, .base64Key)
  }
}

extension FieldRule where Value == String {
  fileprivate static var base64Key: FieldRule {
    .pattern("[A-Za-z0-9+/]{43}=", "a public key of 44 characters of Base64")
  }
}
