import Model

extension ContainerConfiguration {
  /// The body of the create request, with secrets in clear text: sent to the engine only.
  func requestBody() throws(DockerError) -> Value {
    .members([
      "Image": .string(image),
      "Entrypoint": entrypoint.map(Value.strings),
      "Cmd": command.map(Value.strings),
      "Env": .array(try environment.map { entry throws(DockerError) in .string(try entry.line()) }),
      "User": .string(hardening.user),
      "Labels": .object(labels.mapValues(Value.string)),
      "WorkingDir": workingDirectory.map(Value.string),
      "ExposedPorts": .object(
        Dictionary(ports.map { ($0.key, .object([])) }, uniquingKeysWith: { first, _ in first })),
      "Healthcheck": health?.requestBody,
      "OpenStdin": .bool(keepsInputOpen),
      "StopTimeout": .integer(Int64(stopTimeoutSeconds)),
      "HostConfig": hostConfiguration,
    ])
  }

  /// Values that must not appear in an error of the create request.
  var secrets: [Secret] {
    environment.compactMap { entry in
      if case .secret(let secret) = entry.value { secret } else { nil }
    }
  }

  private var hostConfiguration: Value {
    var members: [String: Value] = [
      "NetworkMode": .string(network.name),
      "PortBindings": portBindings,
      "Mounts": .array(volumes.sorted { $0.path < $1.path }.map(\.requestBody)),
      "Tmpfs": .object(tmpfs.mapValues(Value.string)),
      "RestartPolicy": restart.requestBody,
      "ReadonlyRootfs": .bool(hardening.readOnlyRoot),
      "CapDrop": .strings(hardening.droppedCapabilities),
      "CapAdd": .strings(hardening.addedCapabilities),
      "SecurityOpt": .strings(hardening.securityOptions),
      "Privileged": .bool(hardening.privileged),
      "Init": .bool(usesInit),
      "LogConfig": .members([
        "Type": .string("json-file"),
        "Config": .members(["max-size": .string(String(logFileBytes)), "max-file": .string("3")]),
      ]),
    ]
    if gpuCount > 0 {
      members["DeviceRequests"] = .array([
        .members([
          "Driver": .string("nvidia"), "Count": .integer(Int64(gpuCount)),
          "Capabilities": .array([.strings(["gpu"])]),
        ])
      ])
    }
    for member in resources.members { members[member.key] = member.value }
    return .object(members)
  }

  private var portBindings: Value {
    var bindings: [String: [Value]] = [:]
    for port in ports {
      bindings[port.key, default: []].append(
        .members(["HostIp": .string(port.hostIP), "HostPort": .string(String(port.hostPort))]))
    }
    return .object(bindings.mapValues(Value.array))
  }
}

extension ContainerResources {
  /// The engine takes memory plus swap as one number: equal to memory means no swap.
  var members: [Value.Member] {
    [
      Value.Member("Memory", .integer(memory)),
      Value.Member("MemorySwap", .integer(memory == 0 ? -1 : memory)),
      Value.Member("NanoCpus", .integer(nanoCPUs)),
      Value.Member("PidsLimit", .integer(pids == 0 ? -1 : pids)),
    ]
  }
}

extension ContainerHardening {
  fileprivate var securityOptions: [String] {
    var options: [String] = []
    if noNewPrivileges { options.append("no-new-privileges") }
    switch seccomp {
    case .standard: break
    case .unconfined: options.append("seccomp=unconfined")
    case .custom(let profile): options.append("seccomp=\(profile)")
    }
    return options
  }
}

extension EnvironmentEntry {
  fileprivate func line() throws(DockerError) -> String {
    guard !name.isEmpty, !name.utf8.contains(where: { $0 == UInt8(ascii: "=") || $0 == 0 }) else {
      throw DockerError(
        .invalidRequest, "environment variable \"\(name)\" has no usable name",
        hint: "write a name that is not empty and has no =")
    }
    switch value {
    case .plain(let text): return "\(name)=\(text)"
    case .secret(let secret): return "\(name)=\(secret.reveal())"
    case .reference(let reference):
      throw DockerError(
        .invalidRequest, "environment variable \(name) still refers to \(reference)",
        hint: "resolve secrets before the container is created")
    }
  }
}

extension PublishedPort {
  /// `8080/tcp`.
  var key: String { "\(containerPort)/\(transport.rawValue)" }
}

extension VolumeMount {
  fileprivate var requestBody: Value {
    .members([
      "Type": .string(source.hasPrefix("/") ? "bind" : "volume"),
      "Source": .string(source),
      "Target": .string(path),
      "ReadOnly": .bool(readOnly),
    ])
  }
}

extension RestartPolicy {
  var requestBody: Value {
    switch self {
    case .no: .members(["Name": .string("no")])
    case .always: .members(["Name": .string("always")])
    case .unlessStopped: .members(["Name": .string("unless-stopped")])
    case .onFailure(let maximum):
      .members(["Name": .string("on-failure"), "MaximumRetryCount": .integer(Int64(maximum))])
    }
  }
}

extension HealthCheck {
  fileprivate var requestBody: Value {
    .members([
      "Test": .strings(test),
      "Interval": .integer(interval.milliseconds * 1_000_000),
      "Timeout": .integer(timeout.milliseconds * 1_000_000),
      "Retries": .integer(Int64(retries)),
      "StartPeriod": .integer(startPeriod.milliseconds * 1_000_000),
    ])
  }
}

extension Value {
  static func strings(_ texts: [String]) -> Value { .array(texts.map(Value.string)) }
}
