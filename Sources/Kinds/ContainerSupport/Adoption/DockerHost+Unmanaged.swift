internal import DockerEngine
package import Model

extension DockerHost {
  package func unmanagedContainer(_ id: String) async throws(BackendError) -> UnmanagedContainer? {
    let inspected = try await translating { () async throws(DockerError) in
      try await docker.inspection(ofContainer: id)
    }
    guard let inspected, let id = inspected["Id"]?.plainText else { return nil }
    let image = try await translating { () async throws(DockerError) in
      try await docker.inspection(ofImage: inspected["Image"]?.plainText ?? "")
    }
    let state = try await translating { () async throws(DockerError) in
      try await docker.inspectContainer(id)
    }
    guard let state else { return nil }
    let container = InspectedContainer(state, labels: .unmanaged(name: state.name))
    return UnmanagedContainer(
      inspected: inspected, image: image, container: container, machine: try await info())
  }
}

extension UnmanagedContainer {
  /// - Parameters:
  ///   - inspected: the engine's JSON about the container.
  ///   - image: the engine's JSON about its image; nil where the image was removed.
  package init(inspected: Value, image: Value?, container: InspectedContainer, machine: EngineInfo) {
    let (config, host) = (inspected["Config"] ?? .null, inspected["HostConfig"] ?? .null)
    let imageConfig = image?["Config"] ?? .null
    let requested = config["Image"]?.plainText ?? ""
    var unsupported = UnsupportedSettings(inspected, image)
    self.init(
      name: container.observation.name,
      labels: config.texts("Labels").filter { imageConfig.texts("Labels")[$0.key] != $0.value },
      container: container, image: UnmanagedContainer.pinned(requested, image?.list("RepoDigests") ?? []),
      imageName: requested, machine: machine)
    let own = config.list("Cmd")
    command = own == imageConfig.list("Cmd") ? nil : own
    environment = UnmanagedContainer.variables(config.list("Env"), without: imageConfig.list("Env"))
    user = config["User"]?.plainText ?? ""
    readOnlyRoot = host["ReadonlyRootfs"] == .bool(true)
    dropsAllCapabilities = host.list("CapDrop").contains { $0.uppercased() == "ALL" }
    addedCapabilities = host.list("CapAdd").map { $0.uppercased().replacing("CAP_", with: "") }
    tmpfs = host.texts("Tmpfs").mapValues(UnmanagedContainer.size)
    (ports, volumes) = (unsupported.ports(), unsupported.volumes())
    if config["Healthcheck"] != imageConfig["Healthcheck"], let test = config["Healthcheck"]?.list("Test") {
      healthCommand = UnmanagedContainer.healthCommand(test)
    }
    limits = container.observation.limits
    if limits.cores == nil { limits.cores = UnmanagedContainer.cores(ofQuota: host) }
    keepsInputOpen = config["OpenStdin"] == .bool(true)
    self.unsupported = unsupported.remarks
  }

  /// The digest of the requested repository, else of any repository. The tag is kept only with the former.
  private static func pinned(_ requested: String, _ repositoryDigests: [String]) -> PinnedImage? {
    let reference = ImageReference(requested)
    let own = reference.flatMap { reference in
      repositoryDigests.first { $0.hasPrefix(reference.name + "@") }
    }
    guard let image = (own ?? repositoryDigests.sorted().first).flatMap({ PinnedImage($0) }) else {
      return nil
    }
    return PinnedImage(name: image.name, tag: own == nil ? nil : reference?.tag, digest: image.digest)
  }

  private static func variables(_ entries: [String], without others: [String]) -> [String: Secret] {
    let common = Set(others)
    var variables: [String: Secret] = [:]
    for entry in entries where !common.contains(entry) {
      let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      variables[String(parts[0])] = Secret(parts.count == 2 ? String(parts[1]) : "")
    }
    return variables
  }

  /// The size among the options of a tmpfs mount.
  private static func size(_ options: String) -> ByteCount? {
    for option in options.split(separator: ",") where option.hasPrefix("size=") {
      let text = option.dropFirst(5).lowercased()
      let units: [Character: String] = ["k": "Ki", "m": "Mi", "g": "Gi"]
      guard let last = text.last, let unit = units[last] else { return ByteCount(text) }
      return ByteCount(text.dropLast() + unit)
    }
    return nil
  }

  /// The limit that is set as a quota of microseconds per period.
  private static func cores(ofQuota host: Value) -> CoreCount? {
    guard case .integer(let quota)? = host["CpuQuota"], quota > 0 else { return nil }
    var period: Int64 = 100_000
    if case .integer(let own)? = host["CpuPeriod"], own > 0 { period = own }
    return CoreCount(thousandths: quota * 1000 / period)
  }

  private static func healthCommand(_ test: [String]) -> [String]? {
    switch test.first {
    case "CMD": Array(test.dropFirst())
    case "CMD-SHELL": ["/bin/sh", "-c"] + test.dropFirst()
    default: nil
    }
  }
}

extension Value {
  /// The texts of an array member; empty where the member is missing or null.
  func list(_ key: String) -> [String] {
    guard case .array(let elements)? = self[key] else { return [] }
    return elements.map(\.plainText)
  }

  /// The texts of an object member; empty where the member is missing or null.
  func texts(_ key: String) -> [String: String] {
    guard case .object(let members)? = self[key] else { return [:] }
    return Dictionary(members.map { ($0.key, $0.value.plainText) }, uniquingKeysWith: { first, _ in first })
  }
}
