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
  /// Nil: as many as cores.
  package var slots: Int?
  package var sandbox = SandboxSettings()
  package var tunnel: TunnelSettings?
  package var schedulable = true
  package var overflow = false

  package init() {}

  package static let fields = Fields<Self>("A machine that runs containers") {
    Field("owner", \.owner, "Whom its earnings belong to", .required, .account)
    Field("engine", \.engine, "How its Docker engine is reached", .required)
    Field("gpu", \.gpu, "Its GPUs; left out on machines that only have processors")
    Field("cores", \.cores, "Processor cores given to the fabric", .range(1...1024))
    Field("memory", \.memory, "Memory given to the fabric", .atLeast(ByteCount(bytes: 64 << 20)))
    Field("slots", \.slots, "Jobs that it does at once; without, as many as cores", .range(1...1024))
    Field("sandbox", \.sandbox, "What its engine must offer to keep containers apart from the machine")
    Field("tunnel", \.tunnel, "How traffic between it and the control plane is protected")
    Field("schedulable", \.schedulable, "Whether new work may come; false cordons it, what runs there stays")
    Field(
      "overflow", \.overflow,
      "Whether it belongs to the cloud overflow pool, which takes only jobs that failed elsewhere")
  }

  /// The owner's name without `account/`.
  var ownerAccount: String { String(owner.dropFirst("account/".count)) }
}

extension FieldRule where Value == String {
  /// An account, written `account/name`.
  fileprivate static var account: FieldRule {
    .pattern(
      "account/[a-z0-9]([a-z0-9-]*[a-z0-9])?", "an account such as `account/ada`", examples: ["account/ada"])
  }
}

/// How the engine of a node is reached.
package enum NodeEngine: ManifestChoice {
  case local
  case socket(UnixSocket)
  case tcp(EngineHost)
  case relay

  package static let cases = Cases<Self>("How a node's Docker engine is reached") {
    Case("local", "The controller's own engine: `DOCKER_HOST`, or /var/run/docker.sock", NodeEngine.local)
    Case("socket", "A Unix socket on the controller's machine", NodeEngine.socket) {
      if case .socket(let socket) = $0 { socket } else { nil }
    }
    Case("tcp", "Plain TCP, for networks that are protected by a tunnel", NodeEngine.tcp) {
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
    EngineHost(manifestText: text + ":2375") == nil ? nil : "say the port: `\(text):2375`"
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
    Field("mock", \.mock, "Only pretends, for development; environments say whether they allow it")
    Field("model", \.model, "What it is called, for people", .example("RTX3060"))
    Field("memory", \.memory, "Memory of one GPU", .required, .atLeast(ByteCount(bytes: 1 << 20)))
    Field("count", \.count, "How many there are", .range(1...64))
  }
}

/// What an engine must offer to keep containers apart from its machine.
package struct SandboxSettings: ManifestObject, Hashable {
  package var rootless = false
  package var seccomp = SeccompRequirement.default
  package var runtime = "runc"

  package init() {}

  package static let fields = Fields<Self>("What the engine must offer; a node that does not is degraded") {
    Field("rootless", \.rootless, "Whether the engine must run without root")
    Field("seccomp", \.seccomp, "Which system calls containers may make")
    Field("runtime", \.runtime, "OCI runtime that the engine must have", .nonEmpty)
  }
}

package enum SeccompRequirement: String, ManifestWord {
  case `default`

  package var meaning: String { "the engine's own list, which is never switched off" }
}

/// How traffic between a node and the control plane is protected.
package enum TunnelSettings: ManifestChoice {
  case mtls
  case wireguard(WireGuardSettings)

  package static let cases = Cases<Self>("How traffic between a node and the control plane is protected") {
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

  package static let fields = Fields<Self>("The far end of a WireGuard tunnel") {
    Field("endpoint", \.endpoint, "Host and port", .required, .nonEmpty, .example("10.8.0.1:51820"))
    Field("publicKey", \.publicKey, "The public key, 44 characters of Base64", .required, .base64Key)
  }
}

extension FieldRule where Value == String {
  fileprivate static var base64Key: FieldRule {
    .pattern("[A-Za-z0-9+/]{43}=", "a public key of 44 characters of Base64")
  }
}
