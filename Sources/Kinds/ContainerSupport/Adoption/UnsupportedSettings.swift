internal import Model

/// The settings of a container that no manifest can declare, with a remark for each. Remarks name the
/// manifest's field where it has one, else the engine's.
struct UnsupportedSettings {
  private let inspected: Value
  private let config: Value
  private let host: Value
  private(set) var remarks: [AdoptionRemark] = []

  init(_ inspected: Value, _ image: Value?) {
    self.inspected = inspected
    config = inspected["Config"] ?? .null
    host = inspected["HostConfig"] ?? .null
    let imageConfig = image?["Config"] ?? .null
    process(imageConfig)
    isolation()
    surroundings()
  }

  private mutating func note(_ field: String, _ note: String) { remarks.append(AdoptionRemark(field, note)) }

  private mutating func process(_ imageConfig: Value) {
    if config.list("Entrypoint") != imageConfig.list("Entrypoint") {
      note("entrypoint", "its own → the image’s, when it is replaced")
    }
    let folder = config["WorkingDir"]?.plainText ?? ""
    if folder != imageConfig["WorkingDir"]?.plainText ?? "" {
      note("workingDir", "\(folder) → the image’s, when it is replaced")
    }
    if config["Tty"] == .bool(true) { note("tty", "its terminal is not carried over") }
  }

  private mutating func isolation() {
    if host["Privileged"] == .bool(true) { note("privileged", "yes → never, when it is replaced") }
    let options = host.list("SecurityOpt")
    if !options.contains(where: { $0.hasPrefix("no-new-privileges") }) {
      note("security", "programs may gain privileges → never, when it is replaced")
    }
    for option in options where option.hasPrefix("seccomp") || option.hasPrefix("apparmor") {
      note("security", "\(option.prefix { $0 != "=" && $0 != ":" }) of its own → the engine’s default")
    }
    for key in ["PidMode", "IpcMode", "UTSMode", "UsernsMode", "CgroupParent"] {
      let mode = host[key]?.plainText ?? ""
      if !mode.isEmpty, mode != "private", mode != "null" {
        note(key, "\(mode) → its own, when it is replaced")
      }
    }
    if case .array(let devices)? = host["Devices"], !devices.isEmpty {
      note("devices", "\(devices.count) devices are not carried over")
    }
    if case .array(let requests)? = host["DeviceRequests"], !requests.isEmpty {
      note("gpu", "GPUs are not carried over; a Module gets them")
    }
  }

  private mutating func surroundings() {
    let restart = host["RestartPolicy"]?["Name"]?.plainText ?? ""
    if restart != "unless-stopped" {
      note(
        "restart",
        "\(restart.isEmpty ? "no" : restart) → unless-stopped, when it is replaced; until then the "
          + "controller starts it again")
    }
    let network = host["NetworkMode"]?.plainText ?? "default"
    if !["default", "bridge"].contains(network) {
      note("network", "\(network) → the engine’s own bridge, when it is replaced")
    }
    if case .object(let networks)? = inspected["NetworkSettings"]?["Networks"] {
      for other in networks.map(\.key) where other != "bridge" && other != network {
        note("network", "\(other) is left when it is replaced")
      }
    }
    for key in ["ExtraHosts", "Dns", "DnsSearch", "Links", "VolumesFrom", "Sysctls", "Ulimits", "GroupAdd"] {
      switch host[key] {
      case .array(let elements)? where !elements.isEmpty: note(key, "is not carried over")
      case .object(let members)? where !members.isEmpty: note(key, "is not carried over")
      default: break
      }
    }
  }

  // MARK: Settings that a manifest can declare in part

  /// Bindings to addresses. Ports that the engine chose keep their current number.
  mutating func ports() -> [PortBinding] {
    var bindings: Set<PortBinding> = []
    guard case .object(let requested)? = host["PortBindings"] else { return [] }
    for member in requested {
      let parts = member.key.split(separator: "/")
      guard let inside = parts.first.flatMap({ Int($0) }),
        let transport = HostPort.Transport(rawValue: parts.count == 2 ? String(parts[1]) : "tcp")
      else {
        note("ports", "\(member.key) cannot be declared")
        continue
      }
      guard case .array(let hosts) = member.value else { continue }
      for host in hosts {
        let isChosen = (Int(host["HostPort"]?.plainText ?? "") ?? 0) == 0
        guard let port = isChosen ? current(member.key) : Int(host["HostPort"]?.plainText ?? "") else {
          continue
        }
        if isChosen { note("ports", "the engine chose \(port) for \(inside), which is kept") }
        let address = host["HostIp"]?.plainText ?? ""
        guard let hostAddress = address.isEmpty ? .any4 : HostAddress(engineText: address) else {
          note("ports", "\(address) port \(port) is not carried over: the address cannot be declared")
          continue
        }
        bindings.insert(
          PortBinding(
            hostAddress: hostAddress, hostPort: port, containerPort: inside, transport: transport))
      }
    }
    return bindings.sorted { $0.description < $1.description }
  }

  private func current(_ key: String) -> Int? {
    guard case .array(let bindings)? = inspected["NetworkSettings"]?["Ports"]?[key] else { return nil }
    return bindings.first.flatMap { Int($0["HostPort"]?.plainText ?? "") }
  }

  /// Named volumes. A manifest cannot mount folders of the host.
  mutating func volumes() -> [String: String] {
    guard case .array(let mounts)? = inspected["Mounts"] else { return [:] }
    var volumes: [String: String] = [:]
    for mount in mounts {
      let path = mount["Destination"]?.plainText ?? ""
      switch mount["Type"]?.plainText {
      case "volume":
        guard let name = mount["Name"]?.plainText, volumes[name] == nil else {
          note("externalVolumes", "a second mount at \(path) is not carried over")
          continue
        }
        volumes[name] = path
        if mount["RW"] == .bool(false) {
          note("externalVolumes.\(name)", "read-only → writable, when it is replaced")
        }
      case "bind":
        note(
          "binds",
          "\(mount["Source"]?.plainText ?? "a folder") at \(path) is not carried over: folders of the host "
            + "are never mounted; copy it into a volume before the container is replaced")
      default: break
      }
    }
    return volumes
  }
}
