internal import DockerEngine
package import Model

// Containers of somebody else, read from the engine's own words.
extension DockerHost {
  package func foreignContainer(_ id: String) async throws(BackendError) -> ForeignContainer? {
    let container = try await translating { () async throws(DockerError) in
      try await docker.inspection(ofContainer: id)
    }
    guard let container, let id = container["Id"]?.plainText else { return nil }
    let image = try await translating { () async throws(DockerError) in
      try await docker.inspection(ofImage: container["Image"]?.plainText ?? "")
    }
    let state = try await translating { () async throws(DockerError) in try await docker.inspectContainer(id)
    }
    guard let state else { return nil }
    let labels = ContainerLabels(
      owner: "", resource: ResourceID(kind: "Container", name: state.name), replica: 0, node: nil, spec: "")
    return ForeignContainer(
      inspected: container, image: image, facts: DockerHost.facts(of: state, labels),
      machine: try await facts())
  }
}

extension ForeignContainer {
  package init(inspected: Value, image: Value?, facts: ContainerFacts, machine: EngineFacts) {
    let (config, host) = (inspected["Config"] ?? .null, inspected["HostConfig"] ?? .null)
    let imageConfig = image?["Config"] ?? .null
    let asked = config["Image"]?.plainText ?? ""
    var oddities = UnsupportedSettings(inspected, image)
    self.init(
      name: facts.observation.name,
      labels: config.texts("Labels").filter { imageConfig.texts("Labels")[$0.key] != $0.value },
      facts: facts, image: ForeignContainer.pinned(asked, image?.list("RepoDigests") ?? []), imageName: asked,
      machine: machine)
    let own = config.list("Cmd")
    command = own == imageConfig.list("Cmd") ? nil : own
    environment = ForeignContainer.variables(config.list("Env"), without: imageConfig.list("Env"))
    user = config["User"]?.plainText ?? ""
    readOnlyRoot = host["ReadonlyRootfs"] == .bool(true)
    dropsAllCapabilities = host.list("CapDrop").contains { $0.uppercased() == "ALL" }
    addedCapabilities = host.list("CapAdd").map { $0.uppercased().replacing("CAP_", with: "") }
    tmpfs = host.texts("Tmpfs").mapValues(ForeignContainer.size)
    (ports, volumes) = (oddities.ports(), oddities.volumes())
    if config["Healthcheck"] != imageConfig["Healthcheck"], let test = config["Healthcheck"]?.list("Test") {
      healthCommand = ForeignContainer.healthCommand(test)
    }
    limits = facts.observation.limits
    if limits.cores == nil, case .integer(let quota)? = host["CpuQuota"], quota > 0 {
      var period: Int64 = 100_000
      if case .integer(let own)? = host["CpuPeriod"], own > 0 { period = own }
      limits.cores = CoreCount(thousandths: quota * 1000 / period)
    }
    keepsInputOpen = config["OpenStdin"] == .bool(true)
    self.oddities = oddities.remarks
  }

  /// The digest under the repository that was asked for, else under any; the tag is kept for people.
  private static func pinned(_ asked: String, _ digests: [String]) -> PinnedImage? {
    let name = asked.split(separator: "@").first.map(String.init) ?? asked
    let colon = name.lastIndex(of: ":").flatMap { name[$0...].contains("/") ? nil : $0 }
    let repository = colon.map { String(name[..<$0]) } ?? name
    let tag = colon.map { String(name[name.index(after: $0)...]) }
    let own = digests.first { $0.hasPrefix(repository + "@") }
    guard let digest = (own ?? digests.sorted().first).flatMap({ PinnedImage($0) }) else { return nil }
    return PinnedImage(repository: digest.repository, tag: own == nil ? nil : tag, digest: digest.digest)
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

  private static func size(_ options: String) -> ByteCount? {
    for option in options.split(separator: ",") where option.hasPrefix("size=") {
      let text = option.dropFirst(5).lowercased()
      let units: [Character: String] = ["k": "Ki", "m": "Mi", "g": "Gi"]
      guard let last = text.last, let unit = units[last] else { return ByteCount(text) }
      return ByteCount(text.dropLast() + unit)
    }
    return nil
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
  /// The texts of an array member; none where it is missing or null.
  func list(_ key: String) -> [String] {
    guard case .array(let elements)? = self[key] else { return [] }
    return elements.map(\.plainText)
  }

  func texts(_ key: String) -> [String: String] {
    guard case .object(let members)? = self[key] else { return [:] }
    return Dictionary(members.map { ($0.key, $0.value.plainText) }, uniquingKeysWith: { first, _ in first })
  }
}
