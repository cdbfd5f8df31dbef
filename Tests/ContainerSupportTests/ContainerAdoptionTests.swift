import ContainerFakes
import ContainerSupport
import Manifests
import Model
import Testing

/// From an engine's report to manifest fields and remarks.
@Suite("Adoption of containers")
struct ContainerAdoptionTests {
  private static let digest = String(repeating: "ab", count: 32)

  private static let image = """
    {"RepoDigests": ["other/web@sha256:\(digest)", "registry.test/web@sha256:\(digest)"],
     "Config": {"Env": ["PATH=/bin"], "Cmd": ["serve"], "Entrypoint": ["/run"], "WorkingDir": "/",
       "Healthcheck": null, "Labels": {"maker": "us"}}}
    """

  /// - Parameters:
  ///   - config: Members that are added to `Config`, or that replace some of it, each after a comma.
  ///   - host: The same for `HostConfig`.
  ///   - more: The same for the whole.
  private static func inspection(
    _ config: String = "", host: String = "", more: String = ""
  ) throws -> Value {
    let standard = try Value(
      json: """
        {"Config": {"Image": "registry.test/web:2", "Env": ["PATH=/bin"], "Cmd": ["serve"],
           "Entrypoint": ["/run"], "WorkingDir": "/", "User": "1000", "Labels": {"maker": "us"}},
         "HostConfig": {"ReadonlyRootfs": true, "CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges:true"],
           "NetworkMode": "default", "RestartPolicy": {"Name": "unless-stopped"}}}
        """)
    let whole = Value.members([
      "Id": .string("0123456789abcdef"), "Name": .string("/legacy"), "Image": .string("sha256:1"),
      "Config": try standard["Config"]?.overridden(by: config),
      "HostConfig": try standard["HostConfig"]?.overridden(by: host),
    ])
    return try whole.overridden(by: more)
  }

  private static func adoption(
    _ inspected: Value, image: String = image,
    limits: ContainerLimits = ContainerLimits(
      memory: ByteCount("64Mi"), cores: CoreCount("0.5"), pids: 64)
  ) throws -> ContainerAdoption {
    return try ContainerAdoption(
      UnmanagedContainer(
        inspected: inspected, image: try Value(json: image), container: container(limits: limits),
        machine: .standard))
  }

  private static func container(limits: ContainerLimits) -> InspectedContainer {
    let labels = ContainerLabels(
      owner: "", environment: nil, resource: ResourceID(kind: "Container", name: "legacy"), replica: 0,
      node: nil, spec: "")
    return InspectedContainer(
      observation: ContainerObservation(
        id: "0123456789abcdef", name: "legacy", engine: .local, labels: labels, image: "registry.test/web:2",
        state: .running, limits: limits), address: nil)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let reason: String
    var config = ""
    var host = ""
    var more = ""
    /// The fields with a remark.
    let remarks: [String]
    var testDescription: String { reason }
  }

  @Test(
    "Every setting that no manifest can declare has a remark",
    arguments: [
      Case(reason: "a container with the platform's defaults is declared completely", remarks: []),
      Case(reason: "root becomes an unprivileged user", config: #", "User": """#, remarks: ["security.user"]),
      Case(reason: "root by number and group", config: #", "User": "0:0""#, remarks: ["security.user"]),
      Case(
        reason: "default capabilities are dropped", host: #", "CapDrop": null"#,
        remarks: ["security.capabilities"]),
      Case(
        reason: "a capability that undoes the sandbox", host: #", "CapAdd": ["CAP_SYS_ADMIN"]"#,
        remarks: ["security.capabilities"]),
      Case(reason: "privileged", host: #", "Privileged": true"#, remarks: ["privileged"]),
      Case(reason: "privileges may grow", host: #", "SecurityOpt": null"#, remarks: ["security"]),
      Case(
        reason: "another restart policy", host: #", "RestartPolicy": {"Name": "always"}"#,
        remarks: ["restart"]),
      Case(reason: "another network", host: #", "NetworkMode": "backend""#, remarks: ["network"]),
      Case(reason: "the host's processes", host: #", "PidMode": "host""#, remarks: ["PidMode"]),
      Case(reason: "an entry point of its own", config: #", "Entrypoint": ["/sh"]"#, remarks: ["entrypoint"]),
      Case(reason: "labels of its own", config: #", "Labels": {"a": "b"}"#, remarks: ["labels"]),
      Case(reason: "an open input", config: #", "OpenStdin": true"#, remarks: ["stdin"]),
      Case(
        reason: "a folder of the host",
        more: #", "Mounts": [{"Type": "bind", "Source": "/etc", "Destination": "/conf"}]"#, remarks: ["binds"]
      ),
      Case(
        reason: "a port that the engine chose",
        host: #", "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": ""}]}"#,
        more: #", "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "49153"}]}}"#,
        remarks: ["ports"]),
      Case(
        reason: "an address of IPv6",
        host: #", "PortBindings": {"80/tcp": [{"HostIp": "::1", "HostPort": "80"}]}"#, remarks: []),
      Case(
        reason: "an address that no manifest can declare",
        host: #", "PortBindings": {"80/tcp": [{"HostIp": "::ffff:10.0.0.1", "HostPort": "80"}]}"#,
        remarks: ["ports"]),
      Case(
        reason: "a secret in the environment", config: #", "Env": ["PATH=/bin", "API_TOKEN=s3cr3t"]"#,
        remarks: ["environment.API_TOKEN"]),
      Case(
        reason: "a secret among the arguments", config: #", "Cmd": ["serve", "--password=s3cr3t"]"#,
        remarks: ["command"]),
    ])
  func remarks(_ test: Case) throws {
    let adoption = try Self.adoption(try Self.inspection(test.config, host: test.host, more: test.more))
    #expect(adoption.remarks.map(\.field) == test.remarks, "\(test.reason)")
    #expect(!String(reflecting: adoption).contains("s3cr3t"), "\(test.reason)")
  }

  @Test("Every setting that a manifest can declare is declared")
  func template() throws {
    let adoption = try Self.adoption(
      try Self.inspection(
        #"""
        , "Env": ["PATH=/bin", "LEVEL=info"], "Cmd": ["serve", "-v"],
        "Healthcheck": {"Test": ["CMD-SHELL", "true"]}
        """#,
        host: #"""
          , "CapAdd": ["CAP_NET_BIND_SERVICE"], "Tmpfs": {"/tmp": "size=16m", "/run": ""},
          "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}],
            "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "53"}]}
          """#,
        more: #", "Mounts": [{"Type": "volume", "Name": "legacy_data", "Destination": "/data", "RW": true}]"#)
    )
    let template = adoption.container.template
    #expect(template.image.description == "registry.test/web:2@sha256:\(Self.digest)")
    #expect(template.command == ["serve", "-v"])
    #expect(template.environment == ["LEVEL": .plain("info")])
    #expect(template.ports.map(\.description) == ["0.0.0.0:8080:80", "127.0.0.1:53:53/udp"])
    #expect(template.externalVolumes == ["legacy_data": "/data"])
    #expect(template.healthCommand == ["/bin/sh", "-c", "true"])
    #expect(template.security.user == "1000")
    #expect(template.security.addedCapabilities == ["NET_BIND_SERVICE"])
    #expect(
      template.security.writable
        == ["/tmp": ByteCount(bytes: 16 << 20), "/run": ContainerSecurity.temporaryFolderSize])
    #expect(adoption.limits == ContainerLimits(memory: ByteCount("64Mi"), cores: CoreCount("0.5"), pids: 64))
  }

  @Test("The manifest of a container without limits declares the whole machine")
  func limits() throws {
    let adoption = try Self.adoption(
      try Self.inspection(), limits: ContainerLimits(memory: nil, cores: nil, pids: nil))
    #expect(
      adoption.limits
        == ContainerLimits(memory: ByteCount("8Gi"), cores: CoreCount(cores: 2), pids: 32_768))
    #expect(adoption.remarks.map(\.field) == ["limits.cores", "limits.memory", "limits.pids"])
  }

  @Test("A manifest matches the container until it declares something else; any secret reference matches")
  func matches() throws {
    let adopted = try Self.adoption(
      try Self.inspection(#", "Env": ["PATH=/bin", "LEVEL=info", "API_TOKEN=s3cr3t"]"#)
    ).container
    var declared = adopted.template
    #expect(adopted.matches(declared))
    declared.environment["API_TOKEN"] = .secret(.file("/run/token"))
    #expect(adopted.matches(declared), "another reference may have the same value")
    declared.environment["LEVEL"] = .plain("debug")
    #expect(!adopted.matches(declared))
    declared = adopted.template
    declared.environment["MORE"] = .plain("1")
    #expect(!adopted.matches(declared))
    declared = adopted.template
    declared.security.user = "1001"
    #expect(!adopted.matches(declared))
    #expect(!adopted.released.matches(adopted.template), "the manifest no longer adopts it")
  }

  @Test("An image without a digest in a registry is refused")
  func unpinned() throws {
    let error = #expect(throws: BackendError.self) {
      try Self.adoption(try Self.inspection(), image: #"{"RepoDigests": [], "Config": {}}"#)
    }
    #expect(error?.code == "adoption.image")
  }

  @Test(
    "Values that look like secrets are detected",
    arguments: [
      ("LOG_LEVEL", "debug", false), ("KEYBOARD", "us", false), ("PORT", "8080", false),
      ("EMPTY_TOKEN", "", false),
      ("URL", "https://example.com/a/b", false), ("IMAGE", "sha256:" + digest, false),
      ("PATHS", "/usr/local/lib/application/plugins", false), ("DB_PASSWORD", "x", true),
      ("STRIPE_KEY", "x", true),
      ("SESSION_SECRET", "x", true), ("DATABASE_URL", "postgres://app:pw@db/app", true),
      ("X", "eyJhbGciOiJIUzI1NiJ9.e30.abc", true), ("X", "-----BEGIN PRIVATE KEY-----", true),
      ("X", "AKIAIOSFODNN7EXAMPLEx9y8z7", true),
    ])
  func secrets(name: String, value: String, isSecret: Bool) throws {
    let escaped = Value.string("\(name)=\(value)").json
    let adoption = try Self.adoption(try Self.inspection(#", "Env": ["PATH=/bin", \#(escaped)]"#))
    #expect(adoption.remarks.contains { $0.field == "environment.\(name)" } == isSecret, "\(name)=\(value)")
  }
}

extension Value {
  /// The object with these members in place of those with equal keys.
  /// - Parameter text: JSON members, each after a comma.
  fileprivate func overridden(by text: String) throws -> Value {
    guard case .object(let members) = self, let comma = text.firstIndex(of: ","),
      case .object(let own) = try Value(json: "{\(text[text.index(after: comma)...])}")
    else { return self }
    let keys = Set(own.map(\.key))
    return .object(members.filter { !keys.contains($0.key) } + own)
  }
}
